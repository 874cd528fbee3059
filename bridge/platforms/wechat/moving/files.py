"""Fetches the files that WeChat's console answers with: its own ids for them live for three days only."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from bridge.live.parameters import parameters
from bridge.media import fetch, store
from bridge.media.errors import MediaError
from bridge.media.reception import receive
from bridge.platforms.wechat import media
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.content import Content, Image, Video, Voice
from bridge.values.outcomes import DeliveryError

_MB = 1024**2


def fetched(account: WeChatAccount, content: Content | None, name: str, notes: list[str]) -> Content | None:
    """Return the content with its file in our storage; None where it cannot be had, which `notes` say of `name`."""
    if not isinstance(content, Image | Voice | Video) or content.media:
        return content
    try:
        with store.draft() as drafted:
            _fetch(account, content, drafted)
            row = receive(drafted, type(content))
    except (MediaError, DeliveryError) as error:
        notes.append(
            _("The file of “%(name)s” could not be fetched: %(reason)s.") % {"name": name, "reason": error.reason}
        )
        return None
    return replace(content, media=row.pk, media_id="", url="")


def _fetch(account: WeChatAccount, content: Image | Voice | Video, into: store.Draft) -> None:
    limit = parameters.MEDIA_MAX_MB * _MB
    if content.media_id:
        media.download(account, content.media_id, into, limit)
    else:
        fetch.fetch(content.url, into, limit)
