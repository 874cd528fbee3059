"""Timers: what time alone makes due. They only find it and tell the lane; the lane decides, with what is true by then.

Each rule is one query per group that uses it. What a rule finds is told once: its event's key holds what it is about, and
a stretch of time, so that what ended as failed is told again later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from bridge.inbox.events import BotIdle, BotWoken, Event
from bridge.inbox.serving_events import (
    ConversationIdle,
    CustomerSilent,
    OfferOver,
    OverflowDue,
    SeatGone,
    SeatSilent,
    SeatSought,
    WaitOver,
)
from bridge.models import Account, Conversation
from bridge.pipeline import bots
from seats.models import Assignment, QueueEntry, Seat, SeatGroup, TransferOffer
from seats.routing.opening import closed_accounts, is_open

AT_ONCE = 500
STRETCH = 600  # seconds


@dataclass(frozen=True)
class Due:
    """An event that is due in a lane; `about` names its cause."""

    lane: str
    event: Event
    about: str

    def key(self, now: datetime) -> str:
        """Return what makes it the same event when it is found again."""
        return f"{self.event.kind}:{self.about}:{int(now.timestamp() // STRETCH)}"


def _before(now: datetime, seconds: int) -> datetime:
    return now - timedelta(seconds=seconds)


def _silent(group: SeatGroup) -> QuerySet[Conversation]:
    """Return the group's assigned conversations whose last word is the seat's."""
    assigned = Conversation.objects.filter(status=Conversation.Status.ASSIGNED, group=group.slug)
    return assigned.filter(unanswered_since=None, last_message_at__isnull=False)


def take_back(group: SeatGroup, now: datetime) -> Iterator[Due]:
    """Customers who wait for a seat that vanished longer than the grace ago, signed off, or may work here no more."""
    if not group.grace_seconds or not is_open(group, now):
        return
    signed_off = Q(seat__availability=Seat.Availability.OFFLINE) | Q(seat__user__is_active=False)
    vanished = Q(seat__online=False, seat__presence_at__lte=_before(now, group.grace_seconds))
    left_alone = Assignment.objects.filter(
        signed_off | vanished, active_for__group=group.slug, active_for__unanswered_since__isnull=False,
        seat__presence_at__isnull=False,
    )  # fmt: skip
    for pk, lane, gone in left_alone.values_list("pk", "active_for__customer__im_id", "seat__presence_at")[:AT_ONCE]:
        assert gone is not None
        yield Due(lane, SeatGone(gone), f"{pk}:{gone.timestamp()}")


def overflow(group: SeatGroup, now: datetime) -> Iterator[Due]:
    """Customers who have waited long enough for a second group."""
    if group.overflow_group_id is None:
        return
    long_ago = _before(now, group.overflow_seconds)
    waiting = QueueEntry.objects.filter(group=group, overflowed=False, left=False, enqueued_at__lte=long_ago)
    waiting = waiting.exclude(conversation__queue_entries__overflowed=True)
    for pk, lane in waiting.values_list("pk", "lane")[:AT_ONCE]:
        yield Due(lane, OverflowDue(), str(pk))


def give_up(group: SeatGroup, now: datetime) -> Iterator[Due]:
    """Customers who have waited too long, or whose group or account closes: they are asked for a message."""
    over = Q(account_id__in=closed_accounts(now))
    if not is_open(group, now):
        over = Q()
    elif group.max_wait_seconds:
        over |= Q(enqueued_at__lte=_before(now, group.max_wait_seconds))
    waiting = QueueEntry.objects.filter(over, group=group, overflowed=False, left=False)
    for pk, lane in waiting.values_list("pk", "lane")[:AT_ONCE]:
        yield Due(lane, WaitOver(), str(pk))


def remind_seat(group: SeatGroup, now: datetime) -> Iterator[Due]:
    """Customers whom their seat has not answered."""
    if not group.remind_seat_seconds:
        return
    unanswered = Conversation.objects.filter(
        status=Conversation.Status.ASSIGNED,
        group=group.slug,
        unanswered_since__lte=_before(now, group.remind_seat_seconds),
        seat_reminded_at=None,
    )
    for pk, lane, since in unanswered.values_list("pk", "customer__im_id", "unanswered_since")[:AT_ONCE]:
        assert since is not None
        yield Due(lane, SeatSilent(since), f"{pk}:{since.timestamp()}")


def remind_customer(group: SeatGroup, now: datetime) -> Iterator[Due]:
    """Customers who have said nothing since the seat's last word, and were not asked yet."""
    if group.remind_customer_seconds:
        quiet = _silent(group).filter(customer_reminded_at=None)
        yield from _since_last(quiet, CustomerSilent, _before(now, group.remind_customer_seconds))


def close_idle(group: SeatGroup, now: datetime) -> Iterator[Due]:
    """Conversations in which nobody has said anything for long, the seat last."""
    if group.close_idle_seconds:
        yield from _since_last(_silent(group), ConversationIdle, _before(now, group.close_idle_seconds))


def expire(group: SeatGroup, now: datetime) -> Iterator[Due]:
    """Conversations that never came to a seat, nor wait for one, and in which nobody has written for long."""
    if group.close_idle_seconds:
        with_bots = Conversation.objects.filter(status=Conversation.Status.BOT, group=group.slug)
        yield from _since_last(with_bots, BotIdle, _before(now, group.close_idle_seconds))


def _since_last(quiet: QuerySet[Conversation], event: Callable[[datetime], Event], long_ago: datetime) -> Iterator[Due]:
    found = quiet.filter(last_message_at__lte=long_ago)
    for pk, lane, last in found.values_list("pk", "customer__im_id", "last_message_at")[:AT_ONCE]:
        assert last is not None
        yield Due(lane, event(last), f"{pk}:{last.timestamp()}")


def offers(now: datetime) -> Iterator[Due]:
    """Offers that nobody took."""
    over = TransferOffer.objects.filter(expires_at__lte=now)
    for pk, lane in over.values_list("pk", "conversation__customer__im_id")[:AT_ONCE]:
        yield Due(lane, OfferOver(), str(pk))


def stranded(now: datetime) -> Iterator[Due]:
    """Customers who look for a seat in no group, as their account had none, and now has one."""
    groups = SeatGroup.objects.values("slug")
    lost = Conversation.objects.filter(status=Conversation.Status.BOT, mode=bots.LAST).exclude(group__in=groups)
    accounts = Account.objects.filter(group__in=groups).values("pk")
    rows = lost.filter(customer__account__in=accounts).order_by("pk")
    for pk, lane in rows.values_list("pk", "customer__im_id")[:AT_ONCE]:
        yield Due(lane, SeatSought(), str(pk))


def woken(now: datetime) -> Iterator[Due]:
    """Conversations whose bot asked to be woken by now."""
    rows = Conversation.objects.filter(wake_at__lte=now).order_by("wake_at")
    for pk, lane, at in rows.values_list("pk", "customer__im_id", "wake_at")[:AT_ONCE]:
        assert at is not None
        yield Due(lane, BotWoken(at), f"{pk}:{at.timestamp()}")


Rule = Callable[[SeatGroup, datetime], Iterator[Due]]
RULES: tuple[Rule, ...] = (take_back, overflow, give_up, remind_seat, remind_customer, close_idle, expire)


def due(now: datetime) -> Iterator[Due]:
    """Return all that is due at `now`."""
    yield from offers(now)
    yield from stranded(now)
    yield from woken(now)
    for group in SeatGroup.objects.all():
        for rule in RULES:
            yield from rule(group, now)
