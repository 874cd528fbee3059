"""WeChat's temporary media: download by media_id, upload once per content and account; its limits: `fitting`.

Source: developers.weixin.qq.com, "获取临时素材" and "新增临时素材": images 10 MB (png, jpg, gif), voice 2 MB and 60 s (amr, mp3),
video 10 MB (mp4), thumb 64 KB (jpg); a media_id lives for three days.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import urljoin

from django.utils.translation import gettext as _

from bridge import http
from bridge.base import clock
from bridge.media import fetch, store
from bridge.media.errors import MediaError
from bridge.media.sniff import UNKNOWN
from bridge.media.store import Draft
from bridge.models import Media
from bridge.platforms.answers import code_of
from bridge.platforms.reactions import Reaction
from bridge.platforms.wechat import client, errors
from bridge.platforms.wechat.models import Upload, WeChatAccount
from bridge.values.foreign import read_json, text_of
from bridge.values.outcomes import DeliveryError, Outcome

GET, UPLOAD = client.MEDIA_GET, client.MEDIA_UPLOAD
LIFE = timedelta(days=3) - timedelta(hours=1)
ANSWER_LIMIT = 64 * 1024  # bytes up to which what came may be an answer in JSON instead of a file
WORDS = ("application/json", "application/xml", "text/")  # what no picture, sound or film is served as


def download(account: WeChatAccount, media_id: str, into: Draft, limit: int) -> None:
    """Write a customer's file into the draft. A film may come as the address it is at.

    What came is known by its bytes, whatever its type says: an answer in JSON served as a picture is an answer, and a
    picture served as text is a picture. MediaError where there is no file, DeliveryError where WeChat says why.
    """
    token = client.token_for(account, GET)
    words = _ask(account, token, media_id, into, limit)
    said = _answer(into)
    if said and (url := text_of(said.get("video_url"))):
        _from_address(account, url, into, limit)
        said = _answer(into)
    if said is not None:
        _refuse(account, token, said)
    if words and into.sniffed() == UNKNOWN:
        raise MediaError(_("WeChat sent no file"), temporary=True)


def _ask(account: WeChatAccount, token: str, media_id: str, into: Draft, limit: int) -> bool:
    """Write what `media/get` answers into the draft; tell whether it was served as words."""
    address = client.address(account, GET)
    with http.get_stream(address, {"access_token": token, "media_id": media_id}) as reply:
        if reply.location:
            _from_address(account, urljoin(address, reply.location), into, limit)
            return False
        fetch.save(reply, into, limit)
        return reply.mime.startswith(WORDS)


def _answer(drafted: Draft) -> dict[str, Any] | None:
    """Return the JSON object that came instead of a file; None where a file came."""
    if drafted.size > ANSWER_LIMIT:
        return None
    body = drafted.path.read_bytes().lstrip(b"\xef\xbb\xbf \t\r\n\0")
    if not body.startswith(b"{"):
        return None
    try:
        said = read_json(body)
    except ValueError:
        return None
    return said if isinstance(said, dict) and {"errcode", "errmsg", "video_url"} & said.keys() else None


def _refuse(account: WeChatAccount, token: str, said: dict[str, Any]) -> NoReturn:
    """Raise what an answer without a file means."""
    try:
        code = code_of(said, "errcode")
    except DeliveryError as error:
        raise MediaError(error.reason) from None
    if errors.classify(code) is Reaction.UPLOAD:
        raise MediaError(_("the file is no longer at WeChat (%d)") % code)
    client.check(account, token, GET, said)
    raise MediaError(_("WeChat sent no file"))


def _from_address(account: WeChatAccount, url: str, into: Draft, limit: int) -> None:
    """WeChat names the address, but it goes through the same checks; the API's own host, which we were given, is exempt."""
    base = account.api_base.rstrip("/") + "/"
    for _step in range(fetch.REDIRECTS):
        if not url.startswith(base):
            fetch.fetch(url, into, limit)
            return
        with http.get_stream(url) as reply:
            if not reply.location:
                fetch.save(reply, into, limit)
                return
            url = urljoin(url, reply.location)
    raise MediaError(_("the file's address leads in a circle"))


def upload(account: WeChatAccount, media: Media, kind: str, *, again: bool = False) -> str:
    """Return the media_id of a file that fits WeChat's limits for `kind`; uploaded where no live one is known."""
    known = Upload.objects.filter(media=media, account=account, kind=kind, expires_at__gt=clock.now()).first()
    if known and not again:
        return known.remote_id
    token = client.token_for(account, UPLOAD)
    with store.local_copy(media) as copy:
        name = f"{media.sha256[:16]}.{media.path.rsplit('.', 1)[-1]}"
        params = {"access_token": token, "type": kind}
        reply = http.post_file(client.address(account, UPLOAD), params, "media", name, media.mime, copy.path)
    client.check(account, token, UPLOAD, reply)
    media_id = text_of(reply.get("media_id")) or text_of(reply.get("thumb_media_id"))
    if not media_id:
        raise DeliveryError("media", _("WeChat took the file, but gave no media_id"), Outcome.RETRY)
    values = {"remote_id": media_id, "expires_at": clock.now() + LIFE}
    Upload.objects.update_or_create(media=media, account=account, kind=kind, defaults=values)
    return media_id
