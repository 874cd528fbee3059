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
from bridge.base.prepared import Given, Select
from bridge.conversation.changes import Change
from bridge.models import Conversation, Message
from seats.actors import Actor
from seats.desk import feed
from seats.models import Assignment, QueueEntry, TransferOffer

Status = Conversation.Status
# What a desk gets for which one of its lists has changed, and that is all it may know.
LISTS_CHANGED = {"id": 0, "moved": True, "left": False, "tabs": [], "row": "", "bubbles": []}
# What every change asks of the database, prepared: the ORM took 20 ms of the processor's time for these, each time.
_THESE: list[Any] = [Given("conversations")]
_OF_THESE = {"conversation__pk__in": _THESE}
_ROWS = Select(feed.with_extras(Conversation.objects.select_related("customer__account").filter(pk__in=_THESE)))
_SAID = Select(Message.objects.filter(pk__in=[Given("messages")]).order_by("pk"))
_WHOSE = ("conversation", "seat", "active_for", "ended")
_HAD = Select(Assignment.objects.filter(**_OF_THESE).order_by("pk").values_list(*_WHOSE))
_QUEUES = Select(QueueEntry.objects.filter(**_OF_THESE).order_by().values_list("conversation", "group__slug"))
_OFFERED = Select(TransferOffer.objects.filter(**_OF_THESE).order_by().values_list("conversation", "seat"))


@dataclass(frozen=True)
class News:
    """One changed conversation: where it stands, and in each language its row on the list and its new bubbles.

    `seat` has it, `closer` had it until it was closed, to `offered` it is offered; 0 where there is none. `queues` are the
    groups for which it waits besides its own.
    """

    id: int
    group: str
    status: str
    seat: int
    had: frozenset[int]
    watchers: frozenset[int]
    closer: int
    queues: frozenset[str]
    offered: int
    moved: bool
    shown: dict[str, dict[str, Any]]
    messages: tuple[int, ...] = ()

    def tabs(self, actor: Actor) -> list[str] | None:
        """Return the tabs of the actor's desk that it stands on; None where the actor may not see it.

        The same as `Actor.conversations` and `feed.listed` say by query.
        """
        if not self._whole(actor) and not self._gave_away(actor):
            return None
        if self.status == Status.CLOSED:
            return ["closed"]
        mine = actor.agent.id in {self.seat, *self.watchers} - {0}
        queue = self.status == Status.QUEUED
        return [name for name, there in (("mine", mine), ("queue", queue), ("all", True)) if there]

    def _whole(self, actor: Actor) -> bool:
        """Tell whether the actor may see all that is said in it now."""
        me, roles = actor.agent.id, actor.roles
        if roles.oversees(self.group) or me == self.seat != 0:
            return True
        waits = self.status == Status.QUEUED and roles.serves & {self.group, *self.queues}
        of_group = roles.serves or roles.supervises
        return bool(waits or (of_group and me in {self.offered, self.closer} - {0}))

    def _gave_away(self, actor: Actor) -> bool:
        return actor.agent.id in self.had and bool(actor.roles.serves or actor.roles.supervises)

    def to(self, actor: Actor, language: str) -> dict[str, Any] | None:
        """Return what the actor's desk gets; None where it is no business of theirs.

        Whose it is no longer (`left`), or for whose group it waited until another seat took it, hears that a list has
        changed, and not which conversation it was: what is said in it now is not theirs to see.
        """
        if self._whole(actor):
            offered, tabs = bool(self.offered) and self.offered == actor.agent.id, self.tabs(actor)
            return {"id": self.id, "moved": self.moved, "tabs": tabs, "offered": offered, **self.shown[language]}
        left = self._gave_away(actor)
        changed = self.moved and (self.group in actor.roles.serves or left)
        return {**LISTS_CHANGED, "left": left} if changed else None

    def ids(self, actor: Actor) -> dict[str, Any] | None:
        """Return what the actor's program gets: as a desk, but ids alone, by which it reads the API."""
        whole, left = self._whole(actor), self._gave_away(actor)
        if not whole and not (self.moved and (self.group in actor.roles.serves or left)):
            return None
        offered = bool(self.offered) and self.offered == actor.agent.id
        return {
            "conversation": self.id if whole else None,
            "messages": list(self.messages) if whole else [],
            "moved": self.moved,
            "offered": whole and offered,
        }


def compose(changes: list[Change], languages: Iterable[str]) -> list[News]:
    """Return the news of the changed conversations, in the changes' order, drawn in each of the languages; "" is not drawn."""
    if not changes:
        return []
    numbers = [change.conversation for change in changes]
    found = {row.pk: row for row in feed.with_served(_ROWS.all(conversations=numbers))}
    said = [number for change in changes for number in change.messages]
    logged = _SAID.all(messages=said) if said else []
    drawn = {language: _drawn(list(found.values()), logged, language) for language in languages if language}
    had, seats, closers = _had(numbers)
    queues = _queues(numbers)
    offered = dict(_OFFERED.rows(conversations=numbers))
    news = []
    for change in changes:
        if row := found.get(change.conversation):
            shown = {language: of_all[row.pk] for language, of_all in drawn.items()}
            watchers = frozenset(one.agent.id for one in watchers_of(row))
            closer = closers.get(row.pk, 0) if row.status == Status.CLOSED else 0
            ends = (frozenset(had[row.pk]), watchers, closer, frozenset(queues[row.pk]))
            where = (row.pk, row.group, row.status, seats.get(row.pk, 0), *ends)
            news.append(News(*where, offered=offered.get(row.pk, 0), moved=change.moved, shown=shown,
                             messages=change.messages))  # fmt: skip
    return news


def _had(numbers: list[int]) -> tuple[dict[int, set[int]], dict[int, int], dict[int, int]]:
    """Return the seats that have or had each conversation, the one that has it, and the one that had it to its end."""
    had: dict[int, set[int]] = defaultdict(set)
    seats, closers = {}, {}
    for number, seat, active, ended in _HAD.rows(conversations=numbers):
        had[number].add(seat)
        closers[number] = seat if ended == "ended" else 0
        if active:
            seats[number] = seat
    return had, seats, closers


def _queues(numbers: list[int]) -> dict[int, set[str]]:
    """Return the groups for which each conversation waits."""
    found: dict[int, set[str]] = defaultdict(set)
    for number, group in _QUEUES.rows(conversations=numbers):
        found[number].add(group)
    return found


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
