"""Help: lists the commands."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bridge.pipeline.actions import Action
from bridge.pipeline.bots import ChatBot, bots, reply
from bridge.pipeline.commands import command
from bridge.pipeline.turn import Turn


class HelpBot(ChatBot):
    """Tells what can be written. It handles no messages itself."""

    name = "help"

    @command("help", "帮助")
    def help(self, turn: Turn) -> Iterable[Action]:
        """List the commands."""
        side = "seat" if turn.sender else "customer"
        lines = [one.usage for bot in bots().values() for one in bot.commands() if side in one.sides]
        if turn.sender:
            lines.append(_("-c <number> gives a command to another conversation; #list shows the numbers."))
        return reply("\n".join(lines))
