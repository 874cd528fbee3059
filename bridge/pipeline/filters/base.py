"""The base class of filters, and the chain."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from bridge.pipeline.turn import Turn

Proceed = Callable[[Turn], None]


class Filter:
    """One step of the way of a message.

    `process` may change the turn, decide on actions, drop the event, and calls `proceed` where the rest should see it.
    """

    def process(self, turn: Turn, proceed: Proceed) -> None:
        raise NotImplementedError


def _wrap(proceed: Proceed, step: Filter) -> Proceed:
    return lambda turn: step.process(turn, proceed)


@cache
def chain() -> Proceed:
    """Return the filters of settings.FILTERS as one function."""
    steps: list[Filter] = [import_string(path)() for path in settings.FILTERS]
    proceed: Proceed = lambda turn: None  # noqa: E731  behind the last filter stands nothing
    for step in reversed(steps):
        proceed = _wrap(proceed, step)
    return proceed
