"""Tencent IM's error codes and what each means for a delivery.

Source: cloud.tencent.com/document/product/269/1671 (error codes).
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.platforms.base import DeliveryError, Outcome

TOO_OFTEN = {60007, 60011, 60018, 60019}
_SERVER = {60008, 60013, 60014, 90994, 90995, 91000, 20002, 20004}
_REFUSED = {60006, 60010, 60016, 60017, 60020, 60021, 70016, 70020, 70051}
SIGNATURE_CODES = {70001, 70003, 70009, 70013, 70014, 70050}
UNKNOWN_ACCOUNT_CODES = {20003, 70107, 90048}
_REFUSED_CONTENT = {80001, 80002, 20006}


def delivery_error(code: int, info: str) -> DeliveryError:
    """Return the error for a reply whose `ErrorCode` is not 0."""
    said = info[:200]
    if code in TOO_OFTEN:
        return DeliveryError(str(code), _("Tencent IM is called too often"), Outcome.RETRY)
    if code in _SERVER:
        return DeliveryError(str(code), _("Tencent IM has a fault: %s") % said, Outcome.RETRY)
    if code in _REFUSED:
        return DeliveryError(str(code), _("Tencent IM refuses the app: %s") % said, Outcome.STOP)
    if code in SIGNATURE_CODES:
        return DeliveryError(
            str(code),
            _("Tencent IM refuses our signature: %s") % said,
            Outcome.CHANCE,
            chance="sig",
            after=Outcome.STOP,
        )
    if code in UNKNOWN_ACCOUNT_CODES:
        return DeliveryError(
            str(code), _("Tencent IM does not know the account: %s") % said, Outcome.CHANCE, chance="import"
        )
    if code == 70398:
        words = _("Tencent IM takes no more accounts in this edition: %s") % said
        return DeliveryError(str(code), words, Outcome.FAIL, alarm=True)
    if code in _REFUSED_CONTENT:
        return DeliveryError(str(code), _("Tencent IM refused the content: %s") % said, Outcome.FAIL)
    return DeliveryError(str(code), _("Tencent IM refused it: %s") % said, Outcome.FAIL)
