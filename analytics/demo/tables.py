"""The tables that the demo's history is written to, and its clock in whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from analytics.demo.writer import Table
from bridge.models import Conversation, Customer, Delivery, Fact, Message, SearchText
from bridge.values.grams import indexed
from seats.models import Assignment

_DAY = 86400
WAYS = (
    "ADD_SCENE_SEARCH",
    "store-12",
    "poster-11",
    "ADD_SCENE_PAID",
    "ADD_SCENE_SEARCH",
    "store-7",
    "ADD_SCENE_PROFILE_CARD",
    "",
)


# The demo says the same things again and again.
_indexed = lru_cache(maxsize=4096)(indexed)


@lru_cache(maxsize=1024)
def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY, UTC).strftime("%Y-%m-%d")


class Tables:
    """All tables. The demo's zone has no summer time that matters: its offset is the one of the first day."""

    def __init__(self, zone: ZoneInfo, start: datetime) -> None:
        offset = start.astimezone(zone).utcoffset()
        self.offset = int(offset.total_seconds()) if offset else 0
        self.customers = Table(
            Customer, "account_id", "openid", "im_id", "subscribed", "way", "created_at", "last_message_at"
        )
        self.conversations = Table(
            Conversation, "customer_id", "status", "group", "source", "source_detail", "opened_at", "answered_at", "closed_at",
            "close_reason", "last_message_at", "surveyed_at", "score", "scored_at",
        )  # fmt: skip
        self.tags = Table(Conversation.tags.through, "conversation_id", "tag_id")
        self.messages = Table(
            Message, "conversation_id", "side", "author", "content", "preview", "relayed", "created_at"
        )
        self.search = Table(SearchText, "conversation_id", "message_id", "words")
        self.assignments = Table(Assignment, "conversation_id", "seat_id", "assigned_at", "released_at")
        self.deliveries = Table(
            Delivery, "lane", "direction", "platform", "endpoint_id", "conversation_id", "message_id", "recipient", "payload",
            "random", "state", "code", "reason", "due_at", "created_at", "finished_at",
        )  # fmt: skip
        self.facts = Table(
            Fact, "kind", "at", "began_at", "conversation_id", "account_id", "group", "seat_id", "source", "detail",
            "seconds", "working", "value",
        )  # fmt: skip

    def flush(self) -> None:
        """Write all that is collected, what others refer to first."""
        first = (self.customers, self.conversations, self.tags, self.messages, self.search)
        for table in (*first, self.assignments, self.deliveries, self.facts):
            table.flush()

    @staticmethod
    def time(at: int) -> str:
        """Return a moment as both databases store it, in UTC."""
        day, rest = divmod(at, _DAY)
        return f"{_date(day)} {rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"

    def hour_of(self, at: int) -> int:
        """Return the hour of the day, in the site's zone."""
        return (at + self.offset) % _DAY // 3600

    def next_opening(self, at: int, hour: int) -> int:
        """Return when it is `hour` o'clock next."""
        passed = (at + self.offset) % _DAY
        return at + (hour * 3600 - passed) % _DAY

    def working(self, start: int, end: int, opens: int, shuts: int) -> float:
        """Return how many seconds between lie between the hours `opens` and `shuts` of their days."""
        first, last = start + self.offset, end + self.offset
        total = 0
        for day in range(first // _DAY, last // _DAY + 1):
            begins, ends = max(first, day * _DAY + opens * 3600), min(last, day * _DAY + shuts * 3600)
            total += max(0, ends - begins)
        return float(total)

    def searchable(self, conversation: int, message: int, text: str) -> None:
        """Let a message be found by its words."""
        if words := _indexed(text):
            self.search.add(conversation, message, words)

    def new_customer(self, account: int, at: int) -> int:
        """Write a customer who is seen for the first time; return the id."""
        number = self.customers.next_id
        lane, openid = self.lane_of(number)
        way, stays = self.way_of(number), number % 17 > 0
        self._following(Fact.Kind.FOLLOWED, account, way, at)
        if not stays:
            self._following(Fact.Kind.UNFOLLOWED, account, way, at + number % 3600)
        return self.customers.add(account, openid, lane, stays, way, self.time(at), self.time(at))

    def _following(self, kind: Fact.Kind, account: int, way: str, at: int) -> None:
        self.facts.add(int(kind), self.time(at), None, None, account, "", 0, "", way, None, None, None)

    @staticmethod
    def way_of(customer: int) -> str:
        """Return by which way a customer of the demo began to follow."""
        return WAYS[customer % len(WAYS)]

    @staticmethod
    def lane_of(customer: int) -> tuple[str, str]:
        """Return lane and openid of a customer of the demo."""
        return f"wxdemo_{customer:x}", f"oDemo{customer:023x}"
