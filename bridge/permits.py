"""Permits: what WeChat would refuse is not tried, and what it allows is counted down.

How many messages WeChat allows is a number it has changed before (20, then 5), and some of what gives permission, such as a
payment, is never told to us. So the number is checked once per account and WINDOW_CHECK_DAYS: the first message over it is tried
anyway. WeChat refuses it: the number is right, and nothing is tried over it any more. WeChat takes it: it allows more than
we know, and goes on being asked (docs/decisions/0006).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bridge.models import Customer, Delivery, Message, WeChatAccount
from bridge.parameters import parameters, parameters_of
from bridge.platforms.base import DeliveryError, Outcome, Platform
from bridge.text import short_time
from bridge.windows import COUNT, TIME, Window, window_of

WAITED = "waited"  # among a delivery's chances: it was held before
ASKED = "asked"  # among a delivery's chances: a person had it sent again
KEPT_FOR_PEOPLE = 1  # messages that notices leave alone


@dataclass
class Permit:
    """The window of the customer whose lane it is, as the deliveries of one pass change it."""

    window: Window
    account: int | None = None
    count_checked_at: datetime | None = None

    @classmethod
    def of_lane(cls, lane: str) -> Permit:
        """Return the permit of the lane's customer; one that allows everything where there is none."""
        customer = Customer.objects.filter(im_id=lane).annotate(checked=F("account__count_checked_at")).first()
        if customer is None:
            return cls.unlimited()
        return cls(window_of(customer), customer.account_id, customer.checked)

    @classmethod
    def unlimited(cls) -> Permit:
        """Return a permit that allows everything."""
        return cls(Window())

    def refuse(self, delivery: Delivery, platform: Platform, now: datetime) -> DeliveryError | None:
        """Return why this delivery must not be tried now, None where it may."""
        why = self.window.refusal(now)
        if delivery.ephemeral:
            return DeliveryError("window", _("the window is closed"), Outcome.DROP) if why else None
        left = self.window.left
        if delivery.notice and (why or (left is not None and left <= _kept(delivery))):
            return DeliveryError("notice", _("the last message WeChat allows is kept for a person"), Outcome.DROP)
        if why == TIME and ASKED in delivery.chances:
            # Somebody asked for it: WeChat may answer once more, in case it is our clock that is wrong.
            return None
        if why == COUNT and not self.knows_count(now):
            return None
        return platform.refusal(why) if why else None

    def knows_count(self, now: datetime) -> bool:
        """Tell whether WeChat itself has confirmed the count lately, or is never asked (WINDOW_CHECK_DAYS=0)."""
        days = parameters.WINDOW_CHECK_DAYS
        return not days or (self.count_checked_at is not None and now - self.count_checked_at < timedelta(days=days))

    def confirm_count(self, now: datetime) -> None:
        """WeChat has said that the count is used up, as we thought or earlier."""
        self.count_checked_at = now
        if self.account:
            WeChatAccount.objects.filter(pk=self.account).update(count_checked_at=now)

    def low(self, now: datetime) -> str:
        """Return what the seat should hear of a window that runs out, right after a message; "" for nothing."""
        left = self.window.left
        if left is None or self.window.until is None:
            return ""
        if left == 0:
            if not self.knows_count(now):
                return ""
            return _("That was the last message WeChat allows. What you write now waits until the customer writes.")
        if left != parameters_of(self.account).WINDOW_LOW:
            return ""
        until = short_time(self.window.until)
        words = ngettext(
            "WeChat allows %(left)d more message until %(until)s, unless the customer writes.",
            "WeChat allows %(left)d more messages until %(until)s, unless the customer writes.",
            left,
        )
        return words % {"left": left, "until": until}

    def joins(self, delivery: Delivery) -> bool:
        """Tell whether this delivery may be sent together with those behind it: a seat's, that waited, little left."""
        left = self.window.left
        own = parameters_of(self.account)
        if left is None or left > own.WINDOW_JOIN_BELOW or delivery.notice or delivery.ephemeral:
            return False
        by_seat = delivery.message is not None and delivery.message.side == Message.Side.SEAT
        return by_seat and (WAITED in delivery.chances or own.WINDOW_JOIN_SECONDS > 0)


def _kept(delivery: Delivery) -> int:
    """Return how many messages this notice leaves alone: none after the talk, when nobody needs them any more."""
    surveys = delivery.message is not None and delivery.message.content.get("type") == "Menu"
    return 0 if surveys else KEPT_FOR_PEOPLE


def join_pause(customer: Customer, side: str) -> float:
    """Return for how many seconds a seat's text should wait for the next one, so that both can go as one message."""
    left = customer.window_left
    own = parameters_of(customer.account_id)
    little = left is not None and 0 < left <= own.WINDOW_JOIN_BELOW
    return own.WINDOW_JOIN_SECONDS if little and side == Message.Side.SEAT else 0.0
