"""The demo's history: days with their tides, seats with their shifts, customers who come back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from analytics.demo.conversations import OPENS, SHUTS, DemoConversation
from analytics.demo.site import DemoSite
from analytics.demo.tables import Tables
from analytics.facts.times import day_of, hour_of, zone
from bridge.models import Fact

HOURS = (2, 1, 1, 1, 1, 1, 2, 4, 9, 20, 30, 27, 19, 20, 24, 25, 23, 19, 16, 19, 24, 20, 11, 5)
WEEKDAYS = (1.15, 1.05, 1.0, 1.0, 1.05, 0.85, 0.8)
STEP = 500  # conversations between two looks at the progress
KEPT = 200_000  # customers who may come back
BACK = 0.36
LATEST = 3600  # seconds before now that the last customer came: all conversations are over


def write(site: DemoSite, now: datetime, days: int, conversations: int, hand: random.Random) -> Iterator[int]:
    """Write `conversations` spread over the `days` up to `now`; yields how many there are so far."""
    first = day_of(hour_of(now)) - timedelta(days=days - 1)
    until = int(now.timestamp()) - LATEST
    tables = Tables(zone(), first)
    weights = [_weight(first + timedelta(days=day), day, days, hand) for day in range(days)]
    full = list(weights)
    weights[-1] *= _passed(tables.hour_of(until))
    known: dict[int, list[int]] = {account.id: [] for account in site.accounts}
    written = 0
    for day in range(days):
        start = int((first + timedelta(days=day)).timestamp())
        share = sum(weights[: day + 1]) / sum(weights)
        wanted = round(conversations * share) - written
        busy = full[day] / (sum(full) / days)
        _shifts(tables, site, start, until, hand)
        for at in sorted(_moments(start, wanted, until, hand)):
            _one(tables, site, hand, at, busy, known, until)
            written += 1
            if written % STEP == 0:
                tables.flush()
                yield written
    tables.flush()
    yield written


def _weight(day: datetime, number: int, days: int, hand: random.Random) -> float:
    local = day.astimezone(zone())
    sale = 2.1 if (local.month, local.day) in ((11, 11), (6, 18), (12, 12)) else 1.0
    growth = 0.85 + 0.3 * number / max(1, days - 1)
    return WEEKDAYS[local.weekday()] * growth * sale * hand.uniform(0.92, 1.08)


def _passed(hour: int) -> float:
    """Return which part of a day's customers has come by this hour."""
    return sum(HOURS[: hour + 1]) / sum(HOURS)


def _moments(start: int, count: int, until: int, hand: random.Random) -> list[int]:
    hours = hand.choices(range(24), HOURS, k=count)
    moments = (start + hour * 3600 + hand.randrange(3600) for hour in hours)
    return [at if at < until else hand.randrange(start, max(start + 1, until)) for at in moments]


def _one(
    tables: Tables, site: DemoSite, hand: random.Random, at: int, busy: float, known: dict[int, list[int]], until: int
) -> None:
    account = hand.choices(site.accounts, [one.share for one in site.accounts])[0]
    been_here = known[account.id]
    returning = bool(been_here) and hand.random() < BACK
    customer = hand.choice(been_here) if returning else tables.new_customer(account.id, at)
    if not returning and len(been_here) < KEPT:
        been_here.append(customer)
    rush = HOURS[tables.hour_of(at)] / 22
    DemoConversation(tables, site, hand, account, until).write(at, customer, returning=returning, busy=busy * rush)


def _shifts(tables: Tables, site: DemoSite, start: int, until: int, hand: random.Random) -> None:
    """Two shifts a day, with a break, and a busy quarter of an hour now and then."""
    for agents in site.groups.values():
        for number, agent in enumerate(agents):
            if hand.random() < 0.22:
                continue
            begins, ends = (OPENS, 15) if number % 2 else (13, SHUTS)
            at = start + begins * 3600 + hand.randint(-600, 900)
            last = min(until, start + ends * 3600 + hand.randint(-300, 1200))
            while at < last:
                state = hand.choices(("open", "busy", "away"), (0.8, 0.08, 0.12))[0]
                then = min(last, at + (hand.randint(2400, 7200) if state == "open" else hand.randint(600, 2400)))
                span = (tables.time(then), tables.time(at), None, 0, "", agent.id, "", state, then - at, None, None)
                tables.facts.add(int(Fact.Kind.PRESENCE), *span)
                at = then
