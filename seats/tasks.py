"""The seats' Celery tasks."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from bridge import inbox, nudges
from bridge.models import InboundEvent
from seats import assignment
from seats.models import SeatGroup


@shared_task
def wake_queues() -> int:
    """The net under the queue's wake-ups: where somebody waits and a seat is free, wake the first. Returns how many.

    A wake-up is only ever missing after an accident, such as an event that ended as failed.
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
            assignment.wake_heads([group.pk], post)
    if woken:
        nudges.notify()
    return woken
