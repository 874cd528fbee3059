"""WeChat's temporary media: download by media_id, upload once per content and account; its limits: `fitting`.

Source: developers.weixin.qq.com, "获取临时素材" and "新增临时素材": images 10 MB (png, jpg, gif), voice 2 MB and 60 s (amr, mp3),
video 10 MB (mp4), thumb 64 KB (jpg); a media_id lives for three days.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from bridge import clock, http
from bridge.foreign import text_of
from bridge.media import fetch, store
from bridge.media.errors import MediaError
from bridge.media.store import Draft
from bridge.models import Media, Upload, WeChatAccount
from bridge.platforms.answers import code_of
from bridge.platforms.base import DeliveryError, Outcome
from bridge.platforms.reactions import Reaction
from bridge.platforms.wechat import client, errors, tokens

GET, UPLOAD = "/cgi-bin/media/get", "/cgi-bin/media/upload"
LIFE = timedelta(days=3) - timedelta(hours=1)


def download(account: WeChatAccount, media_id: str, into: Draft, limit: int) -> None:
    """Write a customer's file into the draft. A film may come as the address it is at. MediaError where it is gone."""
    token = tokens.get(account)
    reply = http.get_stream(client.address(account, GET), {"access_token": token, "media_id": media_id})
    with reply:
        if reply.mime not in ("application/json", "text/plain"):
            fetch.save(reply, into, limit)
            return
        said = reply.json()
    if url := text_of(said.get("video_url")):
        _download_film(account, url, into, limit)
        return
    code = code_of(said, "errcode")
    if errors.classify(code) is Reaction.UPLOAD:
        raise MediaError(_("the file is no longer at WeChat (%d)") % code)
    client.check(account, token, said)
    raise MediaError(_("WeChat sent no file"))


def _download_film(account: WeChatAccount, url: str, into: Draft, limit: int) -> None:
    """WeChat names the address, but it goes through the same checks; the API's own host, which we were given, is exempt."""
    if url.startswith(account.api_base.rstrip("/") + "/"):
        with http.get_stream(url) as reply:
            fetch.save(reply, into, limit)
    else:
        fetch.fetch(url, into, limit)


def upload(account: WeChatAccount, media: Media, kind: str, *, again: bool = False) -> str:
    """Return the media_id of a file that fits WeChat's limits for `kind`; uploaded where no live one is known."""
    known = Upload.objects.filter(media=media, account=account, kind=kind, expires_at__gt=clock.now()).first()
    if known and not again:
        return known.remote_id
    token = tokens.get(account)
    with store.local_copy(media) as copy:
        name = f"{media.sha256[:16]}.{media.path.rsplit('.', 1)[-1]}"
        params = {"access_token": token, "type": kind}
        reply = http.post_file(client.address(account, UPLOAD), params, "media", name, media.mime, copy.path)
    client.check(account, token, reply)
    media_id = text_of(reply.get("media_id")) or text_of(reply.get("thumb_media_id"))
    if not media_id:
        raise DeliveryError("media", _("WeChat took the file, but gave no media_id"), Outcome.RETRY)
    values = {"remote_id": media_id, "expires_at": clock.now() + LIFE}
    Upload.objects.update_or_create(media=media, account=account, kind=kind, defaults=values)
    return media_id
