"""The views for other tools: their columns, where each comes from, and what it means. Names and meanings are kept stable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.facts import measures
from analytics.models import ConversationRow, Rollup
from bridge.models import Conversation, Endpoint, Fact, Tag
from seats.models import Seat, SeatGroup

# Measures that are called like a word of SQL.
_RESERVED = {"returning": "returning_customers", "left": "messages_left"}
KIND_NAMES = {kind.value: kind.name.lower() for kind in Fact.Kind}


@dataclass(frozen=True)
class Column:
    """One column: its name, the SQL that makes it, and its meaning."""

    name: str
    sql: str
    meaning: Any


@dataclass(frozen=True)
class View:
    """One view: its name, what a row is, its columns, and the SQL after FROM."""

    name: str
    row: Any
    columns: tuple[Column, ...]
    source: str

    def select(self, where: str = "") -> str:
        """Return the SELECT of the view, perhaps of some rows."""
        columns = ", ".join(f"{one.sql} AS {one.name}" for one in self.columns)
        return f"SELECT {columns} FROM {self.source}{where}"  # noqa: S608 -- names of our own columns


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def views(quote: Callable[[str], str], joined: str, full_name: str) -> tuple[View, ...]:
    """Return all views. `quote` quotes a name as the database does; the others are its SQL for all tags' and a user's name."""
    group = quote("group")
    tags = _table(Conversation.tags.through)
    tags_of = (
        f"(SELECT {joined} FROM {tags} ct JOIN {_table(Tag)} t ON t.id = ct.tag_id "  # noqa: S608
        "WHERE ct.conversation_id = r.conversation_id LIMIT 1)"
    )
    kinds = " ".join(f"WHEN {number} THEN '{name}'" for number, name in KIND_NAMES.items())
    numbers = (
        ("reopened", _("How often it was reopened.")),
        ("queued", _("How often the customer joined a queue.")),
        ("assigned", _("How often a seat was given it.")),
        ("transferred", _("How often it went from a seat to another one or a group.")),
        ("received", _("Messages of the customer.")),
        ("answered", _("Messages of seats.")),
        ("bot_messages", _("Messages of bots.")),
        ("failed", _("Deliveries that failed.")),
    )
    times = (
        (
            "wait",
            _("Seconds from joining the queue to the first seat; 0 where there was one at once, empty without one."),
        ),
        ("wait_working", _("Of these, within working hours.")),
        ("first_answer", _("Seconds from the opening until a seat's first message was delivered.")),
        ("first_working", _("Of these, within working hours.")),
        ("resolution", _("Seconds from the opening to the close, where a seat had it.")),
        ("working", _("Of these, within working hours.")),
    )
    names = {
        "wait": "wait_seconds", "wait_working": "wait_working_seconds", "first_answer": "first_response_seconds",
        "first_working": "first_response_working_seconds", "resolution": "resolution_seconds",
        "working": "resolution_working_seconds",
    }  # fmt: skip
    conversation = View(
        "analytics_conversation",
        _("One row a conversation; erased ones stay without tags and source in detail."),
        (
            Column("id", "r.conversation_id", _("The conversation's number.")),
            Column("account_id", "r.account_id", _("The account's number.")),
            Column("account", "a.name", _("The account's name.")),
            Column("group_slug", f"r.{group}", _("The group whose it was last.")),
            Column("group_name", "g.name", _("That group's name; empty where it was deleted.")),
            Column("seat_id", "r.seat_id", _("The seat that had it last; 0 for none.")),
            Column("seat", full_name, _("That seat's name.")),
            Column("source", "r.source", _("What opened it: message, click, follow, scan, payment or enter.")),
            Column("source_detail", "c.source_detail", _("The menu's key, the code's scene, or the first words.")),
            Column("tags", tags_of, _("The tags that it has now, with commas.")),
            Column("opened_at", "r.opened_at", _("When it was opened, in UTC.")),
            Column("opened_day", "r.day", _("The day of that, in the site's time zone.")),
            Column("opened_hour", "r.hour", _("The hour of that day, 0 to 23.")),
            Column("first_answered_at", "r.first_answered_at", _("When a seat's first message was delivered, in UTC.")),
            Column("closed_at", "r.closed_at", _("When it was closed last, in UTC; empty while it is open.")),
            Column("outcome", "r.outcome", _("How it ended: served, bot, abandoned or left; empty while it is open.")),
            Column("is_returning", f"r.{quote('returning')}", _("1 where the customer had had one before.")),
            *(Column(name, f"r.{name}", meaning) for name, meaning in numbers),
            *(Column(names[name], f"r.{name}", meaning) for name, meaning in times),
            Column("asked", "r.asked", _("1 where the customer was asked how it was.")),
            Column("score", "r.score", _("The customer's score, 1 to 5; empty without one.")),
        ),
        f"{_table(ConversationRow)} r LEFT JOIN {_table(Endpoint)} a ON a.id = r.account_id "
        f"LEFT JOIN {_table(SeatGroup)} g ON g.slug = r.{group} LEFT JOIN {_table(Seat)} s ON s.id = r.seat_id "
        f"LEFT JOIN auth_user u ON u.id = s.user_id LEFT JOIN {_table(Conversation)} c ON c.id = r.conversation_id",
    )
    tag = View(
        "analytics_conversation_tag",
        _("One row a conversation and tag."),
        (
            Column("conversation_id", "ct.conversation_id", _("The conversation's number.")),
            Column("tag", "t.name", _("A tag that it has now.")),
        ),
        f"{tags} ct JOIN {_table(Tag)} t ON t.id = ct.tag_id",
    )
    event = View(
        "analytics_event",
        _("One row for each thing that happened, never changed; what the reports are made of."),
        (
            Column("id", "f.id", _("The fact's number.")),
            Column(
                "kind", f"CASE f.kind {kinds} END", _("What happened, such as opened, assigned, answered or closed.")
            ),
            Column("happened_at", "f.at", _("When, in UTC.")),
            Column("began_at", "f.began_at", _("When what ended with it began, in UTC.")),
            Column(
                "conversation_id",
                "f.conversation_id",
                _("The conversation's number; empty for presence and for following."),
            ),
            Column("account_id", "f.account_id", _("The account then; 0 for none.")),
            Column("group_slug", f"f.{group}", _("The group then.")),
            Column("seat_id", "f.seat_id", _("The seat then; 0 for none.")),
            Column("source", "f.source", _("What had opened the conversation.")),
            Column(
                "detail",
                "f.detail",
                _("How or why, depends on the kind; of opened, followed, unfollowed and way_learned the source."),
            ),
            Column("seconds", "f.seconds", _("How long what ended with it had gone on.")),
            Column("working_seconds", "f.working", _("Of these, within working hours.")),
            Column("value", "f.value", _("A score, or 1 for a customer who had been here before.")),
        ),
        f"{_table(Fact)} f",
    )
    sums = [name for one in measures.DURATIONS for name in (f"{one}_n", f"{one}_sum", f"{one}_max")]
    counted = [*measures.COUNTS, *measures.SPANS, *measures.PEAKS, *sums]
    day = View(
        "analytics_day",
        _(
            "One row a day, account, group and seat that has anything; counts and seconds add up, “max” and “peak” are the highest."
        ),
        (
            Column("day_begins_at", "r.start", _("When the day of the site's time zone begins, in UTC.")),
            Column("account_id", "r.account_id", _("The account; 0 for none.")),
            Column("group_slug", f"r.{group}", _("The group.")),
            Column("seat_id", "r.seat_id", _("The seat; 0 for none.")),
            *(
                Column(_RESERVED.get(name, name), f"r.{quote(name)}", _("See the page of definitions."))
                for name in counted
            ),
        ),
        f"{_table(Rollup)} r WHERE r.grain = 'day'",
    )
    return conversation, tag, event, day
