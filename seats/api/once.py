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


def submit(lane: str, event: Event, scope: str, client_id: str) -> str:
    """Post the event, once for each `client_id` within the `scope`; return its key. Raises: Conflict."""
    if not client_id:
        return storing.post(lane, event)
    for attempt in range(MOST_TRIES):
        key = f"api:{scope}:{client_id}" + (f":{attempt}" if attempt else "")
        if posted := storing.post(lane, event, key=key):
            return posted
        before = InboundEvent.objects.get(dedup=f"{INTERNAL}:{key}")
        if _content(before.kind, json.loads(before.body)) != _content(event.kind, event.to_json()):
            raise Conflict
        if not outcomes.was_refused(before):
            break
    return f"{INTERNAL}:{key}"


def _content(kind: str, body: dict[str, Any]) -> Any:
    """Return what an event says; of a file, which is stored anew each time, what it is."""
    said = json.loads(json.dumps({name: value for name, value in body.items() if name not in _AUTHOR}))
    for content in said.get("contents", []):
        if content.get("media"):
            found = Media.objects.filter(pk=content.pop("media"))
            content["file"] = found.values_list("kind", "mime", "size").first()
    return kind, said
