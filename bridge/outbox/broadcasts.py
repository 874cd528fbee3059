"""Broadcasts: whom they go to, and how they go on: some customers at a time, so that they can be stopped."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from bridge.inbox import storing
from bridge.inbox.events import BroadcastDue, DropAsked
from bridge.models import Broadcast, Customer, Delivery, InboundEvent
from bridge.models.endpoints import title_of
from bridge.outbox.permit import KEPT_FOR_PEOPLE
from bridge.values.incoming import INTERNAL
from bridge.values.wording import gettext as _

AT_ONCE = 100  # customers that a run gives it to
State = Broadcast.State
TAKEN = (Delivery.State.DONE, Delivery.State.UNKNOWN)
WAITING = (Delivery.State.QUEUED, Delivery.State.HELD, Delivery.State.ASIDE)


def recipients(broadcast: Broadcast, now: datetime) -> QuerySet[Customer]:
    """Return the customers whose window is open, with a message left beside the one that is kept for a person.

    None where they were to have a tag that is there no more.
    """
    if broadcast.lost_tag:
        return Customer.objects.none()
    left = Q(window_left=None) | Q(window_left__gt=KEPT_FOR_PEOPLE)
    open_ = Customer.objects.filter(left, account=broadcast.account_id, window_until__gt=now, blocked_at=None)
    open_ = open_.exclude(subscribed=False)
    return open_.filter(tags=broadcast.tag_id) if broadcast.tag_id else open_


def left(broadcast: Broadcast, now: datetime) -> int:
    """Return how many customers would still get it: all of them before it is begun, none once it has ended."""
    if broadcast.state not in (State.DRAFT, State.SENDING):
        return 0
    return recipients(broadcast, now).filter(pk__gt=broadcast.reached_to).count()


def begin(broadcast: Broadcast, now: datetime) -> bool:
    """Let it be sent as it is here; False where it was begun already, or changed since it was read."""
    as_read = {"account": broadcast.account_id, "tag": broadcast.tag_id, "text": broadcast.text}
    mine = Broadcast.objects.filter(pk=broadcast.pk, state=State.DRAFT, **as_read)
    return bool(mine.update(state=State.SENDING, started_at=now))


def fingerprint(broadcast: Broadcast) -> str:
    """Return what tells whether what is sent, or to whom, was changed since somebody was asked about it."""
    said = [broadcast.account_id, broadcast.tag_id, broadcast.tag_name, broadcast.text]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def stop(broadcast: Broadcast, now: datetime) -> bool:
    """Give it to nobody else; what is in a lane and not sent yet stays unsent. False where it is not being sent."""
    mine = Broadcast.objects.filter(pk=broadcast.pk, state=State.SENDING)
    if not mine.update(state=State.STOPPED, ended_at=now):
        return False
    _drop_waiting(broadcast)
    return True


def _drop_waiting(broadcast: Broadcast) -> None:
    """Drop what waits for its next try, each in its lane: WeChat may have answered nothing for hours."""
    given = InboundEvent.objects.filter(kind=BroadcastDue.kind, dedup__startswith=f"{INTERNAL}:{_key(broadcast)}")
    waiting = Delivery.objects.filter(event_id__in=given.values("pk"), state__in=WAITING).order_by("pk")
    by_lane: dict[str, list[int]] = defaultdict(list)
    for lane, pk in waiting.values_list("lane", "pk"):
        by_lane[lane].append(pk)
    for lane, pks in by_lane.items():
        storing.post(lane, DropAsked(tuple(pks), _("the broadcast was stopped")))


def count(ended: Iterable[Delivery], by: int = 1) -> None:
    """Count in their broadcasts what became of these deliveries, within a transaction; `by`: -1 to count them no more.

    What may have arrived counts as sent.
    """
    of: dict[int, list[Delivery]] = defaultdict(list)
    for one in ended:
        if one.broadcast:
            of[one.broadcast].append(one)
    # In one order, so that no two transactions wait for each other.
    for number in sorted(of):
        if broadcast := locked(number):
            for one in of[number]:
                _count(broadcast, one, by)
            broadcast.save(update_fields=["sent", "refusals"])


def _count(broadcast: Broadcast, ended: Delivery, by: int) -> None:
    if ended.state in TAKEN:
        broadcast.sent = max(broadcast.sent + by, 0)
    else:
        broadcast.refuse(ended.code, ended.reason, by)


def locked(number: int) -> Broadcast | None:
    """Return the broadcast, which nobody else stops or counts in until the transaction ends; None where it was deleted."""
    return Broadcast.objects.select_for_update().filter(pk=number).first()


def refusal(broadcast: Broadcast, customer: Customer, now: datetime) -> tuple[str, str] | None:
    """Return why the customer, whose turn it is, does not get it, as code and words; None where they do."""
    if broadcast.state not in (State.SENDING, State.DONE):
        return "", _("the broadcast was stopped")
    if recipients(broadcast, now).filter(pk=customer.pk).exists():
        return None
    if customer.window_until is None or customer.window_until <= now:
        return "window", _("the window is closed")
    if customer.window_left is not None and customer.window_left <= KEPT_FOR_PEOPLE:
        return "notice", _("the last message %s allows is kept for a person") % title_of(broadcast.account.platform)
    return "left", _("the customer was blocked, has stopped following, or has lost the tag")


def _key(broadcast: Broadcast) -> str:
    return f"broadcast:{broadcast.pk}:"


def go_on(now: datetime) -> int:
    """Give each broadcast that is being sent to the next customers, each in their lane; return how many these are."""
    given = 0
    for one in Broadcast.objects.filter(state=State.SENDING):
        if one.lost_tag:
            stop(one, now)
            continue
        following = recipients(one, now).filter(pk__gt=one.reached_to).order_by("pk")
        rows = list(following.values_list("pk", "im_id")[:AT_ONCE])
        for pk, lane in rows:
            # Under a name of its own, so that whoever begins again after a crash gives it to nobody twice.
            storing.post(lane, BroadcastDue(one.pk), key=f"{_key(one)}{pk}")
        given += len(rows)
        if rows:
            Broadcast.objects.filter(pk=one.pk).update(reached_to=rows[-1][0])
        else:
            Broadcast.objects.filter(pk=one.pk, state=State.SENDING).update(state=State.DONE, ended_at=now)
    return given
