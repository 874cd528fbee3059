"""The user who asks, and what they may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from bridge.models import Conversation, Message
from bridge.values.agents import Agent, Author, Roles, directory
from seats import sight
from seats.models import Seat, SeatGroup
from seats.routing.directory import OVERSEE


@dataclass(frozen=True)
class Actor:
    """A user of the API: a seat, or somebody without one who oversees every group."""

    agent: Agent
    seat: Seat | None
    roles: Roles
    user: int = 0

    @classmethod
    def of(cls, user: Any) -> Actor | None:
        """Return the actor that this user is; None for one who may do nothing here."""
        seat = Seat.objects.select_related("user").filter(user=user.pk, user__is_active=True).first()
        if seat:
            return cls(seat.as_agent(), seat, directory().roles(seat.pk), user.pk)
        if user.has_perm(OVERSEE):
            return cls(Agent(0, user.get_full_name() or user.get_username(), ""), None, Roles(site=True), user.pk)
        return None

    def kept(self) -> Actor:
        """Return the actor without the rows of the database, for whoever keeps it while a desk listens."""
        return replace(self, seat=None)

    @property
    def author(self) -> Author:
        """The actor as the author of an event; they read its answer here, not on IM."""
        return Author(self.agent, self.roles.site, quiet=True, language=get_language() or "")

    def conversations(self) -> QuerySet[Conversation]:
        """Return the conversations that the actor may see, each with `seen_until`: see `seats.sight`."""
        rows = Conversation.objects.select_related("customer__account")
        return sight.of_seat(rows, self.agent.id, self.roles)

    def still_reads(self, messages: Iterable[Message]) -> list[Message]:
        """Return those of the messages, which were read just now, that the actor may see: see `seats.sight`."""
        return list(messages) if self.roles.site else sight.still_readable(messages, self.conversations())

    def overseen(self) -> QuerySet[SeatGroup]:
        """Return the groups that the actor oversees."""
        return SeatGroup.objects.all() if self.roles.site else SeatGroup.objects.filter(slug__in=self.roles.supervises)

    def colleagues(self) -> QuerySet[Seat]:
        """Return the seats of the actor's groups: to whom a conversation can be transferred."""
        seats = Seat.objects.filter(user__is_active=True).select_related("user")
        return seats if self.roles.site else seats.filter(groups__in=self.groups()).distinct()

    def groups(self) -> QuerySet[SeatGroup]:
        """Return the groups that the actor serves in or supervises."""
        if self.roles.site:
            return SeatGroup.objects.all()
        return SeatGroup.objects.filter(slug__in=self.roles.serves | self.roles.supervises)


def actor_of(request: Request) -> Actor:
    """Return who is asking; the permission below has made sure that there is one."""
    actor = Actor.of(request.user)
    assert actor is not None
    return actor


class IsActor(BasePermission):
    """Seats, and those who oversee."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated and Actor.of(request.user))


def may_use(user: Any) -> bool:
    """Tell whether there is anything on the API for this user: a seat, an overseer, or somebody with a role."""
    return bool(user.is_active and (user.is_staff or Actor.of(user)))


class IsActorOrStaff(BasePermission):
    """Whoever may use any part of the API."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated and may_use(request.user))
