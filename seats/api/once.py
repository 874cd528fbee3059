"""What a client sends more than once, because it did not hear the answer, is done once.

A `client_id` belongs to the seat, the conversation and the content: with other content it is refused, and after a refusal the
same may be tried again.
"""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException

from bridge.inbox import storing
from bridge.inbox.events import Event
from bridge.models import InboundEvent, Media
from bridge.values.incoming import INTERNAL
from seats.api import outcomes

MOST_TRIES = 20  # of one thing that was refused each time
# What of an event's body says who gave it, and not what.
_AUTHOR = {"author", "conversation"}


class Conflict(APIException):
    """The `client_id` was used for something else."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "client_id_used"

    def __init__(self) -> None:
        super().__init__(_("This client_id was used for something else here; choose a new one."))


def submit(lane: str, event: Event, scope: str, client_id: str, *, whatever: bool = False) -> str:
    """Post the event, once for each `client_id` within the `scope`; return its key.

    Raises: Conflict, where it was used for something else; not with `whatever`, where what is asked is not the client's choice.
    """
    if not client_id:
        return storing.post(lane, event)
    for key in _keys(scope, client_id):
        if posted := storing.post(lane, event, key=key):
            return posted
        before = InboundEvent.objects.get(dedup=f"{INTERNAL}:{key}")
        # What it said may be gone by now: see `bridge.privacy.retention`.
        if not whatever and before.body and _said(before) != _content(event.kind, event.to_json()):
            raise Conflict
        if not outcomes.was_refused(before):
            break
    return f"{INTERNAL}:{key}"


def earlier(scope: str, client_id: str) -> InboundEvent | None:
    """Return what was last posted with this `client_id`; None where nothing was, and where there is no `client_id`."""
    if not client_id:
        return None
    keys = [f"{INTERNAL}:{key}" for key in _keys(scope, client_id)]
    return InboundEvent.objects.filter(dedup__in=keys).order_by("-pk").first()


def _keys(scope: str, client_id: str) -> list[str]:
    """Return the keys of all tries, the first one first."""
    first = f"api:{scope}:{client_id}"
    return [first, *(f"{first}:{attempt}" for attempt in range(1, MOST_TRIES))]


def _said(event: InboundEvent) -> Any:
    return _content(event.kind, json.loads(event.body))


def _content(kind: str, body: dict[str, Any]) -> Any:
    """Return what an event says; of a file what it holds, whichever row it is stored as."""
    said = json.loads(json.dumps({name: value for name, value in body.items() if name not in _AUTHOR}))
    for content in said.get("contents", []):
        if content.get("media"):
            content["file"] = _file(content.pop("media"))
    return kind, said


def _file(pk: int) -> Any:
    found = Media.objects.filter(pk=pk).first()
    if found is None:
        return None
    # Sounds and films are converted anew each time they are sent, and need not come out byte by byte alike.
    exact = found.kind in (Media.Kind.IMAGE, Media.Kind.FILE)
    return found.kind, found.mime, found.sha256 if exact else found.size
