"""Prepares what takes more than words: files are fetched, fitted and uploaded; what WeChat can't carry becomes a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bridge.content import Content, File, Image, Link, MiniProgram, Video, Voice
from bridge.media import intake, links, naming, store
from bridge.media.errors import MediaError
from bridge.media.fetch import fetch
from bridge.models import Delivery, Media, WeChatAccount
from bridge.platforms.base import DeliveryError, Outcome, Platform
from bridge.platforms.wechat import errors
from bridge.platforms.wechat import media as wechat_media
from bridge.platforms.wechat.render import clean_content, text_body
from bridge.preview import in_words
from bridge.text import file_size

PATIENCE = 3  # tries to get a file before the customer gets its address instead
KINDS: dict[type[Content], str] = {Image: "image", Voice: "voice", Video: "video"}
COVER_LIMIT = 2 * 1024**2


def prepare(account: WeChatAccount, delivery: Delivery, source: Platform, *, again: bool) -> dict[str, Any]:
    """Return the body of `message/custom/send` for the delivery's content. DeliveryError where it can't be had."""
    content = clean_content(Content.from_json(delivery.content or {}))
    try:
        match content:
            case Image() | Voice() | Video() | File():
                media = intake.take(content, delivery, source)
                return _file(account, media, content, _Offer.of(delivery, media), again=again)
            case MiniProgram():
                return _card(account, content, again=again)
            case Link():
                return _link(account, content)
    except MediaError as error:
        if error.temporary and delivery.attempts < PATIENCE:
            raise DeliveryError("media", error.reason, Outcome.RETRY) from None
        url = getattr(content, "url", "")
        if error.refused or not url:
            raise DeliveryError("media", error.reason, Outcome.FAIL) from None
        # We could not fetch it, but perhaps the customer can.
        return text_body(in_words(content))
    raise TypeError(f"{type(content).__name__} needs no preparing")


@dataclass(frozen=True)
class _Offer:
    """What a customer reads of a file: the name its message gave it, and words with a link for where only they can go."""

    name: str
    link: str

    @classmethod
    def of(cls, delivery: Delivery, media: Media) -> _Offer:
        name = naming.name_for(delivery, media)
        labels = {"image": _("Image"), "voice": _("Voice"), "video": _("Video"), "file": _("File")}
        page = links.page(media, delivery.message_id)
        return cls(name, f"[{labels[media.kind]}] {name} ({file_size(media.size)})\n{page}")


def _file(account: WeChatAccount, media: Media, content: Content, offer: _Offer, *, again: bool) -> dict[str, Any]:
    kind = KINDS.get(type(content), "")
    # A seat that sends a picture as a file means the picture.
    if not kind and media.mime in wechat_media.MIMES["image"]:
        kind = "image"
    takes = {"image"} if account.kind == WeChatAccount.Kind.MINI_PROGRAM else set(KINDS.values())
    fit = wechat_media.fitted(media, kind) if kind in takes else None
    media_id = _uploaded(account, fit, kind, again=again) if fit else ""
    if not media_id:
        return text_body(offer.link)
    if kind != "video":
        return {"msgtype": kind, kind: {"media_id": media_id}}
    thumb = _thumb(account, media, again=again)
    if again and not thumb:
        # WeChat has refused the film, perhaps for want of a preview.
        return text_body(offer.link)
    return {"msgtype": "video", "video": {"media_id": media_id, **thumb, "title": offer.name}}


def _uploaded(account: WeChatAccount, media: Media, kind: str, *, again: bool) -> str:
    """Return WeChat's id of the file; "" where it refuses this file, which can go as a link then."""
    try:
        return wechat_media.upload(account, media, kind, again=again)
    except DeliveryError as error:
        of_media = error.chance == "media" and (again or kind == "thumb")
        if error.code in errors.UPLOAD_CODES or error.outcome is Outcome.FAIL or of_media:
            return ""
        raise


def _thumb(account: WeChatAccount, media: Media, *, again: bool) -> dict[str, str]:
    """Return the film's preview for WeChat; a film without one, or whose preview is refused, goes without."""
    fit = wechat_media.fitted(media.thumb, "thumb") if media.thumb else None
    media_id = _uploaded(account, fit, "thumb", again=again) if fit else ""
    return {"thumb_media_id": media_id} if media_id else {}


def _card(account: WeChatAccount, card: MiniProgram, *, again: bool) -> dict[str, Any]:
    """A mini program's card needs a picture: by media_id, or by an address that we upload."""
    media_id = card.thumb_media_id
    if not media_id or again:
        if not card.thumb_url:
            raise MediaError(_("the card's picture is no longer at WeChat; give its address (thumb_url)"))
        media_id = wechat_media.upload(account, _cover(card.thumb_url), "image", again=again)
    body = {"title": card.title, "appid": card.app_id, "pagepath": card.path, "thumb_media_id": media_id}
    return {"msgtype": "miniprogrampage", "miniprogrampage": body}


def _cover(url: str) -> Media:
    with store.draft() as drafted:
        fetch(url, drafted, 10 * COVER_LIMIT)
        if drafted.sniffed().kind != "image":
            raise MediaError(_("the card's picture is not a picture"))
        media = store.put(drafted)
    fit = wechat_media.fitted(media, "image")
    if fit is None:
        raise MediaError(_("the card's picture is not a picture"))
    return fit


def _link(account: WeChatAccount, link: Link) -> dict[str, Any]:
    """A card: `news` on official accounts, `link` in mini programs."""
    if account.kind == WeChatAccount.Kind.MINI_PROGRAM:
        body = {"title": link.title, "description": link.description, "url": link.url, "thumb_url": link.picture_url}
        return {"msgtype": "link", "link": body}
    article = {"title": link.title, "description": link.description, "url": link.url, "picurl": link.picture_url}
    return {"msgtype": "news", "news": {"articles": [article]}}
