"""What the desk shows, as plain values: conversations on the list, messages with their deliveries, the customer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone

from bridge.apply.load import watchers_of
from bridge.base.prepared import Given, Select
from bridge.conversation import search
from bridge.conversation.preview import in_words, map_url
from bridge.conversation.transcript import author_words
from bridge.media import links, naming
from bridge.models import Conversation, Delivery, Media, Message
from bridge.values.content import Content
from bridge.values.windows import Window, window_of
from seats.actors import Actor
from seats.models import QueueEntry, SeatGroup
from seats.routing.assignment import last_seats_of
from seats.sight import UNTIL, said_in, tags_of, without_given_away, without_later

LISTED = 60
MOST_LISTED = 600
SHOWN = 60
MOST_DOTS = 10
EVER = datetime(9999, 1, 1, tzinfo=UTC)  # later than anything that was said
TABS = ("mine", "queue", "all", "closed")
Status = Conversation.Status
UNDELIVERED = (Delivery.State.FAILED, Delivery.State.UNKNOWN)
KEPT = (Delivery.State.HELD, Delivery.State.ASIDE)
ARRIVED = (Delivery.State.DONE, Delivery.State.JOINED)
ANSWERS = (Message.Side.SEAT, Message.Side.BOT)
_TO_CUSTOMER = Delivery.objects.filter(direction=Delivery.Direction.CUSTOMER)
_DELIVERIES = Select(_TO_CUSTOMER.filter(message__pk__in=[Given("messages")]).order_by("pk"))
_FILES = Select(Media.objects.filter(pk__in=[Given("files")], ready=True))


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to: a search, and the slugs of an account and a group, a tag, who waits for an answer."""

    search: str = ""
    account: str = ""
    group: str = ""
    tag: str = ""
    waits: bool = False

    def __bool__(self) -> bool:
        return self != Filters()

    def apply(self, rows: QuerySet[Conversation], enough: int) -> QuerySet[Conversation]:
        """Return those of the conversations that fit; of a search `enough` or more of them, if there are so many."""
        if self.account:
            rows = rows.filter(customer__account__slug=self.account)
        if self.group:
            rows = rows.filter(group=self.group)
        if self.tag or self.waits:
            rows = without_given_away(rows)
        if self.tag:
            rows = rows.filter(Q(tags__name=self.tag) | Q(customer__tags__name=self.tag)).distinct()
        if self.waits:
            rows = rows.filter(unanswered_since__isnull=False)
        return rows.filter(pk__in=search.found(rows, self.search, enough, UNTIL)) if self.search else rows


def listed(
    actor: Actor, tab: str, words: str = "", *, filters: Filters | None = None, start: int = 0, count: int = LISTED
) -> list[Conversation]:
    """Return `count` conversations of a tab from the one at `start`, in the tab's order.

    Own ones: who waits longest for an answer first, then what was not delivered, then the newest. The queue: as its
    customers will be served. Closed ones: newest first.
    """
    asked = filters or Filters(words)
    rows = asked.apply(_of_tab(actor.conversations(), actor, tab), start + count)
    rows = _in_order(with_extras(rows), tab)[start : start + count]
    return with_served([without_later(one) for one in rows])


def with_extras(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Return the conversations with what their rows show besides.

    The last thing said as `last_text`, its kind as `last_type` and who said it as `last_side`; how much of it is `unread`;
    whether a reply since the last that arrived is `undelivered` or `kept`; the group's `group_name` and `goal`, the
    seconds within which its customers should have an answer; in the queue `rank`, when they `arrived`, and `entry`, the id
    of the entry there. These three are the queue's order.
    """
    return _with_place(_with_words(rows))


def _with_words(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    of_it = _talk().filter(conversation=OuterRef("pk"))
    if UNTIL in rows.query.annotations:
        of_it = of_it.filter(created_at__lte=Coalesce(OuterRef(UNTIL), Value(EVER)))
    theirs = of_it.filter(side=Message.Side.CUSTOMER, pk__gt=OuterRef("read_to")).order_by().values("conversation")
    unread = Subquery(theirs.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    last = of_it.order_by("-pk")
    return rows.annotate(
        last_text=Subquery(last.values("preview")[:1]),
        last_type=Subquery(last.values(kind=KT("content__type"))[:1]),
        last_side=Subquery(last.values("side")[:1]),
        unread=Coalesce(unread, 0),
        undelivered=_owed(*UNDELIVERED),
        kept=_owed(*KEPT),
    )


def _with_place(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    group = SeatGroup.objects.filter(slug=OuterRef("group"))
    entry = QueueEntry.objects.filter(conversation=OuterRef("pk")).order_by("overflowed", "pk")
    return rows.annotate(
        group_name=Subquery(group.values("name")[:1]),
        goal=Subquery(group.values("remind_seat_seconds")[:1]),
        rank=Subquery(entry.values("rank")[:1]),
        arrived=Subquery(entry.values("enqueued_at")[:1]),
        entry=Subquery(entry.values("pk")[:1]),
    )


def _owed(*states: str) -> Exists:
    """Tell whether a message to the customer is in one of the states, and nothing later has arrived."""
    to_them = Delivery.objects.filter(direction=Delivery.Direction.CUSTOMER, message__side__in=ANSWERS)
    later = to_them.filter(conversation=OuterRef("conversation"), state__in=ARRIVED, pk__gt=OuterRef("pk"))
    owed = to_them.filter(conversation=OuterRef("pk"), state__in=states)
    return Exists(owed.filter(~Exists(later)))


def _of_tab(rows: QuerySet[Conversation], actor: Actor, tab: str) -> QuerySet[Conversation]:
    if tab == "queue":
        return rows.filter(status=Status.QUEUED)
    if tab == "closed":
        return rows.filter(status=Status.CLOSED)
    still_open = rows.exclude(status=Status.CLOSED)
    if tab == "all":
        return still_open
    # Few are watched at all: only those are looked through.
    watched = [row.pk for row in still_open.exclude(watchers=[]) if watches(actor, row)]
    return still_open.filter(Q(assignment__seat=actor.agent.id) | Q(pk__in=watched))


def _in_order(rows: QuerySet[Conversation], tab: str) -> QuerySet[Conversation]:
    if tab == "queue":
        return rows.order_by(F("rank").asc(nulls_last=True), F("arrived").asc(), F("entry").asc(), "pk")
    if tab == "closed":
        return rows.order_by("-closed_at", "-pk")
    arrived = Case(When(undelivered=True, then=0), default=1)
    return rows.order_by(F("unanswered_since").asc(nulls_last=True), arrived, "-last_message_at", "-pk")


def counts(actor: Actor) -> dict[str, int]:
    """Return how many conversations stand on each tab but the closed ones'."""
    return {tab: _of_tab(actor.conversations(), actor, tab).count() for tab in ("mine", "queue", "all")}


def watches(actor: Actor, conversation: Conversation, *, speaks: bool = False) -> bool:
    """Tell whether the actor reads the conversation along; with `speaks`, whether they write along."""
    own = [one for one in watchers_of(conversation) if one.agent.id == actor.agent.id]
    return any(one.speaks or not speaks for one in own)


def _talk() -> QuerySet[Message]:
    return Message.objects.exclude(side__in=(Message.Side.SYSTEM, Message.Side.NOTE))


@dataclass(frozen=True)
class Bubble:
    """One message as it is shown. `state` and `reason` are those of its way to the customer, for what was written to them."""

    id: int
    side: str
    author: str
    at: datetime
    day: date
    type: str
    words: str
    content: dict[str, Any]
    url: str = ""
    name: str = ""
    map: str = ""
    state: str = ""
    state_name: str = ""
    reason: str = ""
    code: str = ""

    @property
    def undelivered(self) -> bool:
        """Tell whether it did not reach the customer, or nobody knows."""
        return self.state in UNDELIVERED

    @property
    def waits(self) -> bool:
        """Tell whether it is held back for now."""
        return self.state in KEPT


@dataclass
class Chat:
    """A piece of a conversation's log, oldest first; `token` changes with everything that is shown of it."""

    bubbles: list[Bubble] = field(default_factory=list)
    more: bool = False
    token: str = ""


def chat(actor: Actor, conversation: Conversation, *, before: int = 0) -> Chat:
    """Return the last messages, or those before the one with the id `before`."""
    rows = said_in(conversation).order_by("-pk")
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SHOWN + 1])
    shown = bubbles(list(reversed(actor.still_reads(found[:SHOWN]))))
    return Chat(shown, more=len(found) > SHOWN, token=_token(conversation, shown))


def bubbles(messages: list[Message]) -> list[Bubble]:
    """Return the messages as they are shown, with their files and what became of them."""
    deliveries, files = _deliveries(messages), _files(messages)
    return [_bubble(one, deliveries.get(one.pk), files) for one in messages]


def _token(conversation: Conversation, bubbles: Iterable[Bubble]) -> str:
    seen = [(one.id, one.state, one.reason) for one in bubbles]
    return hashlib.sha256(repr((conversation.status, seen)).encode()).hexdigest()[:16]


def _deliveries(messages: list[Message]) -> dict[int, Delivery]:
    """Return the last delivery to the customer of each message."""
    rows = _DELIVERIES.all(messages=[one.pk for one in messages]) if messages else []
    return {row.message_id: row for row in rows if row.message_id}


def _files(messages: list[Message]) -> dict[int, Media]:
    wanted = {one.content.get("media") for one in messages} - {None, 0}
    return {media.pk: media for media in (_FILES.all(files=wanted) if wanted else [])}


def _bubble(message: Message, delivery: Delivery | None, files: dict[int, Media]) -> Bubble:
    content = Content.from_json(message.content)
    media = files.get(message.content.get("media") or 0)
    kind = message.content["type"]
    own_url = str(message.content.get("url") or "")
    name = naming.name_of(content, media, message.created_at) if media else getattr(content, "name", "")
    return Bubble(
        id=message.pk,
        side=message.side,
        author=author_words(message) if message.side != Message.Side.CUSTOMER else message.author,
        at=message.created_at,
        day=timezone.localdate(message.created_at),
        type=kind,
        words=in_words(content),
        content=message.content,
        url=links.url(media, name) if media else own_url if own_url.startswith(("https://", "http://")) else "",
        name=name,
        map=map_url(content) if kind == "Location" else "",  # type: ignore[arg-type]
        state=delivery.state if delivery else "",
        state_name=delivery.get_state_display() if delivery else "",
        reason=delivery.reason if delivery else "",
        code=delivery.code if delivery else "",
    )


@dataclass(frozen=True)
class Card:
    """The customer beside the chat."""

    conversation: Conversation
    left: int | None
    until: datetime | None
    refusal: str
    tags: list[str]
    topics: list[str]
    former: list[Conversation]
    elsewhere: list[str]
    seat: str
    notes: list[Message]
    may_write: bool
    dots: list[bool]


def card(actor: Actor, conversation: Conversation, now: datetime) -> Card:
    """Return what the right pane shows."""
    customer = conversation.customer
    window = window_of(customer)
    seen = actor.conversations().filter(customer=customer).exclude(pk=conversation.pk).order_by("-pk")
    former = [without_later(one) for one in seen[:10]]
    last = last_seats_of([conversation]).get(conversation.pk)
    topics, tags = tags_of(conversation)
    return Card(
        conversation=conversation,
        left=window.left,
        until=window.until,
        refusal=window.refusal(now),
        tags=tags,
        topics=topics,
        former=former,
        elsewhere=[other.im_nick for other in customer.same_person()],
        seat=last.as_agent().name if last and conversation.status in (Status.ASSIGNED, Status.CLOSED) else "",
        notes=actor.still_reads(said_in(conversation, *former).filter(side=Message.Side.NOTE).order_by("-pk")[:10]),
        may_write=(last is not None and last.pk == actor.agent.id) or actor.roles.oversees(conversation.group),
        dots=_dots(window),
    )


def _dots(window: Window) -> list[bool]:
    """Return one mark for each message that WeChat allows, true where it is left; none where they cannot be counted."""
    if window.left is None or not window.limit or window.limit > MOST_DOTS:
        return []
    return [number < window.left for number in range(window.limit)]


def with_served(rows: list[Conversation]) -> list[Conversation]:
    """Return the conversations, the closed ones with the name of the seat that had them last as `served`."""
    seats = last_seats_of([row for row in rows if row.status == Status.CLOSED])
    for row in rows:
        row.served = seats[row.pk].as_agent().name if row.pk in seats else ""  # type: ignore[attr-defined]
    return rows
