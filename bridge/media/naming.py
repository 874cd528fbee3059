"""The name under which a message's file is offered."""

from __future__ import annotations

import mimetypes
from datetime import datetime

from bridge.models import Delivery, Media, Message
from bridge.values import filenames
from bridge.values.content import Content, File


def name_of(content: Content, media: Media, at: datetime) -> str:
    """Return what the message's sender called the file, else a name after its kind and `at`, when the message came.

    Where a picture, a sound or a film was converted, its name ends as the converted file does.
    """
    extension = media.path.rsplit(".", 1)[-1]
    given: str = getattr(content, "name", "")
    if not given:
        return filenames.made_up(media.kind, at, extension)
    if (isinstance(content, File) and media.kind != Media.Kind.IMAGE) or given.lower().endswith(f".{extension}"):
        return given
    if mimetypes.guess_type(given)[0] == media.mime:
        return given
    stem = given.rpartition(".")[0] or given
    return filenames.clean(f"{stem}.{extension}")


def name_for(delivery: Delivery, media: Media) -> str:
    """Return the name under which a delivery's file is offered."""
    content = Content.from_json(delivery.content or {"type": "File"})
    at = delivery.message.created_at if delivery.message else delivery.created_at
    return name_of(content, media, at)


def name_in(message: Message | None, media: Media) -> str:
    """Return the name a message gives to the file; where the message is gone, or is about another, one made up."""
    content: Content = File()
    if message and message.content.get("media") == media.pk:
        content = Content.from_json(message.content)
    return name_of(content, media, message.created_at if message else media.created_at)
