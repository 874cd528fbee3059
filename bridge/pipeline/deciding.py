"""Deciding without reading: what a decision turns out to need is loaded, and it is made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bridge.pipeline.turn import NotLoadedError, Turn

MOST_LOADED = 20  # things that one decision may ask for


def decided(turn: Turn, decide: Callable[[Turn], None], load: Callable[[NotLoadedError], Any]) -> Turn:
    """Let `decide` decide on the turn, which stays as it is; return the one that has the actions.

    Deciding is pure, so that it can be done again: `load` returns what it turns out to lack, and it begins anew.
    Raises: RuntimeError where it asks for more and more.
    """
    for _time in range(MOST_LOADED):
        attempt = replace(turn, actions=[])
        try:
            decide(attempt)
        except NotLoadedError as lack:
            loaded = {**getattr(turn.known, lack.where), lack.key: load(lack)}
            turn = replace(turn, known=replace(turn.known, **{lack.where: loaded}))
        else:
            return attempt
    raise RuntimeError(f"deciding on an event of the type {turn.event.kind} asks for more and more")
