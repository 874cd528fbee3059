"""Prepares what takes more than words: files are fetched, fitted and uploaded; what WeChat can't carry becomes a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bridge.conversation.preview import in_words
from bridge.media import intake, links, naming, store
from bridge.media.errors import Busy, MediaError, trouble_words
from bridge.media.fetch import fetch
from bridge.media.reception import receive
from bridge.models import Delivery, Media
from bridge.platforms.base import Platform, Prepared
from bridge.platforms.wechat import errors, fitting
from bridge.platforms.wechat import media as wechat_media
from bridge.platforms.wechat.fitting import Fit
from bridge.platforms.wechat.models import WeChatAccount
from bridge.platforms.wechat.render import clean_content, text_body
from bridge.values.content import Content, File, Image, Link, MiniProgram, Video, Voice
from bridge.values.outcomes import Chance, DeliveryError, Outcome
from bridge.values.text import file_size

PATIENCE = 3  # tries to get a file before the customer gets its address instead
COVER_LIMIT = 2 * 1024**2


def prepare(account: WeChatAccount, delivery: Delivery, source: Platform, *, again: bool) -> Prepared:
    """Return the body of `message/custom/send` for the delivery's content. DeliveryError where it can't be had."""
    content = clean_content(Content.from_json(delivery.content or {}))
    try:
        match content:
            case Image() | Voice() | Video() | File():
                media = intake.take(content, delivery, source)
                return _file(account, media, content, _Offer.of(delivery, media), again=again)
            case MiniProgram():
                return Prepared(_card(account, content, again=again))
            case Link():
                return Prepared(_link(account, content))
    except MediaError as error:
        if isinstance(error, Busy) or (error.temporary and delivery.attempts < PATIENCE):
            raise DeliveryError("media", error.reason, Outcome.RETRY) from None
        url = getattr(content, "url", "")
        if error.refused or not url:
            raise DeliveryError("media", error.reason, Outcome.FAIL) from None
        # We could not fetch it, but perhaps the customer can.
        return Prepared(text_body(in_words(content)))
    raise TypeError(f"{type(content).__name__} needs no preparing")


@dataclass(frozen=True)
class _Offer:
    """What a customer reads of a file: the name its message gave it, and words with a link for where only they can go."""

    name: str
    link: str
    page: str

    @classmethod
    def of(cls, delivery: Delivery, media: Media) -> _Offer:
        name = naming.name_for(delivery, media)
        page = links.page(media, delivery.message_id)
        return cls(name, f"[{_label(media.kind)}] {name} ({file_size(media.size)})\n{page}", page)


def _file(account: WeChatAccount, media: Media, content: Content, offer: _Offer, *, again: bool) -> Prepared:
    if media.trouble == "cut":
        # Nobody could play it: its sender has the whole, and is told.
        raise MediaError(trouble_words(media.trouble), refused=True)
    kind = _kind_of(account, media, content)
    fit = fitting.fit(media, kind) if kind else Fit(None, _why_link(content, media))
    if fit.media is None:
        return Prepared(text_body(offer.link), _linked(content, fit.note))
    media_id = _uploaded(account, fit.media, kind, again=again)
    if not media_id:
        return Prepared(text_body(offer.link))
    if fit.still:
        return Prepared(_still(account, offer, media, fit.media), fit.note)
    if kind != "video":
        return Prepared({"msgtype": kind, kind: {"media_id": media_id}}, fit.note)
    thumb = _thumb(account, media, again=again)
    if again and not thumb:
        # WeChat has refused the film, perhaps for want of a preview.
        return Prepared(text_body(offer.link))
    film = {"media_id": media_id, **thumb, "title": offer.name}
    return Prepared({"msgtype": "video", "video": film}, fit.note)


def _kind_of(account: WeChatAccount, media: Media, content: Content) -> str:
    """Return as what WeChat gets the file: what it really is; "" where only as a link.

    A picture that a seat sends as a file is meant to be seen; a sound or a film sent as a file stays one.
    """
    if isinstance(content, File) and media.kind != Media.Kind.IMAGE:
        return ""
    takes = {"image"} if account.kind == WeChatAccount.Kind.MINI_PROGRAM else {"image", "voice", "video"}
    return media.kind if media.kind in takes else ""


def _why_link(content: Content, media: Media) -> str:
    """Return why a file goes as a link; "" for what was meant as one."""
    if isinstance(content, File) and media.trouble in ("", "damaged"):
        return ""
    if media.trouble:
        return trouble_words(media.trouble)
    return _("Mini programs take no voices and no films")


def _linked(content: Content, reason: str) -> str:
    """Return what the sender reads about a file that goes as a link."""
    if not reason:
        return ""
    return _("%(kind)s sent as a link: %(reason)s.") % {"kind": _label(type(content).__name__), "reason": reason}


def _still(account: WeChatAccount, offer: _Offer, media: Media, picture: Media) -> dict[str, Any]:
    """One message that shows a picture of the animation and leads to the whole."""
    shown = links.url(picture)
    return _link(account, Link(_("Animation"), offer.page, f"{offer.name} ({file_size(media.size)})", shown))


def _uploaded(account: WeChatAccount, media: Media, kind: str, *, again: bool) -> str:
    """Return WeChat's id of the file; "" where it refuses this file, which can go as a link then."""
    try:
        return wechat_media.upload(account, media, kind, again=again)
    except DeliveryError as error:
        of_media = error.chance is Chance.MEDIA and (again or kind == "thumb")
        if error.code in errors.UPLOAD_CODES or error.outcome is Outcome.FAIL or of_media:
            return ""
        raise


def _thumb(account: WeChatAccount, media: Media, *, again: bool) -> dict[str, str]:
    """Return the film's preview for WeChat; a film without one, or whose preview is refused, goes without."""
    fit = fitting.fit(media.thumb, "thumb") if media.thumb else Fit(None)
    media_id = _uploaded(account, fit.media, "thumb", again=again) if fit.media else ""
    return {"thumb_media_id": media_id} if media_id else {}


def _label(kind: str) -> str:
    return {"image": _("Image"), "voice": _("Voice"), "video": _("Video"), "file": _("File")}[kind.lower()]


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
        fit = fitting.fit(receive(drafted), "image")
    if fit.media is None:
        raise MediaError(_("the card's picture is not a picture"))
    return fit.media


def _link(account: WeChatAccount, link: Link) -> dict[str, Any]:
    """A card: `news` on official accounts, `link` in mini programs."""
    if account.kind == WeChatAccount.Kind.MINI_PROGRAM:
        body = {"title": link.title, "description": link.description, "url": link.url, "thumb_url": link.picture_url}
        return {"msgtype": "link", "link": body}
    article = {"title": link.title, "description": link.description, "url": link.url, "picurl": link.picture_url}
    return {"msgtype": "news", "news": {"articles": [article]}}
