"""The seats' Celery tasks."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from bridge import clock, inbox, nudges
from bridge.models import InboundEvent
from seats import assignment, presence, timers
from seats.models import SeatGroup


@shared_task
def wake_queues() -> int:
    """The net under the queue's wake-ups: where somebody waits and a seat is free, wake the first. Returns how many.

    A wake-up is missing after an accident, such as an event that ended as failed, and when working hours begin.
    """
    woken = 0

    def post(lane: str, kind: str) -> None:
        nonlocal woken
        waiting = InboundEvent.objects.filter(lane=lane, kind=kind, state=InboundEvent.State.NEW)
        if not waiting.exists():
            inbox.post(lane, kind)
            woken += 1

    for group in SeatGroup.objects.filter(queue__isnull=False).distinct():
        with transaction.atomic():
            assignment.lock_groups([group.pk])
            assignment.wake_heads([group.pk], post, clock.now())
    if woken:
        nudges.notify()
    return woken


@shared_task
def tick() -> int:
    """Tell the lanes what time has made due. Returns how many."""
    now = clock.now()
    told = sum(bool(inbox.post(one.lane, one.kind, one.facts, key=one.key(now))) for one in timers.due(now))
    told += presence.expire_desks(now)
    if told:
        nudges.notify()
    return told


@shared_task
def check_presence() -> int:
    """Compare who is online with what Tencent IM says. Returns how many seats we knew otherwise."""
    told = presence.check_platform(clock.now())
    if told:
        nudges.notify()
    return told
