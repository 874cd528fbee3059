"""What the desk shows, as plain values: conversations on the list, messages with their deliveries, the customer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone

from bridge.content import Content
from bridge.media import links, naming
from bridge.models import Conversation, Delivery, Media, Message
from bridge.preview import in_words, map_url
from bridge.state import watchers_of
from bridge.windows import window_of
from seats.api.actors import Actor
from seats.assignment import seats_of
from seats.models import Assignment

LISTED = 60
SHOWN = 60
ON_THE_FLOOR = 300
TABS = ("mine", "queue", "all", "closed")
Status = Conversation.Status


def listed(actor: Actor, tab: str, search: str) -> list[Conversation]:
    """Return the conversations of a tab: who waits longest for an answer first, closed ones newest first."""
    rows = _of_tab(actor.conversations(), actor, tab)
    if search:
        words = Q(customer__remark__icontains=search) | Q(customer__openid__endswith=search)
        rows = rows.filter(words | Q(pk=int(search) if search.isdecimal() and len(search) < 18 else 0))
    return list(with_extras(rows)[:LISTED])


def with_extras(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Return the conversations with the last thing said as `last_text` and its kind as `last_type`, and how much of it is `unread`."""
    of_it = _talk().filter(conversation=OuterRef("pk"))
    theirs = of_it.filter(side=Message.Side.CUSTOMER, pk__gt=OuterRef("read_to")).order_by().values("conversation")
    unread = Subquery(theirs.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    last = of_it.order_by("-pk")
    text, kind = Subquery(last.values("preview")[:1]), Subquery(last.values(kind=KT("content__type"))[:1])
    return rows.annotate(last_text=text, last_type=kind, unread=Coalesce(unread, 0))


def _of_tab(rows: QuerySet[Conversation], actor: Actor, tab: str) -> QuerySet[Conversation]:
    if tab == "queue":
        return rows.filter(status=Status.QUEUED).order_by("pk")
    if tab == "closed":
        return rows.filter(status=Status.CLOSED).order_by("-closed_at", "-pk")
    waits = F("unanswered_since").asc(nulls_last=True)
    still_open = rows.exclude(status=Status.CLOSED).order_by(waits, "-last_message_at", "-pk")
    if tab == "all":
        return still_open
    # Few are watched at all: only those are looked through.
    watched = [row.pk for row in still_open.exclude(watchers=[]) if watches(actor, row)]
    return still_open.filter(Q(assignment__seat=actor.agent.id) | Q(pk__in=watched))


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
    new_day: bool = False


@dataclass
class Chat:
    """A piece of a conversation's log, oldest first; `token` changes with everything that is shown of it."""

    bubbles: list[Bubble] = field(default_factory=list)
    more: bool = False
    token: str = ""


def chat(conversation: Conversation, *, before: int = 0) -> Chat:
    """Return the last messages, or those before the one with the id `before`."""
    rows = conversation.messages.order_by("-pk")
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SHOWN + 1])
    shown = bubbles(list(reversed(found[:SHOWN])))
    dated = [_dated(bubble, before_it) for bubble, before_it in zip(shown, [None, *shown], strict=False)]
    return Chat(dated, more=len(found) > SHOWN, token=_token(conversation, shown))


def bubbles(messages: list[Message]) -> list[Bubble]:
    """Return the messages as they are shown, with their files and what became of them."""
    deliveries, files = _deliveries(messages), _files(messages)
    return [_bubble(one, deliveries.get(one.pk), files) for one in messages]


def _token(conversation: Conversation, bubbles: Iterable[Bubble]) -> str:
    seen = [(one.id, one.state, one.reason) for one in bubbles]
    return hashlib.sha256(repr((conversation.status, seen)).encode()).hexdigest()[:16]


def _deliveries(messages: list[Message]) -> dict[int, Delivery]:
    """Return the last delivery to the customer of each message."""
    rows = Delivery.objects.filter(message__in=messages, direction=Delivery.Direction.CUSTOMER).order_by("pk")
    return {row.message_id: row for row in rows if row.message_id}


def _files(messages: list[Message]) -> dict[int, Media]:
    wanted = {one.content.get("media") for one in messages} - {None, 0}
    return {media.pk: media for media in Media.objects.filter(pk__in=wanted, ready=True)}


def _bubble(message: Message, delivery: Delivery | None, files: dict[int, Media]) -> Bubble:
    content = Content.from_json(message.content)
    media = files.get(message.content.get("media") or 0)
    kind = message.content["type"]
    own_url = str(message.content.get("url") or "")
    name = naming.name_of(content, media, message.created_at) if media else getattr(content, "name", "")
    return Bubble(
        id=message.pk,
        side=message.side,
        author=message.author,
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
    )


def _dated(bubble: Bubble, before: Bubble | None) -> Bubble:
    if before and before.day == bubble.day:
        return bubble
    return Bubble(**{**bubble.__dict__, "new_day": True})


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


def card(actor: Actor, conversation: Conversation, now: datetime) -> Card:
    """Return what the right pane shows."""
    customer = conversation.customer
    window = window_of(customer)
    former = list(actor.conversations().filter(customer=customer).exclude(pk=conversation.pk).order_by("-pk")[:10])
    notes = Message.objects.filter(conversation__in=[conversation, *former], side=Message.Side.NOTE).order_by("-pk")
    last = Assignment.objects.filter(conversation=conversation).order_by("-pk").values_list("seat", flat=True).first()
    return Card(
        conversation=conversation,
        left=window.left,
        until=window.until,
        refusal=window.refusal(now),
        tags=list(customer.tags.values_list("name", flat=True)),
        topics=list(conversation.tags.values_list("name", flat=True)),
        former=former,
        elsewhere=[other.im_nick for other in customer.same_person()],
        seat=_names([conversation]).get(conversation.pk, ""),
        notes=list(notes[:10]),
        may_write=last == actor.agent.id or actor.roles.oversees(conversation.group),
    )


@dataclass(frozen=True)
class Live:
    """One live conversation on the floor, with its seat, the messages left, and since when its customer waits."""

    conversation: Conversation
    seat: str
    left: int | None
    until: datetime | None
    refusal: str


def floor(actor: Actor, group: str, now: datetime) -> list[Live]:
    """Return the live conversations that the actor oversees, of one group if it is named: who waits longest first."""
    rows = Conversation.objects.exclude(status=Status.CLOSED).select_related("customer__account")
    if not actor.roles.site:
        rows = rows.filter(group__in=actor.roles.supervises)
    if group:
        rows = rows.filter(group=group)
    found = list(rows.order_by(F("unanswered_since").asc(nulls_last=True), "pk")[:ON_THE_FLOOR])
    seats = _names(found)
    return [_live(row, seats.get(row.pk, ""), now) for row in found]


def _names(conversations: list[Conversation]) -> dict[int, str]:
    """Return the name of the seat that has each conversation, by the conversation's id."""
    return {number: seat.as_agent().name for number, seat in seats_of(conversations).items()}


def _live(row: Conversation, seat: str, now: datetime) -> Live:
    window = window_of(row.customer)
    return Live(row, seat, window.left, window.until, window.refusal(now))
