"""Command Parse: is this message a command?"""

from __future__ import annotations

from dataclasses import replace

from bridge.pipeline import commands
from bridge.pipeline.bots import command_table
from bridge.pipeline.filters.base import Filter, Proceed
from bridge.pipeline.turn import Turn
from bridge.values.content import Text


class CommandParse(Filter):
    """Finds `#name -flag value` in a message.

    A seat's `#...` is always a command, right or wrong, and never reaches the customer; a customer's only where a
    command of that name is open to customers, because customers write # for other things too.
    """

    def process(self, turn: Turn, proceed: Proceed) -> None:
        side, contents = turn.incoming.side, turn.incoming.contents
        content = contents[0] if len(contents) == 1 else None
        if isinstance(content, Text) and commands.looks_like_command(content.text):
            allowed = {name: command for name, (_, command) in command_table().items() if side in command.sides}
            parsed = commands.parse(content.text, allowed)
            if parsed.command or side == "seat":
                turn.command = parsed
        elif isinstance(content, Text) and side == "seat":
            words = replace(content, text=commands.unescape(content.text))
            turn.incoming = replace(turn.incoming, contents=(words,))
        proceed(turn)
