"""One conversation of the demo's history: what was said, who had it, how it ended."""

from __future__ import annotations

import json
import math
import random
from typing import Any

from analytics.demo.site import Account, Agent, DemoSite
from analytics.demo.tables import Tables
from analytics.demo.words import BOT, CODES, CUSTOMER_MORE, ENDED, SEAT_MORE, TOPICS
from bridge.models import Delivery, Fact

Kind = Fact.Kind
SOURCES = (("message", 0.71), ("click", 0.17), ("scan", 0.08), ("enter", 0.04))
DETAILS = {
    "click": ("SERVICE", "ORDERS", "VIP"),
    "scan": ("store-12", "store-7", "poster-11", "poster-11"),
    "enter": ("pages/order",),
}
OPENS, SHUTS = 9, 21  # the demo's working hours


def lengths(hand: random.Random, median: float, spread: float) -> int:
    """Return a length of time in seconds, as such things are spread: few are very long."""
    return max(1, int(hand.lognormvariate(math.log(median), spread)))


class DemoConversation:
    """Writes one conversation into the tables. `busy` is how full the house is, 1 on a usual hour."""

    def __init__(self, tables: Tables, site: DemoSite, hand: random.Random, account: Account, until: int) -> None:
        self.tables, self.site, self.hand, self.account = tables, site, hand, account
        self.until = until
        self.group = account.group
        self.source = hand.choices([word for word, _share in SOURCES], [share for _word, share in SOURCES])[0]
        self.number = tables.conversations.next_id
        self.seat: Agent | None = None
        self.rows: list[tuple[int, str, str, str]] = []
        self.topic = hand.choice(TOPICS)
        self.score: tuple[int, int] | None = None
        self.surveyed_at: int | None = None
        self.first_answer: int | None = None

    def write(self, at: int, customer: int, *, returning: bool, busy: float) -> int:
        """Write it all; return when it was closed, in seconds since the epoch."""
        hour = self.tables.hour_of(at)
        self._fact(Kind.OPENED, at, value=int(returning), detail=self._way(customer))
        self._said(at, "customer", "", self.hand.choice(self.topic[1]))
        chance = self.hand.random()
        tomorrow = not OPENS <= hour < SHUTS and self.tables.next_opening(at, OPENS) + 7200 > self.until
        if chance < 0.24 or tomorrow:
            ends, how = self._with_bot(at), "bot"
        elif not OPENS <= hour < SHUTS:
            ends, how = self._after_hours(at)
        else:
            ends, how = self._with_seat(at, busy)
        self._close(at, ends, how, customer)
        return ends

    def _with_bot(self, at: int) -> int:
        for _turn in range(self.hand.randint(1, 3)):
            at += 1
            self._said(at, "bot", "faq", self.hand.choice(BOT))
            at += lengths(self.hand, 40, 0.8)
            self._said(at, "customer", "", self._more())
        return at + self.hand.randint(60, 600)

    def _more(self) -> str:
        return self.hand.choice(CUSTOMER_MORE).format(number=self.hand.randint(1000, 9999))

    def _after_hours(self, at: int) -> tuple[int, str]:
        """Leaves a message; most are answered the next morning."""
        self._fact(Kind.LEFT, at)
        if self.hand.random() < 0.12 and at + 43_200 < self.until:
            ends = at + 43_200
            self._fact(Kind.WAITED, ends, detail="left")
            return ends, "left"
        morning = self.tables.next_opening(at, OPENS) + self.hand.randint(0, 5400)
        self._assign(morning, "left", None)
        return self._chat(at, morning), "served"

    def _with_seat(self, at: int, busy: float) -> tuple[int, str]:
        if self.hand.random() > min(0.9, 0.22 * busy * busy):
            self._assign(at, "direct", 0)
            return self._chat(at, at), "served"
        self._fact(Kind.QUEUED, at)
        wait = lengths(self.hand, 45 * busy * busy, 0.9)
        if wait > lengths(self.hand, 420, 0.8):
            ends = at + max(20, wait // 2)
            self._fact(Kind.WAITED, ends, began=at, detail="abandoned")
            return ends, "abandoned"
        self._fact(Kind.WAITED, at + wait, began=at, detail="queue")
        self._assign(at + wait, "queue", wait)
        return self._chat(at, at + wait), "served"

    def _assign(self, at: int, how: str, waited: int | None) -> None:
        agents = self.site.groups[self.group]
        self.seat = agents[min(int(self.hand.betavariate(1.1, 1.4) * len(agents)), len(agents) - 1)]
        self._fact(Kind.ASSIGNED, at, detail=how, seconds=waited)

    def _chat(self, asked: int, at: int) -> int:
        """Customer and seat write in turn, perhaps through a transfer. Returns when it was closed."""
        began, opened = at, asked
        for turn in range(min(16, 1 + int(self.hand.expovariate(0.2)))):
            assert self.seat is not None
            at = max(at, asked) + lengths(self.hand, 26 * self.seat.pace, 0.8)
            self._said(at, "seat", self.seat.name, self._answer(turn))
            self._fact(Kind.RESPONSE, at, seconds=at - asked)
            if self.first_answer is None:
                self.first_answer = at
                self._fact(Kind.FIRST_ANSWER, at, seconds=at - opened)
            if turn == 1 and self.hand.random() < 0.07:
                began = self._transfer(began, at)
            asked = at + lengths(self.hand, 50, 0.9)
            self._said(asked, "customer", "", self._more())
            at = asked
        ends = at + lengths(self.hand, 240, 0.9)
        self._assigned_until(began, ends, "ended")
        return ends

    def _answer(self, turn: int) -> str:
        return self.topic[2][turn] if turn < len(self.topic[2]) else self.hand.choice(SEAT_MORE)

    def _transfer(self, began: int, at: int) -> int:
        self._assigned_until(began, at, "transfer")
        self.group = self.hand.choice(list(self.site.groups))
        self._assign(at, "transfer", None)
        return at

    def _assigned_until(self, began: int, at: int, why: str) -> None:
        assert self.seat is not None
        self._fact(Kind.RELEASED, at, began=began, detail=why)
        times = self.tables.time(began), self.tables.time(at)
        self.tables.assignments.add(self.number, self.seat.id, *times)

    def _close(self, opened: int, ends: int, how: str, customer: int) -> None:
        self._fact(Kind.CLOSED, ends, began=opened, detail=how, working=self.tables.working(opened, ends, OPENS, SHUTS))
        if how == "served" and self.hand.random() < 0.72:
            self._survey(ends)
        time = self.tables.time
        first = time(self.first_answer) if self.first_answer else None
        surveyed = time(self.surveyed_at) if self.surveyed_at else None
        score, scored = (self.score[0], time(self.score[1])) if self.score else (None, None)
        self.tables.conversations.add(
            customer, "closed", self.group, self.source, self._detail(), time(opened), first, time(ends), ENDED[how], time(ends),
            surveyed, score, scored,
        )  # fmt: skip
        if how == "served" and self.number % 10 < 8:
            self.tables.tags.add(self.number, self.site.tags[self.topic[0]])
        for at, side, author, text in self.rows:
            content = json.dumps({"type": "Text", "text": text, "menu_id": ""}, ensure_ascii=False)
            message = self.tables.messages.add(self.number, side, author, content, text, True, time(at))
            self.tables.searchable(self.number, message, text)
            if side == "seat" and self.hand.random() < 0.004:
                self._fails(message, at, customer)

    def _detail(self) -> str:
        """Return what the customer tapped, scanned, came from or wrote first."""
        keys = DETAILS.get(self.source, ())
        return keys[self.number % len(keys)] if keys else self.rows[0][3][:20]

    def _way(self, customer: int) -> str:
        """Return for which source it counts: the code that was scanned, else how the customer began to follow."""
        return self._detail() if self.source == "scan" else self.tables.way_of(customer)

    def _survey(self, at: int) -> None:
        assert self.seat is not None
        self.surveyed_at = at
        self._fact(Kind.ASKED, at)
        if self.hand.random() < 0.34:
            good = self.hand.random() < self.seat.charm
            value = self.hand.choice((5, 5, 5, 4)) if good else self.hand.choice((1, 2, 3, 3, 4))
            self.score = value, at + lengths(self.hand, 90, 1.2)
            self._fact(Kind.SCORED, self.score[1], value=value)

    def _fails(self, message: int, at: int, customer: int) -> None:
        code, reason = self.hand.choice(CODES)
        if code in ("45015", "45047"):
            self._fact(Kind.REFUSED, at, detail="time" if code == "45015" else "count")
        self._fact(Kind.FAILED, at, detail=code)
        lane, openid = self.tables.lane_of(customer)
        when = self.tables.time(at)
        self.tables.deliveries.add(
            lane, Delivery.Direction.CUSTOMER.value, self.account.platform, self.account.id, self.number, message, openid, "{}",
            self.number % 2**31, Delivery.State.FAILED.value, code, reason, when, when, when,
        )  # fmt: skip

    def _said(self, at: int, side: str, author: str, text: str) -> None:
        self.rows.append((at, side, author, text))
        kind = {"customer": Kind.RECEIVED, "seat": Kind.ANSWERED, "bot": Kind.BOT}[side]
        self._fact(kind, at)

    def _fact(
        self, kind: Fact.Kind, at: int, *, began: int | None = None, detail: str = "", seconds: Any = None,
        working: float | None = None, value: int | None = None,
    ) -> None:  # fmt: skip
        time = self.tables.time
        self.tables.facts.add(
            int(kind), time(at), time(began) if began is not None else None, self.number, self.account.id, self.group,
            self.seat.id if self.seat else 0, self.source, detail, at - began if began is not None else seconds, working, value,
        )  # fmt: skip
