"""Telling a seat what became of what it wrote, and of the files its customer sent."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge import clock, owing
from bridge.agents import directory
from bridge.content import Notice
from bridge.ledger import Ledger
from bridge.models import Delivery

State = Delivery.State

_SAID = {
    State.FAILED: gettext_noop("Not delivered: “%(text)s”. Reason: %(reason)s. #resend tries again."),
    State.UNKNOWN: gettext_noop(
        "Perhaps not delivered: “%(text)s” (%(reason)s). If it did not arrive, #resend sends it again."
    ),
    State.HELD: gettext_noop("Waiting: “%(text)s”. %(reason)s."),
    State.ASIDE: gettext_noop(
        "Waiting: “%(text)s”. %(reason)s. It goes out by itself later; texts you write meanwhile go before it."
    ),
}
# The same of what a customer sent, as far as their seat needs to know.
_SAID_OF_THEIRS = {
    State.FAILED: gettext_noop("“%(text)s” of the customer cannot be shown: %(reason)s."),
    State.ASIDE: gettext_noop(
        "“%(text)s” of the customer cannot be shown yet: %(reason)s. It comes by itself later; texts come before it."
    ),
}


def _text_of(delivery: Delivery) -> str:
    return delivery.message.preview[:40] if delivery.message else ""


def said_of(delivery: Delivery) -> str:
    """Return what the seat reads of a delivery in its present state; "" for nothing."""
    to_customer = delivery.direction == Delivery.Direction.CUSTOMER
    words = (_SAID if to_customer else _SAID_OF_THEIRS).get(State(delivery.state), "")
    return _(words) % {"text": _text_of(delivery), "reason": delivery.reason} if words else ""


def waits(delivery: Delivery) -> str:
    """Return what the seat reads of a delivery that waits in its place, with all behind it."""
    return _(_SAID[State.HELD]) % {"text": _text_of(delivery), "reason": delivery.reason}


def tell_seat(ledger: Ledger, delivery: Delivery, words: str) -> None:
    """Tell the seat that has the conversation something about a delivery to the customer, or about a customer's file."""
    recipient = _who_is_told(delivery) if delivery.reports and delivery.conversation_id and words else ""
    if not recipient:
        return
    ends = {"conversation_id": delivery.conversation_id, "sender": delivery.lane, "recipient": recipient}
    ledger.owe(owing.deliveries(Notice(words), Delivery.Direction.SEAT, clock.now(), lane=delivery.lane, **ends))


def _who_is_told(delivery: Delivery) -> str:
    """Return the IM account of who hears about a delivery; "" for nobody."""
    if delivery.direction == Delivery.Direction.CUSTOMER:
        agent = directory().assigned(delivery.conversation_id or 0)
        return agent.im_id if agent else ""
    # What a seat wrote elsewhere is shown to itself as well: of that it hears when it does not reach the customer.
    return delivery.recipient if delivery.content and delivery.sender == delivery.lane else ""
