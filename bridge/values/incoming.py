"""What an event says, in the bridge's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.values.content import Content, Signal, Text

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


@dataclass(frozen=True)
class Push:
    """What decides whether an automatic answer follows a push: the customer's `event` with its `key`, or a text's words."""

    event: str = ""
    key: str = ""
    text: str = ""

    @classmethod
    def of(cls, incoming: Incoming) -> Push:
        """Return the push that an event says, also where it was taken for a message since."""
        if incoming.event:
            return cls(incoming.event, incoming.facts.get("key", ""))
        match incoming.contents[:1]:
            case (Signal() as signal,):
                return cls(signal.what, signal.key)
            case (Text() as text,):
                return cls(text=text.text)
        return cls()


class UnreadableError(Exception):
    """An event that its door let in unread, and that nobody can read yet. Trying again changes nothing, until the code does."""
