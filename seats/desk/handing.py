"""Handing on: what is offered to a seat, and to whom a conversation can be given now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bridge.conversation.preview import in_short
from bridge.models import Conversation, Message
from seats.actors import Actor
from seats.models import Seat, SeatGroup, TransferOffer
from seats.routing.assignment import seats_of
from seats.routing.opening import Hours

LINES = 2


@dataclass(frozen=True)
class Offer:
    """A conversation that is offered to a seat: by whom, why, for how many seconds, and what its customer said last."""

    conversation: Conversation
    sender: str
    note: str
    lines: list[str]
    expires_at: datetime
    seconds: int

    @property
    def conversation_id(self) -> int:
        """Return the conversation's number."""
        return self.conversation.pk


def offers(actor: Actor, now: datetime) -> list[Offer]:
    """Return what is offered to the actor and not over yet, the oldest first."""
    rows = TransferOffer.objects.select_related("conversation__customer__account")
    found = list(rows.filter(seat=actor.agent.id, expires_at__gt=now).order_by("pk"))
    senders = {
        seat.pk: seat for seat in Seat.objects.select_related("user").filter(pk__in=[one.sender_id for one in found])
    }
    groups = {one.slug: one for one in SeatGroup.objects.filter(slug__in=[row.conversation.group for row in found])}
    made = []
    for row in found:
        group, sender = groups.get(row.conversation.group), senders.get(row.sender_id)
        row.conversation.group_name = group.name if group else ""  # type: ignore[attr-defined]
        name = sender.as_agent().name if sender else ""
        seconds = group.offer_seconds if group else 60
        made.append(Offer(row.conversation, name, row.note, _lines(actor, row.conversation), row.expires_at, seconds))
    return made


def _lines(actor: Actor, conversation: Conversation) -> list[str]:
    theirs = actor.still_reads(conversation.messages.filter(side=Message.Side.CUSTOMER).order_by("-pk")[:LINES])
    return [in_short(one.content["type"], one.preview) for one in reversed(theirs)]


@dataclass(frozen=True)
class Target:
    """A seat or group to which a conversation can be handed; `why_not` says why it cannot get it now."""

    value: str
    name: str
    about: str
    room: str = ""
    why_not: str = ""
    seat: bool = False
    number: int = 0
    presence: str = ""


def targets(actor: Actor, conversation: Conversation, now: datetime) -> list[Target]:
    """Return the seats and groups, those that can get it first; the seat that has it is left out."""
    has = seats_of([conversation]).get(conversation.pk)
    seats = actor.colleagues().exclude(pk=has.pk if has else 0).prefetch_related("groups")
    mine = has is not None and has.pk == actor.agent.id
    found = [_seat(seat, asked=not mine) for seat in seats] + _groups(conversation, now)
    return sorted(found, key=lambda one: bool(one.why_not))


def anybody(actor: Actor, now: datetime) -> list[Target]:
    """Return all seats and groups to whom a supervisor can give conversations, those that can get them first."""
    seats = Seat.objects.filter(user__is_active=True).select_related("user").prefetch_related("groups")
    found = [_seat(seat, asked=True) for seat in seats] + _groups(None, now)
    return sorted(found, key=lambda one: bool(one.why_not))


def _seat(seat: Seat, *, asked: bool) -> Target:
    """`asked`: a supervisor gives it, who may give it to a seat that takes no new ones of itself."""
    why_not = ""
    if seat.presence == "offline":
        why_not = _("offline")
    elif seat.load >= seat.capacity:
        why_not = _("full, %(load)d / %(capacity)d") % {"load": seat.load, "capacity": seat.capacity}
    elif seat.presence != "open" and not asked:
        why_not = str(seat.get_availability_display())
    about = " · ".join(group.name for group in seat.groups.all())
    room = f"{seat.load} / {seat.capacity}"
    agent = seat.as_agent()
    return Target(seat.im_user_id, agent.name, about, room, why_not, seat=True, number=seat.pk, presence=seat.presence)


def _groups(conversation: Conversation | None, now: datetime) -> list[Target]:
    there = Q(seats__online=True, seats__user__is_active=True) & ~Q(seats__availability=Seat.Availability.OFFLINE)
    free = there & Q(seats__availability=Seat.Availability.OPEN, seats__load__lt=F("seats__capacity"))
    rows = SeatGroup.objects.annotate(
        there=Count("seats", filter=there),
        free=Sum(F("seats__capacity") - F("seats__load"), filter=free),
    )
    waiting: dict[int, int] = dict(SeatGroup.objects.annotate(n=Count("queue")).values_list("pk", "n"))
    return [_group(row, waiting.get(row.pk, 0), conversation, now) for row in rows]


def _group(group: Any, waiting: int, conversation: Conversation | None, now: datetime) -> Target:
    hours = Hours.of(conversation.customer.account_id if conversation else None, group)
    why_not, about = "", _("%(there)d online, %(waiting)d waiting") % {"there": group.there, "waiting": waiting}
    if not hours.is_open(now):
        opens = hours.opens(now)
        why_not = _("closed now")
        about = _("opens %s") % f"{opens:%m-%d %H:%M}" if opens else about
    free = group.free or 0
    room = ngettext("%d place free", "%d places free", free) % free if free else _("the customer waits in line")
    return Target(group.slug, group.name, about, room, why_not)
