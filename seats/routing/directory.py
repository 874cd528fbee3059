"""Tells the bridge who is an agent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from bridge.base.prepared import Given, Select
from bridge.values.agents import Agent, Roles
from seats.models import Assignment, Seat, SeatGroup
from seats.routing.opening import Hours, has_hours

OVERSEE = "seats.oversee"
# Asked at every message: a few columns are read and made into an answer in a third of the time of two whole rows.
_NAMES = tuple(f"seat__user__{name}" for name in ("first_name", "last_name", "username", "is_active"))
_CONVERSATIONS: list[Any] = [Given("conversations")]
_ASSIGNED = Select(
    Assignment.objects.filter(active_for__pk__in=_CONVERSATIONS).values_list(
        "active_for", "seat", "seat__im_user_id", *_NAMES
    )
)


class SeatDirectory:
    """The directory of agents, out of the seats' tables."""

    def find(self, im_id: str) -> Agent | None:
        """Return the seat with this IM account; None where there is none or its user is not active."""
        seat = Seat.objects.select_related("user").filter(im_user_id=im_id, user__is_active=True).first()
        return seat.as_agent() if seat else None

    def assigned(self, conversation_id: int) -> Agent | None:
        """Return the seat that has this conversation."""
        return self.assigned_of([conversation_id])[conversation_id]

    def assigned_of(self, conversations: Sequence[int]) -> dict[int, Agent | None]:
        """Return which seat has each of these conversations, None for none."""
        found: dict[int, Agent | None] = dict.fromkeys(conversations)
        rows = _ASSIGNED.rows(conversations=conversations) if conversations else []
        for number, pk, im_id, first, last, username, active in rows:
            found[number] = Agent(pk, f"{first} {last}".strip() or username, im_id, active)
        return found

    def last_assigned(self, conversation_id: int) -> Agent | None:
        """Return the seat that has or had this conversation last."""
        last = Assignment.objects.filter(conversation=conversation_id).select_related("seat__user").order_by("-pk")
        found = last.first()
        return found.seat.as_agent() if found else None

    def last_of(self, conversations: Iterable[int]) -> Mapping[int, Agent]:
        """Return the seat that has or had each of these conversations last."""
        rows = Assignment.objects.filter(conversation__in=conversations).select_related("seat__user").order_by("pk")
        return {one.conversation_id: one.seat.as_agent() for one in rows}

    def conversations_of(self, agent_id: int) -> Iterable[int]:
        """Return the numbers of the conversations that the seat has or had, as a query for use in another one."""
        return Assignment.objects.filter(seat=agent_id).values_list("conversation", flat=True)

    def everybody(self) -> list[Agent]:
        """Return all seats by name."""
        agents = [seat.as_agent() for seat in Seat.objects.select_related("user")]
        return sorted(agents, key=lambda one: one.name)

    def roles(self, agent_id: int) -> Roles:
        """Return what the seat may do; `site` with the permission to oversee every group."""
        seat = Seat.objects.select_related("user").filter(pk=agent_id, user__is_active=True).first()
        if seat is None:
            return Roles()
        serves = frozenset(seat.groups.values_list("slug", flat=True))
        supervises = frozenset(SeatGroup.objects.filter(supervisors=seat).values_list("slug", flat=True))
        return Roles(serves, supervises, site=seat.user.has_perm(OVERSEE))

    def groups(self) -> list[tuple[str, str]]:
        """Return slug and name of each group."""
        return list(SeatGroup.objects.values_list("slug", "name"))

    def staff(self, group: str) -> int | None:
        """Return how many seats of the group have a user who may work here; None where there is no such group."""
        found = SeatGroup.objects.filter(slug=group).annotate(staff=Count("seats", Q(seats__user__is_active=True)))
        return found.values_list("staff", flat=True).first()

    def supervisors(self, group: str) -> list[Agent]:
        """Return the active seats that supervise the group with this slug."""
        seats = Seat.objects.select_related("user").filter(supervises__slug=group, user__is_active=True)
        return [seat.as_agent() for seat in seats]

    def working_seconds(self, account_id: int | None, group: str, start: datetime, end: datetime) -> float:
        """Return how many of the seconds from `start` to `end` lie within the working hours of account and group.

        Of a group that was deleted only the account's count.
        """
        if not has_hours():
            return (end - start).total_seconds()
        found = SeatGroup.objects.filter(slug=group).first()
        return Hours.of(account_id, found).seconds(start, end)
