"""The permit: what the platform would refuse is not tried, and what it allows is counted down.

How many messages WeChat allows is a number it has changed before (20, then 5), and some of what gives permission, such as a
payment, is never told to us. So the number is checked once per account and WINDOW_CHECK_DAYS: the first message over it is tried
anyway. It is refused: the number is right, and nothing is tried over it any more. It is taken: it allows more than
we know, and goes on being asked (docs/decisions/0006).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bridge.live.parameters import parameters, parameters_of
from bridge.models import Account, Customer, Delivery, Message
from bridge.models.endpoints import title_of
from bridge.platforms.base import Platform
from bridge.values.outcomes import DeliveryError, Outcome
from bridge.values.text import short_time
from bridge.values.windows import COUNT, TIME, Window, window_of

KEPT_FOR_PEOPLE = 1  # messages that notices leave alone


@dataclass
class Permit:
    """The window of the customer whose lane it is, as the deliveries of one pass change it.

    `holds`: a delivery of this pass waits for the customer to write, so nothing that the window refuses may pass it.
    """

    window: Window
    account: int | None = None
    count_checked_at: datetime | None = None
    holds: bool = False
    platform: str = ""

    @classmethod
    def of_lane(cls, lane: str) -> Permit:
        """Return the permit of the lane's customer; one that allows everything where there is none."""
        customer = (
            Customer.objects.filter(im_id=lane)
            .annotate(checked=F("account__count_checked_at"), on=F("account__platform"))
            .first()
        )
        if customer is None:
            return cls(Window())
        return cls(window_of(customer), customer.account_id, customer.checked, platform=customer.on)

    @property
    def _title(self) -> str:
        return title_of(self.platform)

    def refusal(self, delivery: Delivery, platform: Platform, now: datetime) -> DeliveryError | None:
        """Return why this delivery must not be tried now, None where it may."""
        if not delivery.needs_window:
            return None
        why = self.window.refusal(now)
        if delivery.ephemeral:
            return DeliveryError("window", _("the window is closed"), Outcome.DROP) if why else None
        left = self.window.left
        if delivery.notice and (why or (left is not None and left <= _kept(delivery))):
            return DeliveryError(
                "notice", _("the last message %s allows is kept for a person") % self._title, Outcome.DROP
            )
        if not why or (not self.holds and self._is_doubtful(why, delivery, now)):
            return None
        return platform.refusal(why)

    def _is_doubtful(self, why: str, delivery: Delivery, now: datetime) -> bool:
        """Tell whether the platform may take it after all: somebody asks for it, and our clock may be wrong; our count may be."""
        return delivery.by_request if why == TIME else not self.knows_count(now)

    def knows_count(self, now: datetime) -> bool:
        """Tell whether the platform itself has confirmed the count lately, or is never asked (WINDOW_CHECK_DAYS=0)."""
        days = parameters.WINDOW_CHECK_DAYS
        return not days or (self.count_checked_at is not None and now - self.count_checked_at < timedelta(days=days))

    def heard(self, error: DeliveryError, delivery: Delivery, now: datetime) -> DeliveryError:
        """Return what the platform's refusal is worth. That the count is used up stands, except right after the customer's message."""
        if error.window != COUNT:
            return error
        if error.outcome is Outcome.CHANCE and not self.window.is_fresh(now):
            error = error.turned(error.after)
        if error.outcome is not Outcome.CHANCE or error.chance in delivery.chances:
            self._confirm_count(now)
        return error

    def _confirm_count(self, now: datetime) -> None:
        """The platform has said that the count is used up, as we thought or earlier."""
        self.count_checked_at = now
        if self.account:
            Account.objects.filter(pk=self.account).update(count_checked_at=now)

    def learn(
        self, error: DeliveryError, outcome: Outcome | None, now: datetime, *, counts: bool = True
    ) -> Window | None:
        """Take over what a refusal says of the window; what may have arrived counts as sent. Return it where that changes it.

        `counts`: the delivery is one that the window counts.
        """
        before = self.window
        if error.window and outcome is not Outcome.CHANCE:
            self.window = before.refused(error.window, now)
        elif outcome is Outcome.UNKNOWN and counts:
            self.window = before.spent()
        self.holds = self.holds or outcome is Outcome.HOLD
        return self.window if self.window != before else None

    def low(self, now: datetime) -> str:
        """Return what the seat should hear of a window that runs out, right after a message; "" for nothing."""
        left = self.window.left
        if left is None or self.window.until is None:
            return ""
        if left == 0:
            if not self.knows_count(now):
                return ""
            words = _("That was the last message %s allows. What you write now waits until the customer writes.")
            return words % self._title
        if left != parameters_of(self.account).WINDOW_LOW:
            return ""
        until = short_time(self.window.until)
        words = ngettext(
            "%(left)d more message can be sent until %(until)s, unless the customer writes.",
            "%(left)d more messages can be sent until %(until)s, unless the customer writes.",
            left,
        )
        return words % {"left": left, "until": until}

    def joins(self, delivery: Delivery) -> bool:
        """Tell whether this delivery may be sent together with those behind it: a seat's, that waited, little left."""
        left = self.window.left
        own = parameters_of(self.account)
        if left is None or left > own.WINDOW_JOIN_BELOW or delivery.notice or delivery.ephemeral:
            return False
        if not delivery.needs_window:
            return False
        by_seat = delivery.message is not None and delivery.message.side == Message.Side.SEAT
        return by_seat and (delivery.was_held or own.WINDOW_JOIN_SECONDS > 0)


def _kept(delivery: Delivery) -> int:
    """Return how many messages this notice leaves alone: none after the conversation, when nobody needs them any more."""
    surveys = delivery.message is not None and delivery.message.content.get("type") == "Menu"
    return 0 if surveys else KEPT_FOR_PEOPLE


def join_pause(customer: Customer, side: str) -> float:
    """Return for how many seconds a seat's text should wait for the next one, so that both can go as one message."""
    left = customer.window_left
    own = parameters_of(customer.account_id)
    little = left is not None and 0 < left <= own.WINDOW_JOIN_BELOW
    return own.WINDOW_JOIN_SECONDS if little and side == Message.Side.SEAT else 0.0
