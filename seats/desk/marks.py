"""Marks of the floor's rows: a page says which rows it has, and is sent those that have changed since."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import get_language

from bridge.models import Conversation
from seats.models import QueueEntry

HEADER = "Desk-Rows"
SIZE = 6  # bytes; two of a few hundred rows are never alike by chance


def known(request: HttpRequest) -> frozenset[str]:
    """Return the marks of the rows that the asking page has."""
    return frozenset(request.headers.get(HEADER, "").split())


def of_talk(row: Conversation, *shown: object) -> str:
    """Return the mark of a conversation's row: another one whenever anything of the conversation, or of `shown`, is another."""
    return _mark(_stored(row), _person(row), shown)


def of_entry(entry: QueueEntry, place: int, talk: Conversation | None) -> str:
    """Return the mark of a place in the queue."""
    goal = (entry.group.name, entry.group.remind_seat_seconds)
    return _mark(_stored(entry), _person(entry.conversation), place, goal, talk and _stored(talk))


def _person(row: Conversation) -> tuple[object, ...]:
    return _stored(row.customer), row.customer.account.name


def _stored(row: Model) -> list[tuple[str, Any]]:
    """Return all that was read of a row, with what the query has added to it."""
    return [
        (name, value) for name, value in vars(row).items() if not name.startswith("_") and not isinstance(value, Model)
    ]


def _mark(*shown: object) -> str:
    said = repr((get_language(), shown)).encode()
    return urlsafe_b64encode(hashlib.blake2b(said, digest_size=SIZE).digest()).decode()
