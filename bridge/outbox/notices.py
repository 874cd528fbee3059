"""Notices to a seat: what became of what it wrote, and of the files its customer sent."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.base import clock
from bridge.models import Delivery
from bridge.outbox import deliveries
from bridge.outbox.ledger import Ledger
from bridge.values.agents import directory
from bridge.values.content import Notice

State = Delivery.State

_TO_CUSTOMER = {
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
_FROM_CUSTOMER = {
    State.FAILED: gettext_noop("“%(text)s” of the customer cannot be shown: %(reason)s."),
    State.ASIDE: gettext_noop(
        "“%(text)s” of the customer cannot be shown yet: %(reason)s. It comes by itself later; texts come before it."
    ),
}


def report(ledger: Ledger, delivery: Delivery, state: Delivery.State) -> None:
    """Tell the seat that the delivery is in this state, in the state's own words and with the delivery's reason."""
    to_customer = delivery.direction == Delivery.Direction.CUSTOMER
    words = (_TO_CUSTOMER if to_customer else _FROM_CUSTOMER).get(state)
    if words:
        text = delivery.message.preview[:40] if delivery.message else ""
        notify_seat(ledger, delivery, _(words) % {"text": text, "reason": delivery.reason})


def notify_seat(ledger: Ledger, delivery: Delivery, words: str) -> None:
    """Tell the seat that has the conversation something about a delivery to the customer, or about a customer's file."""
    recipient = _reader(delivery) if delivery.reports and delivery.conversation_id else ""
    if not recipient:
        return
    ends = {"conversation_id": delivery.conversation_id, "sender": delivery.lane, "recipient": recipient}
    own = {"lane": delivery.lane, "event_id": delivery.event_id}
    ledger.owe(deliveries.to_seat(Notice(words), clock.now(), **own, **ends))


def _reader(delivery: Delivery) -> str:
    """Return the IM account of the seat that reads about a delivery; "" for none."""
    if delivery.direction == Delivery.Direction.CUSTOMER:
        agent = directory().assigned(delivery.conversation_id or 0)
        return agent.im_id if agent else ""
    # What a seat wrote elsewhere is shown to itself as well: of that it hears when it does not reach the customer.
    return delivery.recipient if delivery.content and delivery.sender == delivery.lane else ""
