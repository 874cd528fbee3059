"""Who carries out which action, found by the action's type. Apps above the bridge register theirs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from bridge.apply.scene import Scene
from bridge.pipeline.actions import Action

Handler = Callable[[Scene, Any], Iterable[Action] | None]
_handlers: dict[type[Action], Handler] = {}


def handles(action: type[Action]) -> Callable[[Handler], Handler]:
    """Register the decorated function as the one that carries out actions of this type.

    It gets the scene and the action, and may return more actions, which are carried out right after.
    """

    def register(handler: Handler) -> Handler:
        _handlers[action] = handler
        return handler

    return register


def carry_out(scene: Scene, actions: Iterable[Action]) -> None:
    """Carry out `actions` in their order, each with what follows from it before the next."""
    waiting = deque(actions)
    while waiting:
        action = waiting.popleft()
        before = scene.standing.conversation
        more = _handlers[type(action)](scene, action)
        if action.moves:
            scene.journal.moved(before)
        waiting.extendleft(reversed(list(more or ())))
