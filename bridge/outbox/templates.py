"""Notices by template: which there are for a customer, why one cannot be sent now, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from django.utils import timezone

from bridge.live.parameters import parameters_of
from bridge.models import Acceptance, Conversation, Customer, Delivery, Message, Template
from bridge.platforms.registry import get_platform
from bridge.values import templates as values
from bridge.values.content import TemplateMessage
from bridge.values.windows import TIME, window_of
from bridge.values.wording import gettext as _

DAY = timedelta(days=1)
NOT_SENT = (Delivery.State.FAILED, Delivery.State.DROPPED)


def of_account(account: int) -> list[Template]:
    """Return the account's templates that can be sent."""
    return [one for one in Template.objects.filter(account=account, gone=False) if one.is_ready]


def for_seats(account: int) -> list[Template]:
    """Return those that its seats may send."""
    return [one for one in of_account(account) if one.for_seats]


@dataclass(frozen=True)
class Offer:
    """A notice that a seat may choose for a customer: what they would read, and why it cannot be sent now, "" where it can."""

    template: Template
    text: str
    refusal: str


def offers(conversation: Conversation, seat: str, now: datetime) -> list[Offer]:
    """Return the notices that the seat of this name may choose from for the customer of a conversation."""
    customer = conversation.customer
    names = {"conversation": str(conversation.pk), "seat": seat, "reason": "…"}
    found = for_seats(customer.account_id)
    return [Offer(one, message(one, customer, now, **names).text, refusal(customer, one, now)) for one in found]


def when_held(account: int) -> Template | None:
    """Return the one that a customer is sent whose answers wait; None where there is none."""
    return next((one for one in of_account(account) if one.when_held), None)


def invites(delivery: Delivery, why: str) -> bool:
    """Tell whether a customer is sent a notice because this answer of a seat is refused for `why`, of `windows`."""
    when = parameters_of(delivery.account_id).TEMPLATE_WHEN_HELD
    if when == values.OFF or (when == values.TIME and why != TIME) or delivery.account_id is None:
        return False
    message = delivery.message
    by_seat = message is not None and message.side == Message.Side.SEAT
    return by_seat and when_held(delivery.account_id) is not None


def refusal(customer: Customer, template: Template | None, now: datetime) -> str:
    """Return why the customer cannot be sent this notice now, "" where they can."""
    if customer.blocked_at or customer.subscribed is False:
        return _("the customer is blocked") if customer.blocked_at else _("the customer does not follow the account")
    if template is None or not template.is_ready:
        return _("there is no notice for it: an administrator fills the blanks of a template first")
    window = window_of(customer)
    if window.until is not None and not window.refusal(now):
        return _("the window is open: write to the customer")
    if (
        template.kind != Template.Kind.FREE
        and Acceptance.objects.filter(customer=customer, template=template, left=0).exists()
    ):
        return _("the customer has not accepted this notice")
    return _over_limit(customer, now)


def _over_limit(customer: Customer, now: datetime) -> str:
    most = parameters_of(customer.account_id).TEMPLATES_PER_DAY
    sent = Delivery.objects.filter(lane=customer.im_id, needs_window=False, created_at__gt=now - DAY)
    if sent.exclude(state__in=NOT_SENT).count() < most:
        return ""
    if not most:
        return _("no notices are sent for this account")
    return _("the customer was sent as many notices in the last 24 hours as are allowed: %d") % most


def message(template: Template, customer: Customer, now: datetime, **names: str) -> TemplateMessage:
    """Return what the notice says to the customer; `names` are those of `values.PLACEHOLDERS` that are not theirs."""
    known = {
        "customer": customer.display_name,
        "account": customer.account.name,
        "time": f"{timezone.localtime(now):%Y年%-m月%-d日 %H:%M}",
        **names,
    }
    blanks = {name: values.filled(template.words.get(name, ""), known) for name in template.blanks}
    said = get_platform(customer.account.platform).template_message(template, blanks)
    # In an address a name may hold what means something there.
    quoted = {name: quote(one, safe="") for name, one in known.items()}
    url, path = values.filled(said.url, quoted), values.filled(said.path, quoted)
    return replace(said, reason=names.get("reason", ""), url=url, path=path)
