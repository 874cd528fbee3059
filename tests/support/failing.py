"""A filter that fails with what a customer wrote in its error, for the tests of what is logged."""

from __future__ import annotations

from collections.abc import Callable

from bridge.pipeline.filters.base import Filter
from bridge.pipeline.turn import Turn
from bridge.values.content import Text

BREAKS = "breaks"


class Failing(Filter):
    """Fails at every text that holds the word BREAKS."""

    def process(self, turn: Turn, proceed: Callable[[Turn], None]) -> None:
        words = " ".join(one.text for one in turn.incoming.contents if isinstance(one, Text))
        if BREAKS in words:
            raise ValueError(f"{turn.incoming.sender} wrote {words}")
        proceed(turn)
