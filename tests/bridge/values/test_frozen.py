"""Values do not change once they are made: whoever was handed one may keep it, compare it and use it as a key."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import get_args

import pytest

import bridge.pipeline
import bridge.values
import seats.routing
from bridge.pipeline.actions import Action
from bridge.pipeline.serving import Outcome
from bridge.values.content import Content

pytestmark = pytest.mark.once

# Filters write into a turn, and an occupancy is given back, by design.
CHANGES = {"Turn", "Occupancy"}
# What holds no values of its own, and a text that can be said again.
OTHER = {"_Named", "Wording"}


def classes() -> Iterator[type]:
    for package in (bridge.values, bridge.pipeline, seats.routing):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for one in vars(importlib.import_module(module.name)).values():
                if isinstance(one, type) and one.__module__ == module.name:
                    yield one


def holds_values(one: type) -> bool:
    own = [str(kind) for kind in vars(one).get("__annotations__", {}).values()]
    return issubclass(one, (Action, Content, *get_args(Outcome))) or any(
        not kind.startswith("ClassVar") for kind in own
    )


def test_every_value_is_a_frozen_dataclass():
    found = [one for one in classes() if holds_values(one) and one.__name__ not in OTHER]
    assert len(found) > 100
    assert {one.__name__ for one in found if "__dataclass_params__" not in vars(one)} == set()
    assert {one.__name__ for one in found if not one.__dataclass_params__.frozen} == CHANGES


def test_after_which_actions_a_conversation_looks_otherwise():
    moving = {one.__name__ for one in classes() if issubclass(one, Action) and one.moves}
    assert moving == {
        "Block", "Rename", "TakeOverProfile", "TagWith", "Summarize", "OpenConversation", "ReopenConversation", "Score", "Watch", "CloseConversation", "MarkRead",
        "Assign", "Enqueue", "Overflow", "Transfer", "Take", "TakeUp", "SettleOffer", "TakeBack", "Release",
    }  # fmt: skip
