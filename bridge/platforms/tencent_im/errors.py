"""Tencent IM's error codes and what each means for a delivery.

The codes themselves are in `codes.py`.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.platforms.base import DeliveryError, Outcome
from bridge.platforms.reactions import Reaction
from bridge.platforms.tencent_im.codes import reaction_of

_CONTENT = {80001, 80002, 80003, 80004, 20006, 93000}


def classify(code: int) -> Reaction:
    """Return what is done about a code; what no list holds fails."""
    return reaction_of(code) or Reaction.FAIL


def delivery_error(code: int, info: str) -> DeliveryError:
    """Return the error for a reply whose `ErrorCode` is not 0."""
    name, said = str(code), info[:200]
    match classify(code):
        case Reaction.SLOWER:
            return DeliveryError(name, _("Tencent IM is called too often"), Outcome.RETRY)
        case Reaction.AGAIN:
            return DeliveryError(name, _("Tencent IM has a fault: %s") % said, Outcome.RETRY)
        case Reaction.STOP:
            return DeliveryError(name, _("Tencent IM refuses the app: %s") % said, Outcome.STOP)
        case Reaction.SIGNATURE:
            words = _("Tencent IM refuses our signature: %s") % said
            return DeliveryError(name, words, Outcome.CHANCE, chance="sig", after=Outcome.STOP)
        case Reaction.IMPORT:
            words = _("Tencent IM does not know the account: %s") % said
            return DeliveryError(name, words, Outcome.CHANCE, chance="import")
        case Reaction.ALARM:
            return DeliveryError(name, _words_of_alarm(code) % said, Outcome.FAIL, alarm=True)
    words = _("Tencent IM refused the content: %s") if code in _CONTENT else _("Tencent IM refused it: %s")
    return DeliveryError(name, words % said, Outcome.FAIL)


def _words_of_alarm(code: int) -> str:
    if code == 70398:
        return _("Tencent IM takes no more accounts in this edition: %s")
    return _("Tencent IM refused it: %s")
