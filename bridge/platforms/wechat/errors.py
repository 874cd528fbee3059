"""WeChat's error codes and what each means for a delivery.

Source: developers.weixin.qq.com, "全局返回码说明", and docs of each API.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.platforms.base import DeliveryError, Outcome

TOKEN_CODES = {40001, 40014, 42001, 41001}

_RETRY = {-1: gettext_noop("WeChat is busy")}
_STOP = {
    45009: gettext_noop("the account's daily API quota is used up"),
    40013: gettext_noop("WeChat does not know the app id"),
    40125: gettext_noop("the app secret is wrong"),
    40164: gettext_noop("this server's IP address is not on the account's allow list"),
    48001: gettext_noop("the account has no right to this API"),
    50002: gettext_noop("WeChat has restricted the account"),
}
_FAIL = {
    40003: gettext_noop("WeChat does not know this customer"),
    40004: gettext_noop("WeChat does not take this type of media"),
    40007: gettext_noop("the media has expired"),
    40033: gettext_noop("the text holds characters WeChat refuses"),
    43004: gettext_noop("the customer does not follow the account"),
    45072: gettext_noop("the customer does not follow the account"),
    45002: gettext_noop("the text is too long"),
    45008: gettext_noop("the article is too long"),
    45064: gettext_noop("the menu is not valid"),
    45065: gettext_noop("WeChat has this message already"),
    47001: gettext_noop("WeChat could not read the request"),
    45015: gettext_noop("the customer wrote more than 48 hours ago, so WeChat allows no answer"),
}
_HOLD = gettext_noop("WeChat's number of answers is used up; it goes out when the customer writes again")


def delivery_error(errcode: int, errmsg: str) -> DeliveryError:
    """Return the error for a reply whose `errcode` is not 0."""
    code = str(errcode)
    if errcode in TOKEN_CODES:
        return DeliveryError(
            code, _("the access token was refused"), Outcome.CHANCE, chance="token", after=Outcome.STOP
        )
    if errcode == 45047:
        # Seen also on a first answer within milliseconds of the customer's message: once more after a second.
        return DeliveryError(code, _(_HOLD), Outcome.CHANCE, chance="count", pause=1.0, after=Outcome.HOLD)
    for table, outcome in ((_RETRY, Outcome.RETRY), (_STOP, Outcome.STOP), (_FAIL, Outcome.FAIL)):
        if errcode in table:
            return DeliveryError(code, _(table[errcode]), outcome)
    return DeliveryError(code, _("WeChat refused it: %s") % errmsg[:200], Outcome.FAIL)
