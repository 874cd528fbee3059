"""A conversation on one time line: what was said, which events brought it, what was sent and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from django.utils.translation import gettext as _

from bridge.base import clock
from bridge.conversation.preview import in_words
from bridge.models import Conversation, Delivery, InboundEvent, Message
from bridge.pipeline.bots import bots
from bridge.values.agents import seat_name
from bridge.values.content import Content
from bridge.values.traces import trace_of

MOST = 5000  # entries of each kind; a conversation with more is cut, and says so
AROUND = timedelta(minutes=1)  # before and after: the event that opened it, and what followed the close


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind`: "message", "event" or "delivery"; `tone`: how well it went.

    `number` is the row's id, by which the admin finds it; `again`: it is a delivery that can be sent once more; `event` is the
    number of the event that brought it.
    """

    at: datetime
    kind: str
    number: int
    who: str
    words: str
    tone: str = ""
    detail: str = ""
    again: bool = False
    event: int = 0

    @property
    def trace(self) -> str:
        """The name by which what belongs to this is found in logs and lists; "" for none."""
        return trace_of(self.event)


@dataclass(frozen=True)
class Transcript:
    """The entries in order, and whether there were more than are shown."""

    entries: list[Entry]
    cut: bool

    def of(self, event: int) -> Transcript:
        """Return what belongs to one event alone."""
        return replace(self, entries=[one for one in self.entries if event and one.event == event])


def transcript(conversation: Conversation, *, talk_only: bool = False) -> Transcript:
    """Return the conversation's time line; with `talk_only`, what customer and business said to each other."""
    kinds = [_messages(conversation, talk_only=talk_only)]
    if not talk_only:
        kinds += [_events(conversation), _deliveries(conversation)]
    # An event comes before what it brought, also where both have the same time; sorting keeps the rest in order.
    order = {"event": 0, "message": 1, "delivery": 2}
    merged = sorted((one for entries in kinds for one in entries[:MOST]), key=lambda one: (one.at, order[one.kind]))
    return Transcript(merged, cut=any(len(entries) > MOST for entries in kinds))


def author_words(message: Message) -> str:
    """Return who wrote it, as people call them: a seat by name, a chatbot by what it does, if it is more than the system."""
    name, space, variant = message.author.partition(" ")
    bot = bots().get(name) if message.side in (Message.Side.BOT, Message.Side.SYSTEM) else None
    if bot is None:
        return message.author or message.get_side_display()
    return f"{bot.label}{space}{variant}" if (bot.greets or variant) and bot.label else message.get_side_display()


def _messages(conversation: Conversation, *, talk_only: bool) -> list[Entry]:
    rows = conversation.messages.order_by("pk")
    if talk_only:
        rows = rows.exclude(side__in=(Message.Side.NOTE, Message.Side.SYSTEM))
    return [_message(conversation, row) for row in rows[: MOST + 1]]


def _message(conversation: Conversation, row: Message) -> Entry:
    own = conversation.customer.display_name if row.side == Message.Side.CUSTOMER else ""
    who = own or author_words(row)
    words = in_words(Content.from_json(row.content))
    return Entry(row.created_at, "message", row.pk, who, words, tone=row.side, event=row.event_id or 0)


_WAITING = (Delivery.State.HELD, Delivery.State.QUEUED, Delivery.State.ASIDE)
_TONES = {InboundEvent.State.FAILED: "bad", InboundEvent.State.NEW: "wait", InboundEvent.State.FILTERED: "soft"}


def _events(conversation: Conversation) -> list[Entry]:
    until = (conversation.closed_at or clock.now()) + AROUND
    rows = InboundEvent.objects.filter(
        lane=conversation.customer.im_id, received_at__range=(conversation.opened_at - AROUND, until)
    )
    return [
        Entry(
            row.received_at,
            "event",
            row.pk,
            row.platform,
            row.kind,
            tone=_TONES.get(InboundEvent.State(row.state), ""),
            detail=f"{row.get_state_display()}{_(': ') + row.reason if row.reason else ''}",
            event=row.pk,
        )
        for row in rows.order_by("pk")[: MOST + 1]
    ]


def _deliveries(conversation: Conversation) -> list[Entry]:
    rows = Delivery.objects.filter(conversation=conversation).select_related("message").order_by("pk")
    name = cache(seat_name)  # most go to one seat
    return [_delivery(row, name) for row in rows[: MOST + 1]]


def _delivery(row: Delivery, name: Callable[[str], str]) -> Entry:
    bad = row.state in (Delivery.State.FAILED, Delivery.State.UNKNOWN)
    tone = "bad" if bad else "wait" if row.state in _WAITING else ""
    said = [row.get_state_display(), row.code, row.reason, _("%d tries") % row.attempts if row.attempts > 1 else ""]
    to = _("to the customer") if row.direction == Delivery.Direction.CUSTOMER else _("to %s") % name(row.recipient)
    words = row.message.preview if row.message else ""
    detail, at = " · ".join(filter(None, said)), row.finished_at or row.created_at
    return Entry(at, "delivery", row.pk, to, words, tone, detail, bad, event=row.event_id or 0)
