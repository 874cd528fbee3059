"""Who serves a conversation, or served it: a column, and a filter that finds the closed ones too."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bridge.models import Conversation
from bridge.values.agents import Agent, directory

SHOWING = (Conversation.Status.ASSIGNED, Conversation.Status.CLOSED)


def served_by(conversation: Conversation, agent: Agent | None) -> str:
    """Return the name of the seat that has the conversation, or had it when it was closed; `agent` had it last."""
    return agent.name if agent and conversation.status in SHOWING else "-"


class SeatColumn:
    """A column `seat` for conversations: the seats of a page are asked for at once."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)  # type: ignore[misc]
        seats = directory().last_of([row.pk for row in found.result_list])
        for row in found.result_list:
            row.last_seat = seats.get(row.pk)
        return found

    @admin.display(description=_("seat"))
    def seat(self, conversation: Conversation) -> str:
        if not hasattr(conversation, "last_seat"):
            conversation.last_seat = directory().last_assigned(conversation.pk)  # type: ignore[attr-defined]
        return served_by(conversation, conversation.last_seat)  # type: ignore[attr-defined]


class SeatFilter(admin.SimpleListFilter):
    """Conversations that a seat has or had, open and closed ones."""

    title = _("seat")
    parameter_name = "seat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(agent.id), agent.name) for agent in directory().everybody()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        number = int(value) if value.isdecimal() and len(value) < 18 else 0
        return queryset.filter(pk__in=directory().conversations_of(number))
