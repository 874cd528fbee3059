"""Help: lists the commands."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.pipeline.actions import Action
from bridge.pipeline.bots import ChatBot, bots, reply
from bridge.pipeline.commands import command
from bridge.pipeline.turn import Turn
from bridge.values.wording import Wording
from bridge.values.wording import gettext as _


class HelpBot(ChatBot):
    """Tells what can be written. It handles no messages itself."""

    name = "help"

    @command("help", "帮助")
    def help(self, turn: Turn) -> Iterable[Action]:
        """List the commands."""
        side = "seat" if turn.sender else "customer"
        return reply(Wording(lambda: _listed(side)))


def _listed(side: str) -> str:
    lines = [one.usage for bot in bots().values() for one in bot.commands() if side in one.sides]
    if side == "seat":
        lines.append(_("-c <number> gives a command to another conversation; #list shows the numbers."))
    return "\n".join(lines)
