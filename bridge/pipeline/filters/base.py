"""The base class of filters, and the chain."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from bridge.pipeline.turn import Turn

Proceed = Callable[[Turn], None]


class Filter:
    """One step of the way of a message. CONTRIBUTING.md shows how to write one.

    `process` may change the turn, decide on actions, drop the event, and calls `proceed` where the rest should see it;
    afterwards all is decided. It does no I/O and keeps no state: it may be called twice for one event.
    """

    def process(self, turn: Turn, proceed: Proceed) -> None:
        raise NotImplementedError


def _wrap(proceed: Proceed, step: Filter) -> Proceed:
    return lambda turn: step.process(turn, proceed)


@cache
def chain(more: tuple[type[Filter], ...] = ()) -> Proceed:
    """Return the filters of settings.FILTERS as one function, with `more` behind the first, where those from outside stand."""
    first, *others = [import_string(path) for path in settings.FILTERS]
    steps: list[Filter] = [one() for one in (first, *more, *others)]
    proceed: Proceed = lambda turn: None  # noqa: E731  behind the last filter stands nothing
    for step in reversed(steps):
        proceed = _wrap(proceed, step)
    return proceed
