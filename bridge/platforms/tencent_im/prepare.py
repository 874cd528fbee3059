"""Prepares a customer's files for a seat: fetched from the customer's platform, stored, and shown by a signed link.

Source: cloud.tencent.com/document/product/269/2720 (message formats).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge.conversation.preview import in_words
from bridge.media import intake, links, naming
from bridge.media.errors import SCALED, Busy, MediaError, trouble_words
from bridge.models import Delivery, Media
from bridge.platforms.base import Platform
from bridge.platforms.tencent_im.render import text_body
from bridge.values.content import Content, File, Image, Video, Voice
from bridge.values.outcomes import DeliveryError, Outcome

PATIENCE = 3  # tries to get a file before the seat gets words instead
BY_URL = 2  # Download_Flag: the file is fetched from its address
FORMATS = {"image/jpeg": 1, "image/gif": 2, "image/png": 3, "image/bmp": 4}
OTHER_FORMAT = 255

Element = dict[str, Any]


def prepare(delivery: Delivery, source: Platform) -> dict[str, Any]:
    """Return the MsgBody for a customer's file. What can't be had becomes words that say so; nothing is lost silently.

    DeliveryError where it may be had later: after a try or two, when a limit is over, or our storage has room.
    """
    content = Content.from_json(delivery.content or {})
    if not isinstance(content, Image | Voice | Video | File):
        raise TypeError(f"{type(content).__name__} needs no preparing")
    try:
        media = intake.take(content, delivery, source)
    except MediaError as error:
        if isinstance(error, Busy) or (error.temporary and delivery.attempts < PATIENCE):
            raise DeliveryError("media", error.reason, Outcome.RETRY) from None
        reason = error.reason
    except DeliveryError as error:
        # The customer's platform refuses us, perhaps for long; the seat should know at least that something came.
        if _is_worth_waiting(error, delivery):
            raise
        reason = error.reason
    else:
        return {"MsgBody": [element(media, naming.name_for(delivery, media)), *_why(content, media)]}
    return text_body(_("%(what)s (cannot be shown: %(reason)s)") % {"what": in_words(content), "reason": reason})


def _is_worth_waiting(error: DeliveryError, delivery: Delivery) -> bool:
    match error.outcome:
        case Outcome.ASIDE | Outcome.LIMIT:
            return True
        case Outcome.CHANCE:
            return error.chance not in delivery.chances
        case Outcome.RETRY | Outcome.UNKNOWN:
            return delivery.attempts < PATIENCE
    return False


def _why(content: Content, media: Media) -> list[Element]:
    """Say why a picture, a sound or a film is shown as a plain file."""
    if media.trouble in ("", SCALED) or isinstance(content, File):
        return []
    words = _("%(what)s is shown as a file: %(reason)s")
    said = words % {"what": in_words(type(content)()), "reason": trouble_words(media.trouble)}
    return list(text_body(said)["MsgBody"])


def element(media: Media, name: str) -> Element:
    """Return the message element that shows a stored file under `name`, by what the file is."""
    makers = {
        Media.Kind.IMAGE: ("TIMImageElem", _image),
        Media.Kind.VOICE: ("TIMSoundElem", _sound),
        Media.Kind.VIDEO: ("TIMVideoFileElem", _video),
    }
    kind, make = makers.get(Media.Kind(media.kind), ("TIMFileElem", _file))
    if media.kind == Media.Kind.VOICE and not media.seconds:
        # A sound whose length is not known could not be read, so a client would not play it either.
        kind, make = "TIMFileElem", _file
    return {"MsgType": kind, "MsgContent": make(media, name)}


def _image(media: Media, name: str) -> Element:
    """All three sizes at one address: a client chooses one by its type."""
    size = {"Size": media.size, "Width": media.width, "Height": media.height, "URL": links.url(media, name)}
    sizes = [{"Type": kind, **size} for kind in (1, 2, 3)]
    return {"UUID": media.sha256[:32], "ImageFormat": FORMATS.get(media.mime, OTHER_FORMAT), "ImageInfoArray": sizes}


def _sound(media: Media, name: str) -> Element:
    return {
        "Url": links.url(media, name),
        "UUID": media.sha256[:32],
        "Size": media.size,
        "Second": media.seconds,
        "Download_Flag": BY_URL,
    }


def _video(media: Media, name: str) -> Element:
    thumb = media.thumb
    return {
        "VideoUrl": links.url(media, name),
        "VideoUUID": media.sha256[:32],
        "VideoSize": media.size,
        "VideoSecond": media.seconds,
        "VideoFormat": media.path.rsplit(".", 1)[-1],
        "VideoDownloadFlag": BY_URL,
        "ThumbUrl": links.url(thumb) if thumb else "",
        "ThumbUUID": thumb.sha256[:32] if thumb else "",
        "ThumbSize": thumb.size if thumb else 0,
        "ThumbWidth": thumb.width if thumb else 0,
        "ThumbHeight": thumb.height if thumb else 0,
        "ThumbFormat": "JPG",
        "ThumbDownloadFlag": BY_URL,
    }


def _file(media: Media, name: str) -> Element:
    return {
        "Url": links.url(media, name),
        "UUID": media.sha256[:32],
        "FileSize": media.size,
        "FileName": name,
        "Download_Flag": BY_URL,
    }
