"""Intake: brings the file that a content speaks of into our storage, from whichever side it comes."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from bridge.content import File, Image, Video, Voice
from bridge.endpoints import account_id_of
from bridge.media import store
from bridge.media.errors import MediaError
from bridge.media.fetch import fetch
from bridge.media.reception import receive
from bridge.media.store import Draft
from bridge.models import Delivery, Media, Message
from bridge.parameters import parameters
from bridge.platforms.base import Platform

Carrier = Image | Voice | Video | File
_MB = 1024**2


def take(content: Carrier, delivery: Delivery, source: Platform) -> Media:
    """Return the stored file of `content`, fetched from `source` by its media id or from its address.

    MediaError where it can't be had, DeliveryError where the platform refuses us. It is stored as it is shown
    (`reception`). The message in the log remembers the file, so that it is fetched once.
    """
    if content.media and (known := Media.objects.filter(pk=content.media, ready=True).first()):
        return known
    with store.draft(getattr(content, "name", "")) as drafted:
        _fetch(content, delivery, source, drafted)
        media = receive(drafted, type(content))
    _remember(content, media, delivery)
    return media


def _fetch(content: Carrier, delivery: Delivery, source: Platform, drafted: Draft) -> None:
    limit = parameters.MEDIA_MAX_MB * _MB
    media_id = getattr(content, "media_id", "")
    if media_id:
        try:
            source.download(account_id_of(delivery), media_id, drafted, limit)
            return
        except MediaError:
            if not content.url:
                raise
    if not content.url:
        raise MediaError(_("the message names no file"))
    fetch(content.url, drafted, limit)


def _remember(content: Carrier, media: Media, delivery: Delivery) -> None:
    store.used_by(media, delivery.message_id)
    message = delivery.message
    if message is not None and message.content.get("type") == type(content).__name__:
        message.content = replace(content, media=media.pk).to_json()
        Message.objects.filter(pk=message.pk).update(content=message.content)
