"""What happened, seen from outside: the raw rows after each event, compared with those before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bridge.models import Conversation, Customer, Delivery, Message, Source
from seats.models import Assignment, QueueEntry, Seat
from tests.analytics.oracle import hours

WINDOWS = {"45047": "refused_count", "45015": "refused_time"}  # WeChat's codes


@dataclass(frozen=True)
class Happening:
    """One thing that happened: its name, when, to whom it counts, and how long it had taken."""

    name: str
    at: datetime
    account: int
    group: str
    seat: int = 0
    seconds: float | None = None
    working: float = 0.0  # of these, within working hours
    value: Any = None
    conversation: int = 0


@dataclass(frozen=True)
class Span:
    """Something that went on: a wait (account, group), a seat's part in a conversation, a seat's presence (groups)."""

    name: str
    start: datetime
    end: datetime
    account: int = 0
    group: str = ""
    seat: int = 0
    state: str = ""
    groups: frozenset[str] = frozenset()


@dataclass
class Talk:
    """One conversation as it was seen last."""

    number: int
    account: int
    group: str
    status: str
    opened_at: datetime
    reopened: int
    score: int | None
    surveyed: bool
    seat: int = 0
    last_seat: int = 0
    # The seat of before within this opening, where it has left the conversation, and whether by a transfer.
    left_by: int = 0
    transferred: bool = False
    asked: dict[int, datetime] = field(default_factory=dict)  # messages of the customer without an answer
    answered: bool = False
    waits_since: datetime | None = None
    waits_in: str = ""
    leaves: bool = False


@dataclass
class Truth:
    """All that happened so far."""

    happenings: list[Happening] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    talks: dict[int, Talk] = field(default_factory=dict)
    assigned: dict[int, tuple[int, datetime]] = field(default_factory=dict)  # by conversation: seat, since
    presence: dict[int, tuple[str, frozenset[str], datetime]] = field(default_factory=dict)
    last_message: int = 0
    deliveries: dict[int, str] = field(default_factory=dict)
    people: dict[int, tuple[bool | None, str]] = field(
        default_factory=dict
    )  # by customer: whether they follow, their way
    unknown: dict[int, int] = field(
        default_factory=dict
    )  # by customer: which happening is their following without a way
    # By openid, from the hand that plays: the code that they scan when they begin to follow, and what WeChat says when asked.
    scans: dict[str, str] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    now: datetime | None = None
    weeks: dict[tuple[int, str], list[list[str]]] = field(default_factory=dict)  # of this look

    def note(self, name: str, talk: Talk, seat: int = 0, **more: Any) -> None:
        assert self.now is not None
        self.happenings.append(
            Happening(name, self.now, talk.account, talk.group, seat, conversation=talk.number, **more)
        )

    def _working(self, talk: Talk, start: datetime, end: datetime) -> float:
        """Return the seconds within the hours that account and group have now."""
        key = (talk.account, talk.group)
        if key not in self.weeks:
            self.weeks[key] = hours.weeks_of(*key)
        return hours.seconds(self.weeks[key], start, end)

    def look(self, now: datetime) -> None:
        """Compare the rows with those of the last look; all that is new happened at `now`."""
        self.now, self.weeks = now, {}
        self._people()
        rows = Conversation.objects.select_related("customer").order_by("pk")
        current = {row.pk: row for row in rows}
        self._messages({pk for pk, row in current.items() if pk not in self.talks}, current)
        holders = {one.conversation_id: one for one in Assignment.objects.exclude(active_for=None)}
        entries: dict[int, list[QueueEntry]] = {}
        for entry in QueueEntry.objects.select_related("group").order_by("pk"):
            entries.setdefault(entry.conversation_id, []).append(entry)
        for pk, row in current.items():
            self._conversation(pk, row, holders.get(pk), entries.get(pk, []))
        self._seats()
        self._deliveries()

    # Conversations

    def _messages(self, new: set[int], current: dict[int, Conversation]) -> None:
        for pk in sorted(new):
            row = current[pk]
            before = any(talk_pk for talk_pk in self.talks if current[talk_pk].customer_id == row.customer_id)
            talk = Talk(pk, row.customer.account_id, self._first_group(row), "bot", row.opened_at, 0, None, False)
            self.talks[pk] = talk
            self.note("opened", talk, value=(before, row.source, self._way_of(row)))
        for pk, row in current.items():
            if row.reopened > self.talks[pk].reopened:
                talk = self.talks[pk]
                talk.reopened, talk.status, talk.left_by, talk.asked = row.reopened, "bot", 0, {}
                self.note("reopened", talk, talk.last_seat)
        for message in Message.objects.filter(pk__gt=self.last_message).order_by("pk"):
            self.last_message = message.pk
            self._message(message, self.talks[message.conversation_id])

    def _way_of(self, row: Conversation) -> str:
        """Return what a conversation counts for: the code that led to it, else how its customer began to follow."""
        if row.source in ("follow", "scan"):
            return self._code(row.customer.account_id, row.source_detail)
        return self.people[row.customer_id][1]

    @staticmethod
    def _code(account: int, scene: str) -> str:
        """A code that is none of the account's own sources counts with all others."""
        own = Source.objects.filter(account=account).values_list("scene", flat=True)
        return scene if scene in own else "(code)"

    def _people(self) -> None:
        """Who follows now and did not, or no longer does; and of whom it is known by now how they came."""
        assert self.now is not None
        for row in Customer.objects.order_by("pk"):
            follows, way = self.people.get(row.pk, (None, ""))
            if row.subscribed is not None and row.subscribed != follows:
                self.unknown.pop(row.pk, None)
                if row.subscribed:
                    scene = self.scans[row.openid]
                    way = self._code(row.account_id, scene) if scene else ""
                    self.unknown |= {} if way else {row.pk: len(self.happenings)}
                name = "followed" if row.subscribed else "unfollowed"
                self.happenings.append(Happening(name, self.now, row.account_id, "", value=way))
            elif row.pk in self.unknown and row.way_asked_since is None:
                place, way = self.unknown.pop(row.pk), self.says[row.openid]
                self.happenings[place] = replace(self.happenings[place], value=way)
            self.people[row.pk] = (row.subscribed, way)

    def _first_group(self, row: Conversation) -> str:
        return row.customer.account.group

    def _message(self, message: Message, talk: Talk) -> None:
        if message.side == "customer" and message.content["type"] != "Signal":
            assert self.now is not None
            talk.asked[message.pk] = self.now
            self.note("received", talk, talk.seat)
        elif message.side == "bot":
            talk.asked = {}
            self.note("bot_message", talk, talk.seat)
        elif message.side == "seat":
            self.note("answered", talk, message.seat_id or 0)

    def _since(self, moment: datetime | None) -> float | None:
        assert self.now is not None
        return None if moment is None else (self.now - moment).total_seconds()

    def _conversation(self, pk: int, row: Conversation, holder: Assignment | None, entries: list[QueueEntry]) -> None:
        talk = self.talks[pk]
        closes = row.status == "closed" and talk.status != "closed"
        seat = holder.seat_id if holder else 0
        if talk.seat and talk.seat != seat:
            self._released(pk, talk)
        waits, leaves = bool(entries), bool(entries) and all(entry.left for entry in entries)
        if talk.waits_since and (not waits or leaves or talk.waits_in != row.group):
            self._waited(talk, gone=closes, leaves=leaves, got=bool(seat))
        was_waiting, was_leaving = talk.waits_since, talk.leaves
        if row.surveyed_at and not talk.surveyed:
            talk.surveyed = True
            self.note("asked", talk, talk.last_seat)
        if closes:
            self._closed(talk, row)
        began, group, talk.group = talk.waits_since, talk.group, row.group
        if seat and talk.seat != seat:
            self._assigned(pk, talk, seat, began, group, leaving=was_leaving)
        if not waits or leaves:
            talk.waits_since = None
        elif was_waiting is None or talk.waits_in != row.group:
            assert self.now is not None
            talk.waits_since, talk.waits_in = self.now, row.group
            self.note("queued", talk)
        if leaves and not was_leaving:
            self.note("left", talk)
        talk.leaves = leaves
        if row.score and not talk.score:
            talk.score = row.score
            self.note("scored", talk, talk.last_seat, value=row.score)
        talk.status = row.status

    def _released(self, pk: int, talk: Talk) -> None:
        _seat, since = self.assigned.pop(pk)
        assert self.now is not None
        self.note("released", talk, talk.seat, seconds=(self.now - since).total_seconds())
        self.spans.append(Span("care", since, self.now, seat=talk.seat))
        ended = Assignment.objects.filter(conversation=pk, seat=talk.seat).latest("pk").ended
        talk.transferred = ended in ("transfer", "taken")
        if talk.transferred:
            self.note("transferred", talk, talk.seat)
        talk.left_by, talk.seat = talk.seat, 0

    def _waited(self, talk: Talk, *, gone: bool, leaves: bool, got: bool) -> None:
        assert talk.waits_since is not None
        assert self.now is not None
        self.spans.append(Span("wait", talk.waits_since, self.now, talk.account, talk.group))
        if not got and (gone or leaves):
            working = self._working(talk, talk.waits_since, self.now)
            self.note("given_up", talk, seconds=self._since(talk.waits_since), working=working)

    def _closed(self, talk: Talk, row: Conversation) -> None:
        assert self.now is not None
        waiting = bool(talk.waits_since)
        how = "served" if talk.last_seat else "abandoned" if waiting else "left" if talk.leaves else "bot"
        seconds = (self.now - talk.opened_at).total_seconds()
        working = self._working(talk, talk.opened_at, self.now)
        self.note("closed", talk, talk.last_seat, seconds=seconds, working=working, value=(how, row.source))
        talk.left_by = 0

    def _assigned(self, pk: int, talk: Talk, seat: int, began: datetime | None, group: str, *, leaving: bool) -> None:
        """The seat has it now: since `began` it was waited for, and before that it was `group`'s."""
        assert self.now is not None
        other = talk.left_by if talk.left_by != seat else 0
        goes_on = bool(talk.reopened) and talk.last_seat == seat
        seconds = self._since(began)
        if began is None and not (talk.left_by or leaving or goes_on):
            seconds = 0.0
        working = self._working(talk, began, self.now) if began else 0.0
        self.note("assigned", talk, seat, seconds=seconds, working=working)
        if other:
            self.note("taken_in", talk, seat)
            if not talk.transferred:
                self.happenings.append(Happening("transferred", self.now, talk.account, group, other, conversation=pk))
        talk.seat = talk.last_seat = seat
        talk.left_by = 0
        self.assigned[pk] = (seat, self.now)

    # Seats

    def _seats(self) -> None:
        assert self.now is not None
        groups_of: dict[int, set[str]] = {}
        for pk, slug in Seat.groups.through.objects.values_list("seat_id", "seatgroup__slug"):
            groups_of.setdefault(pk, set()).add(slug)
        seen = {}
        for pk, online, says, works in Seat.objects.values_list("pk", "online", "availability", "user__is_active"):
            seen[pk] = (says if online and works else "offline", frozenset(groups_of.get(pk, ())))
        for pk, (state, groups, since) in list(self.presence.items()):
            if seen.get(pk) != (state, groups):
                self.spans.append(Span("presence", since, self.now, seat=pk, state=state, groups=groups))
                del self.presence[pk]
        for pk, (state, groups) in seen.items():
            if pk not in self.presence and state != "offline":
                self.presence[pk] = (state, groups, self.now)

    # Deliveries

    def _deliveries(self) -> None:
        over = ("done", "failed", "unknown", "dropped", "joined")
        known = [pk for pk, state in self.deliveries.items() if state in over]
        rows = list(Delivery.objects.exclude(pk__in=known).select_related("message").order_by("pk"))
        held = {(row.lane, row.direction): row.pk for row in reversed(rows) if row.state == "held"}
        for row in rows:
            if row.state != self.deliveries.get(row.pk, ""):
                self.deliveries[row.pk] = row.state
                self._delivery(row, behind=held.get((row.lane, row.direction), row.pk) < row.pk)

    def _delivery(self, row: Delivery, *, behind: bool) -> None:
        """A delivery is in a new state; `behind`: it only stands behind one that is held."""
        assert self.now is not None
        talk = self.talks.get(row.conversation_id or 0) or Talk(
            0, row.account_id or 0, "", "", self.now, 0, None, False
        )
        by_seat = row.message is not None and row.message.side == "seat"
        seat = (row.message.seat_id or 0) if by_seat and row.message else talk.seat
        if row.state in ("failed", "unknown"):
            self.note("failed", talk, seat, value=row.code)
        if (row.state == "held" and not behind) or (row.state == "failed" and row.code in WINDOWS):
            self.note(WINDOWS[row.code], talk, seat)
        if row.state == "done" and row.direction == "customer" and by_seat:
            self._answer(row, talk, seat)

    def _answer(self, row: Delivery, talk: Talk, seat: int) -> None:
        """A seat's message has arrived, and those that went out with it: it answers what had been asked before it."""
        assert self.now is not None
        if asked := [at for number, at in talk.asked.items() if number < (row.message_id or 0)]:
            self.note("response", talk, seat, seconds=self._since(min(asked)))
            joined = Delivery.objects.filter(state="joined", reason=f"#{row.pk}").values_list("message", flat=True)
            last = max([row.message_id or 0, *(one or 0 for one in joined)])
            talk.asked = {number: at for number, at in talk.asked.items() if number > last}
        if not talk.answered:
            talk.answered = True
            working = self._working(talk, talk.opened_at, self.now)
            self.note("first_answer", talk, seat, seconds=self._since(talk.opened_at), working=working)

    # Reading

    def going_on(self, now: datetime) -> Iterator[Span]:
        """Yield what has begun and not ended, up to `now`."""
        for talk in self.talks.values():
            if talk.waits_since:
                yield Span("wait", talk.waits_since, now, talk.account, talk.group)
        for seat, since in self.assigned.values():
            yield Span("care", since, now, seat=seat)
        for pk, (state, groups, since) in self.presence.items():
            yield Span("presence", since, now, seat=pk, state=state, groups=groups)
