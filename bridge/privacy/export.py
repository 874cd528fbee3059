"""What the law asks for: everything about a customer as a file, and its erasure."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.core.files.base import File

from bridge.inbox import storing
from bridge.inbox.events import EraseAsked
from bridge.media import naming
from bridge.media.store import storage
from bridge.models import Conversation, Customer, InboundEvent, Media, MediaUse
from bridge.platforms.registry import seats_platform

_OWN = (
    "openid", "unionid", "im_id", "remark", "subscribed", "scene", "blocked_at", "blocked_reason", "created_at",
    "last_message_at", "window_until", "window_left",
)  # fmt: skip
_OF_CONVERSATION = (
    "id", "source", "source_detail", "opened_at", "answered_at", "closed_at", "close_reason", "summary", "score", "scored_at", "group",
)  # fmt: skip


def export(customer: Customer, into: IO[bytes]) -> None:
    """Write a ZIP file with all that is known of the customer: `data.json`, and the files that were sent, by number."""
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(_data(customer), ensure_ascii=False, indent=2, default=str))
        for media, name in _files(customer):
            with archive.open(f"files/{media.pk}-{name}", "w", force_zip64=True) as target:
                _copy(media, target)


def _data(customer: Customer) -> dict[str, Any]:
    own = {name: getattr(customer, name) for name in _OWN}
    tags = list(customer.tags.values_list("name", flat=True))
    events = InboundEvent.objects.filter(lane=customer.im_id).order_by("pk")
    return {
        "customer": {**own, "account": customer.account.name, "tags": tags},
        "conversations": [_conversation(one) for one in customer.conversations.order_by("pk")],
        "events": list(events.values("kind", "received_at", "body")),
    }


def _conversation(conversation: Conversation) -> dict[str, Any]:
    messages = conversation.messages.order_by("pk").values("side", "author", "content", "created_at")
    facts = {name: getattr(conversation, name) for name in _OF_CONVERSATION}
    return {**facts, "tags": list(conversation.tags.values_list("name", flat=True)), "messages": list(messages)}


def _files(customer: Customer) -> Iterator[tuple[Media, str]]:
    """Yield each file once, under the name that the customer's own first message with it has."""
    uses = MediaUse.objects.filter(message__conversation__customer=customer, media__ready=True)
    last = 0
    for use in uses.select_related("media", "message").order_by("media_id", "pk").iterator():
        if use.media_id != last:
            yield use.media, naming.name_in(use.message, use.media)
        last = use.media_id


def _copy(media: Media, target: IO[bytes]) -> None:
    """A file that is gone from the storage is left empty; the rest is whole."""
    try:
        source: File = storage().open(media.path)
    except OSError:
        return
    with source:
        shutil.copyfileobj(source, target)


def erase(customer: Customer) -> None:
    """Have the customer's lane delete them with all that was said, and take name and picture from their IM account.

    DeliveryError where the latter failed; what is here is deleted in any case.
    """
    im_id, known = customer.im_id, customer.im_shown
    storing.post(im_id, EraseAsked())
    if known:
        seats_platform().forget(im_id)
