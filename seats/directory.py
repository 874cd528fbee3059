"""Tells the bridge who is an agent."""

from __future__ import annotations

from bridge.agents import Agent
from seats.models import Seat, SeatGroup


class SeatDirectory:
    """The directory of agents, out of the seats' tables."""

    def find(self, im_id: str) -> Agent | None:
        """Return the seat with this IM account; None where there is none or its user is not active."""
        seat = Seat.objects.select_related("user").filter(im_user_id=im_id, user__is_active=True).first()
        return seat.as_agent() if seat else None

    def assigned(self, conversation_id: int) -> Agent | None:
        """Return the seat that has this conversation."""
        seat = Seat.objects.select_related("user").filter(assignments__active_for=conversation_id).first()
        return seat.as_agent() if seat else None

    def groups(self) -> list[tuple[str, str]]:
        """Return slug and name of each group."""
        return list(SeatGroup.objects.values_list("slug", "name"))

    def supervisors(self, group: str) -> list[Agent]:
        """Return the active seats that supervise the group with this slug."""
        seats = Seat.objects.select_related("user").filter(supervises__slug=group, user__is_active=True)
        return [seat.as_agent() for seat in seats]
