"""What an event says, in the bridge's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.values.content import Content

INTERNAL = "internal"  # the platform of events of our own
UNREADABLE = "unreadable"  # the kind of an event that a door let in although it could not be read


@dataclass(frozen=True)
class Incoming:
    """What one event says, in the bridge's words.

    `side` is who it comes from: "customer", "seat", "presence" (a seat came or went) or "internal".
    `event` names a platform event, "" for a message. `ignored` says why the event is of no use to anyone.
    `trigger` names the permission to write that the customer's action gives; see `Platform.grant`.
    """

    side: str
    sender: str = ""
    recipient: str = ""
    contents: tuple[Content, ...] = ()
    event: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    ignored: str = ""
    trigger: str = ""


class UnreadableError(Exception):
    """An event that its door let in unread, and that nobody can read yet. Trying again changes nothing, until the code does."""
