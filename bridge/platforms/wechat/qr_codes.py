"""QR codes with a scene: made at WeChat, drawn here.

Source: developers.weixin.qq.com, "生成带参数的二维码".
"""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bridge.platforms.wechat import client
from bridge.platforms.wechat.models import QrCode, WeChatAccount
from bridge.values.durations import DAY
from bridge.values.foreign import text_of
from bridge.values.outcomes import DeliveryError, Outcome

SCENE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")  # WeChat takes any 64 characters; these arrive the same everywhere
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Ticket:
    """A code as WeChat has made it; `expires_at` is None for one that lasts."""

    ticket: str
    url: str
    expires_at: datetime | None


def new_scene() -> str:
    """Return a scene that no other code has."""
    return "qr-" + "".join(secrets.choice(_LETTERS) for _at in range(10))


def order(kind: str, scene: str, days: int) -> dict[str, Any]:
    """Return the body of the call that makes the code."""
    about = {"action_info": {"scene": {"scene_str": scene}}}
    if kind == QrCode.Kind.LASTING:
        return {"action_name": "QR_LIMIT_STR_SCENE", **about}
    return {"action_name": "QR_STR_SCENE", "expire_seconds": days * DAY, **about}


def make(account: WeChatAccount, code: QrCode, now: datetime) -> Ticket:
    """Let WeChat make the code. DeliveryError where it does not, or answers something else."""
    reply = client.call(account, client.QR_CREATE, order(code.kind, code.scene, code.days))
    ticket, url, seconds = text_of(reply.get("ticket")), text_of(reply.get("url")), reply.get("expire_seconds")
    if not ticket or not url:
        raise DeliveryError("answer", _("WeChat's answer cannot be read"), Outcome.FAIL)
    lasts = code.kind == QrCode.Kind.LASTING or not isinstance(seconds, int)
    return Ticket(ticket[:200], url[:300], None if lasts else now + timedelta(seconds=int(seconds)))  # type: ignore[arg-type]


def drawn(code: QrCode) -> SafeString:
    """Return the code as SVG; "" for one that was made elsewhere."""
    if not code.url:
        return SafeString("")
    return mark_safe(segno.make(code.url, error="m").svg_inline(border=2, light="white", omitsize=True))  # noqa: S308 -- modules of a code
