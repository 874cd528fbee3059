"""What the desks are sent of changed conversations: made once for all, then cut to what each may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from bridge.apply.load import watchers_of
from bridge.base import clock
from bridge.conversation.changes import Change
from bridge.models import Conversation, Message
from seats.actors import Actor
from seats.desk import feed
from seats.models import Assignment, TransferOffer

Status = Conversation.Status


@dataclass(frozen=True)
class News:
    """One changed conversation: where it stands, and in each language its row on the list and its new bubbles.

    `seat` has it, to `offered` it is offered; 0 where there is none.
    """

    id: int
    group: str
    status: str
    seat: int
    had: frozenset[int]
    watchers: frozenset[int]
    offered: int
    moved: bool
    shown: dict[str, dict[str, Any]]

    def tabs(self, actor: Actor) -> list[str] | None:
        """Return the tabs of the actor's desk that it stands on; None where the actor may not see it.

        The same as `Actor.conversations` and `feed.listed` say by query.
        """
        waits_for_me = self.status == Status.QUEUED and self.group in actor.roles.serves
        to_me = self.offered and self.offered == actor.agent.id
        if not (actor.roles.oversees(self.group) or actor.agent.id in self.had or waits_for_me or to_me):
            return None
        if self.status == Status.CLOSED:
            return ["closed"]
        mine = actor.agent.id in {self.seat, *self.watchers} - {0}
        queue = self.status == Status.QUEUED
        return [name for name, there in (("mine", mine), ("queue", queue), ("all", True)) if there]

    def to(self, actor: Actor, language: str) -> dict[str, Any] | None:
        """Return what the actor's desk gets; None where it is no business of theirs."""
        tabs = self.tabs(actor)
        if tabs is not None:
            offered = bool(self.offered) and self.offered == actor.agent.id
            return {"id": self.id, "moved": self.moved, "tabs": tabs, "offered": offered, **self.shown[language]}
        # It may have waited there for them, until another seat took it.
        left = self.moved and self.group in actor.roles.serves
        return {"id": self.id, "moved": True, "tabs": [], "row": "", "bubbles": []} if left else None


def compose(changes: list[Change], languages: Iterable[str]) -> list[News]:
    """Return the news of the changed conversations, in the changes' order, in each of the languages."""
    numbers = [change.conversation for change in changes]
    rows = Conversation.objects.select_related("customer__account").filter(pk__in=numbers)
    found = {row.pk: row for row in feed.with_served(list(feed.with_extras(rows)))}
    messages = Message.objects.filter(pk__in=[number for change in changes for number in change.messages])
    logged = list(messages.order_by("pk"))
    drawn = {language: _drawn(list(found.values()), logged, language) for language in languages}
    had, seats = _had(numbers)
    offered = dict(TransferOffer.objects.filter(conversation__in=numbers).values_list("conversation", "seat"))
    news = []
    for change in changes:
        if row := found.get(change.conversation):
            shown = {language: of_all[row.pk] for language, of_all in drawn.items()}
            watchers = frozenset(one.agent.id for one in watchers_of(row))
            where = (row.pk, row.group, row.status, seats.get(row.pk, 0), frozenset(had[row.pk]), watchers)
            news.append(News(*where, offered=offered.get(row.pk, 0), moved=change.moved, shown=shown))
    return news


def _had(numbers: list[int]) -> tuple[dict[int, set[int]], dict[int, int]]:
    """Return the seats that have or had each conversation, and the one that has it."""
    had: dict[int, set[int]] = defaultdict(set)
    seats = {}
    rows = Assignment.objects.filter(conversation__in=numbers).values_list("conversation", "seat", "active_for")
    for number, seat, active in rows:
        had[number].add(seat)
        if active:
            seats[number] = seat
    return had, seats


def _drawn(rows: list[Conversation], messages: list[Message], language: str) -> dict[int, dict[str, Any]]:
    """Return the row and the bubbles of each conversation, by its id."""
    with translation.override(language):
        drawn: dict[int, dict[str, Any]] = {}
        for row in rows:
            html = render_to_string("desk/row.html", {"one": row, "now": clock.now()})
            drawn[row.pk] = {"row": html, "bubbles": []}
        for message, bubble in zip(messages, feed.bubbles(messages), strict=True):
            if message.conversation_id in drawn:
                html = render_to_string("desk/bubble.html", {"bubble": bubble})
                drawn[message.conversation_id]["bubbles"].append(html)
    return drawn
