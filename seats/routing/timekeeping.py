"""Keeps a seat's time where it belongs: what it has been so far ends when its groups change, or when it is deleted.

Groups are changed in the admin, by the API and by scripts, so Django's signals are the one place that hears of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models.signals import m2m_changed, pre_delete
from django.dispatch import receiver

from bridge.base import clock
from seats.models import Seat, SeatGroup
from seats.routing.records import presence_fact, state_of


@receiver(m2m_changed, sender=Seat.groups.through, dispatch_uid="seats.timekeeping.groups")
def groups_change(instance: Any, action: str, pk_set: set[int] | None, **more: Any) -> None:
    """Before a seat's groups change, its time so far is counted for the groups it was in."""
    if not action.startswith("pre_"):
        return
    if isinstance(instance, Seat):
        end_states([instance.pk])
    else:
        end_states(pk_set if pk_set is not None else instance.seats.values_list("pk", flat=True))


@receiver(pre_delete, sender=SeatGroup, dispatch_uid="seats.timekeeping.group")
def group_goes(instance: SeatGroup, **more: Any) -> None:
    """Before a group is deleted, its seats' time so far is counted for it."""
    end_states(instance.seats.values_list("pk", flat=True))


@receiver(pre_delete, sender=Seat, dispatch_uid="seats.timekeeping.seat")
def seat_goes(instance: Seat, **more: Any) -> None:
    """Before a seat is deleted, its time so far is counted."""
    end_states([instance.pk])


@transaction.atomic
def end_states(seats: Iterable[int]) -> None:
    """Write down what these seats have been until now; each goes on as what it is."""
    now = clock.now()
    for seat in Seat.objects.select_for_update().filter(pk__in=list(seats)).exclude(state_at=None):
        assert seat.state_at is not None
        presence_fact(seat, state_of(seat.online, seat.availability), seat.state_at, now).save()
        Seat.objects.filter(pk=seat.pk).update(state_at=now)
