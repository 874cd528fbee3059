"""WeChat's error codes and what each means for a delivery.

Source: developers.weixin.qq.com, "全局返回码说明", and docs of each API.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge import clock
from bridge.platforms.base import DeliveryError, Outcome
from bridge.windows import COUNT, TIME

_SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKEN_CODES = {40001, 40014, 42001, 41001}

_RETRY = {-1: gettext_noop("WeChat is busy")}
_STOP = {
    40013: gettext_noop("WeChat does not know the app id"),
    40125: gettext_noop("the app secret is wrong"),
    40164: gettext_noop("this server's IP address is not on the account's allow list"),
    50002: gettext_noop("WeChat has restricted the account"),
}
_FAIL = {
    40003: gettext_noop("WeChat does not know this customer"),
    40033: gettext_noop("the text holds characters WeChat refuses"),
    43004: gettext_noop("the customer does not follow the account"),
    45072: gettext_noop("the customer does not follow the account"),
    45002: gettext_noop("the text is too long"),
    45008: gettext_noop("the article is too long"),
    45064: gettext_noop("the menu is not valid"),
    45065: gettext_noop("WeChat has this message already"),
    47001: gettext_noop("WeChat could not read the request"),
}
_ADDRESS = gettext_noop("this server's IP address %s is not on the account's allow list")
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_QUOTA = gettext_noop("WeChat's limit for this call is reached")
# Seconds until a call that is at its limit is taken again; 0: at midnight in Shanghai.
LIMITS = {45009: 0.0, 45011: 60.0}
_TIME = gettext_noop("the time in which WeChat allows answers is over; the customer has to write first")
_COUNT = gettext_noop("WeChat's number of answers is used up; it goes out when the customer writes again")
MEDIA_CODES = {40004, 40007}
# Refusals of a file while it is uploaded: its type, size or length. What it holds can still go as a link.
UPLOAD_CODES = {"40004", "40005", "40006", "40009", "40010", "40011", "40012", "45001", "45007"}


def code_of(reply: dict[str, Any]) -> int:
    """Return a reply's `errcode`, 0 where there is none. DeliveryError where it is no number."""
    try:
        return int(reply.get("errcode") or 0)
    except (TypeError, ValueError, OverflowError):
        raise DeliveryError("reply", _("the platform's answer makes no sense"), Outcome.UNKNOWN) from None


def until_midnight() -> float:
    """Return the seconds until WeChat counts its daily quota anew: midnight in Shanghai, and a little."""
    now = clock.now().astimezone(_SHANGHAI)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=5, microsecond=0)
    return (midnight - now).total_seconds()


def window_refusal(why: str) -> DeliveryError:
    """Return WeChat's refusal of a message that the customer's window does not allow."""
    if why == TIME:
        return DeliveryError("45015", _(_TIME), Outcome.FAIL, window=TIME)
    return DeliveryError("45047", _(_COUNT), Outcome.HOLD, window=COUNT)


def delivery_error(errcode: int, errmsg: str) -> DeliveryError:
    """Return the error for a reply whose `errcode` is not 0."""
    code = str(errcode)
    if errcode in TOKEN_CODES:
        return DeliveryError(
            code, _("the access token was refused"), Outcome.CHANCE, chance="token", after=Outcome.STOP
        )
    if errcode == 45047:
        # Seen also on a first answer within milliseconds of the customer's message: once more after a second.
        return DeliveryError(
            code, _(_COUNT), Outcome.CHANCE, chance="count", pause=1.0, after=Outcome.HOLD, window=COUNT
        )
    if errcode == 45015:
        return DeliveryError(code, _(_TIME), Outcome.FAIL, window=TIME)
    if errcode in MEDIA_CODES:
        return DeliveryError(
            code, _("WeChat does not take the media, or it has expired"), Outcome.CHANCE, chance="media"
        )
    if errcode == 48001:
        return DeliveryError(code, _("the account has no right to this API"), Outcome.FAIL, alarm=True)
    if errcode in LIMITS:
        # Each call is counted by itself (developers.weixin.qq.com, "接口调用频次限制"): only what needs it waits.
        return DeliveryError(code, _(_QUOTA), Outcome.LIMIT, pause=LIMITS[errcode] or until_midnight())
    if errcode == 40164 and (found := _IP.search(errmsg)):
        return DeliveryError(code, _(_ADDRESS) % found.group(), Outcome.STOP)
    for table, outcome in ((_RETRY, Outcome.RETRY), (_STOP, Outcome.STOP), (_FAIL, Outcome.FAIL)):
        if errcode in table:
            return DeliveryError(code, _(table[errcode]), outcome)
    return DeliveryError(code, _("WeChat refused it: %s") % errmsg[:200], Outcome.FAIL)
