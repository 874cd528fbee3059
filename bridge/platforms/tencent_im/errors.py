"""Tencent IM's error codes and what each means for a delivery.

The codes themselves are in `codes.py`.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.platforms.reactions import Reaction
from bridge.platforms.tencent_im.codes import reaction_of
from bridge.values.outcomes import Chance, DeliveryError, Outcome

_OUTCOMES = {Reaction.SLOWER: Outcome.RETRY, Reaction.AGAIN: Outcome.RETRY, Reaction.STOP: Outcome.STOP}
_CONTENT = {80001, 80002, 80003, 80004, 20006, 93000}


def classify(code: int) -> Reaction:
    """Return what is done about a code; what no list holds fails."""
    return reaction_of(code) or Reaction.FAIL


def delivery_error(code: int, info: str) -> DeliveryError:
    """Return the error for a reply whose `ErrorCode` is not 0."""
    name, reaction, said = str(code), classify(code), info[:200]
    if reaction is Reaction.SIGNATURE:
        words = _("Tencent IM refuses our signature: %s") % said
        return DeliveryError(name, words, Outcome.CHANCE, chance=Chance.SIGNATURE, after=Outcome.STOP)
    if reaction is Reaction.IMPORT:
        words = _("Tencent IM does not know the account: %s") % said
        return DeliveryError(name, words, Outcome.CHANCE, chance=Chance.IMPORT)
    outcome = _OUTCOMES.get(reaction, Outcome.FAIL)
    return DeliveryError(name, _words(code, reaction, said), outcome, alarm=reaction is Reaction.ALARM)


def _words(code: int, reaction: Reaction, said: str) -> str:
    if reaction is Reaction.SLOWER:
        return _("Tencent IM is called too often")
    if reaction is Reaction.AGAIN:
        return _("Tencent IM has a fault: %s") % said
    if reaction is Reaction.STOP:
        return _("Tencent IM refuses the app: %s") % said
    if code == 70398:
        return _("Tencent IM takes no more accounts in this edition: %s") % said
    return (_("Tencent IM refused the content: %s") if code in _CONTENT else _("Tencent IM refused it: %s")) % said
