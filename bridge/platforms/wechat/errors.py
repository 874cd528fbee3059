"""WeChat's error codes and what each means for a delivery.

The codes themselves are in `codes.py`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.base import clock
from bridge.platforms.reactions import Reaction
from bridge.platforms.wechat.codes import reaction_of
from bridge.values.outcomes import Chance, DeliveryError, Outcome
from bridge.values.windows import COUNT, TIME

_SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600.0
# What the codes that people meet say; the others are told in WeChat's own words.
_WORDS = {
    -1: gettext_noop("WeChat is busy"),
    40013: gettext_noop("WeChat does not know the app id"),
    40125: gettext_noop("the app secret is wrong"),
    40164: gettext_noop("this server's IP address is not on the account's allow list"),
    40243: gettext_noop("the app secret is frozen: unfreeze it in WeChat's console"),
    50002: gettext_noop("WeChat has restricted the account"),
    50004: gettext_noop("the account may not fetch access tokens"),
    50007: gettext_noop("WeChat has frozen the account"),
    89501: gettext_noop("the account's administrator has not yet allowed this server's IP address"),
    89503: gettext_noop("the account's administrator has not yet allowed this server's IP address"),
    89506: gettext_noop("the account's administrator has refused this server's IP address"),
    89507: gettext_noop("the account's administrator has refused this server's IP address"),
    40003: gettext_noop("WeChat does not know this customer"),
    46004: gettext_noop("WeChat does not know this customer"),
    65302: gettext_noop("WeChat does not know this customer"),
    65303: gettext_noop("the account's own menu has to be published first"),
    65305: gettext_noop("the account has as many menus by tag as WeChat allows"),
    65306: gettext_noop("WeChat gives this account no menus by tag"),
    65309: gettext_noop("menus by tag are switched off in WeChat's console"),
    65316: gettext_noop("the menu leads to more than three domains"),
    65317: gettext_noop("an address in the menu is not valid"),
    65401: gettext_noop("WeChat does not take the name of the customer-service account"),
    65403: gettext_noop("WeChat does not take the name that customers see"),
    65405: gettext_noop("the account has as many customer-service accounts as WeChat allows"),
    65406: gettext_noop("WeChat has a customer-service account of this name already"),
    45157: gettext_noop("WeChat has a tag of this name already"),
    45158: gettext_noop("the name of the tag is too long"),
    40033: gettext_noop("the text holds characters WeChat refuses"),
    43004: gettext_noop("the customer does not follow the account"),
    45072: gettext_noop("the customer does not follow the account"),
    40037: gettext_noop("WeChat has no such template: fetch the templates again"),
    43101: gettext_noop("the customer has not accepted this notice"),
    43116: gettext_noop("WeChat has restricted the template after abuse"),
    47003: gettext_noop("a blank of the notice holds what WeChat does not take there"),
    43019: gettext_noop("the customer is on the account's blacklist"),
    48002: gettext_noop("the customer has switched off the account's messages"),
    44004: gettext_noop("the text is empty"),
    45002: gettext_noop("the text is too long"),
    45008: gettext_noop("the article is too long"),
    45064: gettext_noop("the menu is not valid"),
    45065: gettext_noop("WeChat has this message already"),
    47001: gettext_noop("WeChat could not read the request"),
    48001: gettext_noop("the account has no right to this API"),
    48004: gettext_noop("WeChat has banned this API for the account"),
}
_ADDRESS = gettext_noop("this server's IP address %s is not on the account's allow list")
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_QUOTA = gettext_noop("WeChat's limit for this call is reached")
_TIME = gettext_noop("the time in which WeChat allows answers is over; the customer has to write first")
_COUNT = gettext_noop("WeChat's number of answers is used up; it goes out when the customer writes again")
# Refusals of a file while it is uploaded: its type, size or length. What it holds can still go as a link.
UPLOAD_CODES = {"40004", "40005", "40006", "40009", "40010", "40011", "40012", "45001", "45007"}


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


def until_next_minute() -> float:
    """Return the seconds until WeChat counts the calls of a minute anew, and a little."""
    return 61 - clock.now().timestamp() % 60


def classify(errcode: int) -> Reaction:
    """Return what is done about a code; what no list holds fails."""
    return reaction_of(errcode) or Reaction.FAIL


def delivery_error(errcode: int, errmsg: str) -> DeliveryError:
    """Return the error for a reply whose `errcode` is not 0."""
    code, reaction = str(errcode), classify(errcode)
    if reaction in _CHANCES:
        return _CHANCES[reaction](code)
    words = _(_REASONS[reaction]) if reaction in _REASONS else _said(errcode, errmsg)
    pause = _PAUSES[reaction]() if reaction in _PAUSES else 0.0
    window = TIME if reaction is Reaction.WINDOW else ""
    outcome = _OUTCOMES.get(reaction, Outcome.FAIL)
    return DeliveryError(code, words, outcome, pause=pause, window=window, alarm=reaction is Reaction.ALARM)


def _token(code: str) -> DeliveryError:
    words = _("the access token was refused")
    return DeliveryError(code, words, Outcome.CHANCE, chance=Chance.TOKEN, after=Outcome.STOP)


def _upload(code: str) -> DeliveryError:
    words = _("WeChat does not take the media, or it has expired")
    return DeliveryError(code, words, Outcome.CHANCE, chance=Chance.MEDIA)


def _count(code: str) -> DeliveryError:
    """Seen also on a first answer within milliseconds of the customer's message: once more after a second."""
    return DeliveryError(
        code, _(_COUNT), Outcome.CHANCE, chance=Chance.COUNT, pause=1.0, after=Outcome.HOLD, window=COUNT
    )


_CHANCES = {Reaction.TOKEN: _token, Reaction.UPLOAD: _upload, Reaction.HOLD: _count}
_OUTCOMES = {
    Reaction.AGAIN: Outcome.RETRY,
    Reaction.MINUTE: Outcome.RETRY,
    # WeChat counts each call by itself (developers.weixin.qq.com, "接口调用频次限制"): only what needs the call waits.
    Reaction.CALL_MINUTE: Outcome.LIMIT,
    Reaction.MIDNIGHT: Outcome.LIMIT,
    Reaction.STOP: Outcome.STOP,
    Reaction.STOP_LONG: Outcome.STOP,
}
_PAUSES = {
    Reaction.MINUTE: until_next_minute,
    Reaction.CALL_MINUTE: until_next_minute,
    Reaction.MIDNIGHT: until_midnight,
    Reaction.STOP_LONG: lambda: HOUR,
}
_REASONS = {Reaction.CALL_MINUTE: _QUOTA, Reaction.MIDNIGHT: _QUOTA, Reaction.WINDOW: _TIME}


def _said(errcode: int, errmsg: str) -> str:
    if errcode == 40164 and (found := _IP.search(errmsg)):
        return _(_ADDRESS) % found.group()
    return _(_WORDS[errcode]) if errcode in _WORDS else _("WeChat refused it: %s") % errmsg[:200]
