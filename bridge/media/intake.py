"""Intake: brings the file that a content speaks of into our storage, from whichever side it comes."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from django.utils.translation import gettext as _

from bridge.conversation import changes
from bridge.live.endpoints import account_id_of
from bridge.live.parameters import parameters
from bridge.media import store
from bridge.media.errors import MediaError, StorageError
from bridge.media.fetch import fetch
from bridge.media.reception import receive
from bridge.media.sniff import UNKNOWN
from bridge.media.store import Draft
from bridge.models import Delivery, Media, Message
from bridge.values.content import File, Image, Video, Voice
from bridge.values.outcomes import DeliveryError, Outcome

Carrier = Image | Voice | Video | File
_MB = 1024**2


class Source(Protocol):
    """Whoever has the file under a media id of its own: a platform."""

    def download(self, account_id: int | None, media_id: str, into: Draft, limit: int) -> None:
        """Write the file into the draft. MediaError where it can't be had, DeliveryError where we may not."""


def take(content: Carrier, delivery: Delivery, source: Source) -> Media:
    """Return the stored file of `content`, fetched from `source` by its media id or from its address.

    MediaError where it can't be had, DeliveryError where the platform refuses us. It is stored as it is shown
    (`reception`). The message in the log remembers the file, so that it is fetched once.
    """
    if known := _known(content, delivery):
        return known
    with store.draft() as drafted:
        _fetch(content, delivery, source, drafted)
        media = receive(drafted, type(content))
    _remember(content, media, delivery)
    return media


def _known(content: Carrier, delivery: Delivery) -> Media | None:
    """Return the file as it was stored before, for this try or an earlier one; None where it is not, or no longer whole."""
    said = delivery.message.content if delivery.message else {}
    number = content.media or (said.get("media", 0) if said.get("type") == type(content).__name__ else 0)
    known = Media.objects.filter(pk=number, ready=True).first() if number else None
    return known if known and store.is_whole(known) else None


def _fetch(content: Carrier, delivery: Delivery, source: Source, drafted: Draft) -> None:
    limit = parameters.MEDIA_MAX_MB * _MB
    media_id = getattr(content, "media_id", "")
    if media_id:
        try:
            source.download(account_id_of(delivery), media_id, drafted, limit)
        except (MediaError, DeliveryError) as error:
            if not content.url or _will_do(error, delivery):
                raise
            _fetch_instead(content.url, drafted, limit, error)
        return
    if not content.url:
        raise MediaError(_("the message names no file"))
    fetch(content.url, drafted, limit)


def _will_do(error: MediaError | DeliveryError, delivery: Delivery) -> bool:
    """Tell whether nothing but our storage or an old token kept us from the file, so that it is had by its id soon."""
    if isinstance(error, StorageError):
        return True
    if not isinstance(error, DeliveryError):
        return False
    return error.outcome is Outcome.CHANCE and error.chance not in delivery.chances


def _fetch_instead(url: str, drafted: Draft, limit: int, error: MediaError | DeliveryError) -> None:
    """Fetch from the address what the platform did not give by its id. Its own `error` where that fails as well."""
    try:
        fetch(url, drafted, limit)
    except MediaError:
        raise error from None
    if drafted.sniffed() == UNKNOWN:
        # A page that says that there is nothing, most likely.
        raise error


def _remember(content: Carrier, media: Media, delivery: Delivery) -> None:
    store.used_by(media, delivery.message_id)
    message = delivery.message
    if message is not None and message.content.get("type") == type(content).__name__:
        message.content = replace(content, media=media.pk).to_json()
        Message.objects.filter(pk=message.pk).update(content=message.content)
        # Until now whoever looks at the chat had the platform's address of it, which not every browser may open.
        changes.announce([changes.Change(message.conversation_id, (message.pk,))])
