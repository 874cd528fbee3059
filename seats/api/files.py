"""Files that a seat sends from its desk: stored first, then written like any message."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from bridge.live.parameters import parameters
from bridge.media import store
from bridge.media.errors import MediaError, trouble_words
from bridge.media.reception import receive
from bridge.models import Media
from bridge.values.content import Content, File, Image, Video, Voice
from bridge.values.text import file_size


def content_of(uploaded: UploadedFile) -> Content:
    """Store the file and return the content that carries it. ValidationError where it is too large or can't be read."""
    limit = parameters.MEDIA_MAX_MB * 1024 * 1024
    if not uploaded.size:
        raise ValidationError({"file": _("The file is empty.")})
    if uploaded.size > limit:
        raise ValidationError({"file": _("At most %s.") % file_size(limit)})
    with store.draft() as drafted:
        with drafted.path.open("wb") as file:
            for chunk in uploaded.chunks():
                file.write(chunk)
        try:
            media = receive(drafted)
        except MediaError as error:
            raise ValidationError({"file": error.reason}) from None
    if media.trouble == "cut":
        raise ValidationError({"file": trouble_words(media.trouble)})
    return _content(media, uploaded.name or "")


def _content(media: Media, name: str) -> Content:
    own: dict[str, Any] = {"media": media.pk, "name": name}
    match media.kind:
        case Media.Kind.IMAGE:
            return Image(width=media.width, height=media.height, size=media.size, **own)
        case Media.Kind.VOICE:
            return Voice(seconds=media.seconds, **own)
        case Media.Kind.VIDEO:
            return Video(seconds=media.seconds, **own)
    return File(size=media.size, **own)
