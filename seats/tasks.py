"""The seats' Celery tasks."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import Event
from bridge.models import InboundEvent
from seats.models import SeatGroup
from seats.push import telling
from seats.routing import assignment, presence, timers


@shared_task
def wake_queues() -> int:
    """The net under the queue's wake-ups: where somebody waits and a seat is free, wake the first. Returns how many.

    A wake-up is missing after an accident, such as an event that ended as failed, and when working hours begin.
    """
    woken = 0

    def post(lane: str, event: Event) -> None:
        nonlocal woken
        waiting = InboundEvent.objects.filter(lane=lane, kind=event.kind, state=InboundEvent.State.NEW)
        if not waiting.exists():
            storing.post(lane, event)
            woken += 1

    for group in SeatGroup.objects.filter(queue__isnull=False).distinct():
        with transaction.atomic():
            assignment.lock_groups([group.pk])
            assignment.wake_heads([group.pk], post, clock.now())
    return woken


@shared_task
def tick() -> int:
    """Tell the lanes what time has made due. Returns how many."""
    now = clock.now()
    told = sum(bool(storing.post(one.lane, one.event, key=one.key(now))) for one in timers.due(now))
    return told + presence.expire_desks(now) + presence.sign_off_inactive()


@shared_task
def push_news() -> int:
    """Notify the browsers of seats whose desk is closed. Returns how many took it."""
    return telling.tell()


@shared_task
def check_presence() -> int:
    """Compare who is online with what their platform says. Returns how many seats we knew otherwise."""
    return presence.check_platform(clock.now())
