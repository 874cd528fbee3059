"""Values do not change once they are made: whoever was handed one may keep it, compare it and use it as a key."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass

import pytest

import bridge.pipeline
import bridge.values
import seats.routing
from bridge.pipeline.actions import Action

pytestmark = pytest.mark.once

# What a turn meets and what is decided on: filters write into it, by design.
CHANGES = {"Turn", "Occupancy"}


def values() -> Iterator[type]:
    for package in (bridge.values, bridge.pipeline, seats.routing):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for one in vars(importlib.import_module(module.name)).values():
                if isinstance(one, type) and is_dataclass(one) and one.__module__ == module.name:
                    yield one


def test_every_value_is_frozen():
    found = list(values())
    assert len(found) > 100
    assert {one.__name__ for one in found if not one.__dataclass_params__.frozen} == CHANGES


def test_after_which_actions_a_conversation_looks_otherwise():
    moving = {one.__name__ for one in values() if issubclass(one, Action) and one.moves}
    assert moving == {
        "Block", "Rename", "TagWith", "Summarize", "OpenConversation", "ReopenConversation", "Score", "Watch", "CloseConversation", "MarkRead",
        "Assign", "Enqueue", "Overflow", "Transfer", "Take", "TakeUp", "SettleOffer", "TakeBack", "Release",
    }  # fmt: skip
