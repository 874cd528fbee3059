"""Every number of the reports against a second calculation. ORACLE_SEEDS says how many worlds are played, from ORACLE_FIRST on.

The worlds are played by a seeded hand and not by hypothesis' state machine. A step costs some hundredths of a second, as it
goes through doors, lanes, outbox and database, so an example of a state machine is short, and what goes wrong in reports
needs long ones: a transfer after a reopening after midnight. What the state machine gives is here as well: every rule picks from what
there is at that moment, each world leaves some rules out, a seed plays the same world again, and with ORACLE_STEPS one finds the
shortest beginning of it that differs.
"""

from __future__ import annotations

import csv
import io
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from openpyxl import load_workbook

from analytics.api import as_json
from analytics.explore import query as explored
from analytics.explore.dimensions import DIMENSIONS as DIMENSIONS_OF
from analytics.explore.query import MEASURES, Question
from analytics.facts import checking
from analytics.metrics.catalogue import METRICS
from analytics.reports import behind as listing
from analytics.reports import query
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import report
from analytics.reports.shape import Chart, Distribution, Split, Table, Ways, Week, Words, WordsOver
from bridge.base import clock
from bridge.live import parameters
from bridge.models import Conversation
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat
from tests.analytics.oracle import numbers
from tests.analytics.oracle.hours import begins, hours_of_day, zone
from tests.analytics.oracle.numbers import View
from tests.analytics.oracle.world import World, settled

pytestmark = [pytest.mark.once, pytest.mark.long]
FIRST, SEEDS = int(os.environ.get("ORACLE_FIRST", "1")), int(os.environ.get("ORACLE_SEEDS", "20"))
ROUNDED = 0.0501  # files have one place behind the point
STEPS = int(os.environ.get("ORACLE_STEPS", "70"))
OF_SEATS = {"online_seconds", "open_seconds", "busy_seconds", "away_seconds", "occupancy", "concurrency"}
SLUGS = ("sales", "care", "spare")
DIMENSIONS = {"account_id": "account", "group": "groups", "seat_id": "seat"}


class Comparison:
    """Counts what is compared, and stops at the first number that differs."""

    def __init__(self, world: World, now: datetime) -> None:
        self.world, self.now, self.compared = world, now, 0
        self.goal, self.working = world.goal, world.in_working_time
        self.known: dict[tuple[View, datetime], dict[str, Any]] = {}

    def expected(self, scope: Scope, now: datetime | None = None, **more: Any) -> dict[str, Any]:
        view, now = replace(view_of(scope), **more), now or self.now
        if (view, now) not in self.known:
            self.known[view, now] = numbers.values(self.world.truth, view, now, self.goal, working=self.working)
        return self.known[view, now]

    def chosen(self, name: str) -> str:
        """Return what a tile of this name shows."""
        if self.working:
            for clock_, hours_ in (("wait_p", "wait_working_p"), ("first_answer_p", "first_working_p")):
                name = name.replace(clock_, hours_) if name.startswith(clock_) else name
        return name

    def same(self, shown: Any, expected: Any, *about: Any, off: float = 0.01) -> None:
        """Compare a number; `off`: how far it may be off, 0.05 where a file rounds it as the page does."""
        self.compared += 1
        if isinstance(expected, tuple):
            assert shown is not None, about
            assert expected[0] - off <= shown <= expected[1] + off, (*about, shown, expected)
        elif expected is None or shown is None or isinstance(expected, list):
            assert shown == expected, (*about, shown, expected)
        else:
            assert shown == pytest.approx(expected, rel=1e-6, abs=off), about

    def all(self, sums: Any, expected: dict[str, Any], *about: Any, but: Any = ()) -> None:
        for name, metric in METRICS.items():
            if name not in but:
                self.same(metric.value(sums), expected[name], name, *about)


def view_of(scope: Scope) -> View:
    groups = frozenset({scope.group}) if scope.group else scope.groups
    end = scope.until or begins(scope.last + timedelta(days=1))
    return View(begins(scope.first), end, scope.account or None, groups, scope.seat or None)


def moments(scope: Scope, now: datetime) -> list[datetime]:
    """Return where charts have a point: hours of two days at most, else days."""
    days = [scope.first + timedelta(days=at) for at in range((scope.last - scope.first).days + 1)]
    found = [at for day in days for at in hours_of_day(day)] if len(days) <= 2 else [begins(day) for day in days]
    return [at for at in found if at < now]


def scopes(first: date, last: date) -> Iterator[Scope]:
    """Yield what is looked at: everything, each account, group and seat, and some of these together, on several days."""
    accounts = list(WeChatAccount.objects.values_list("pk", flat=True))
    for whole in (Scope(first, last), Scope(last, last), Scope(last - timedelta(days=1), last)):
        yield whole
        yield from (replace(whole, account=one) for one in accounts)
        yield from (replace(whole, group=one) for one in SLUGS)
        yield replace(whole, account=accounts[0], group="sales")
        yield replace(whole, groups=frozenset({"sales", "spare"}))
        yield from (replace(whole, seat=one) for one in Seat.objects.values_list("pk", flat=True))
    yield replace(Scope(first, last), group="sales", seat=Seat.objects.get(im_user_id="carol").pk)


def views_by(scope: Scope, dimension: str, key: Any) -> dict[str, Any]:
    return {DIMENSIONS[dimension]: frozenset({key}) if dimension == "group" else key}


def compare_totals(check: Comparison, scope: Scope) -> None:
    check.all(query.total(scope, METRICS, check.now), check.expected(scope), "total", scope)
    for dimension in DIMENSIONS:
        if getattr(scope, dimension.removesuffix("_id")):
            continue
        for key, sums in query.by(scope, dimension, METRICS, check.now).items():
            if scope.groups is not None and dimension == "group" and key not in scope.groups:
                continue
            but = set() if dimension == "seat_id" else OF_SEATS
            but |= {"queue_peak"} if dimension == "account_id" and not key else set()
            check.all(sums, check.expected(scope, **views_by(scope, dimension, key)), dimension, key, scope, but=but)


def compare_over_time(check: Comparison, scope: Scope) -> None:
    found = query.by_time(scope, METRICS, check.now)
    assert list(found) == moments(scope, check.now)
    ends = [*list(found)[1:], min(scope.end, check.now)]
    for (at, sums), end in zip(found.items(), ends, strict=True):
        check.all(sums, check.expected(scope, start=at, end=end), "at", at, scope)


def compare_rows_behind(check: Comparison, scope: Scope) -> None:
    expected = check.expected(scope)
    for name, metric in METRICS.items():
        if metric.facts:
            rows, after = 0, ""
            while True:
                page = listing.behind(metric, scope, after)
                rows, after = rows + len(page.rows), page.after
                if not after:
                    break
            wanted = numbers.behind(name, check.world.truth, view_of(scope))
            check.same(rows, expected[name] if wanted is None else wanted, "behind", name, scope)


def compare_reports(check: Comparison, scope: Scope) -> None:
    narrowed = {name for name in ("account", "group", "seat") if getattr(scope, name)}
    for dashboard in DASHBOARDS.values():
        if not narrowed <= set(dashboard.filters):
            continue
        made = report(dashboard, scope, check.now, check.now)
        expected = check.expected(scope)
        before = scope.before(check.now)
        earlier = check.expected(before, before.end)
        compare_api(check, dashboard.name, scope, made)
        for name, tile in zip(dashboard.tiles, made.tiles, strict=True):
            assert tile.metric.name == check.chosen(name)
            check.same(tile.value, expected[tile.metric.name], "tile", tile.metric.name, scope)
            check.same(tile.before, earlier[tile.metric.name], "before", tile.metric.name, scope, before)
        graphs, sheets = {one.name: one for one in made.graphs}, {one.name: one for one in made.sheets}
        for part in dashboard.parts:
            where = (dashboard.name, part.name, scope)
            if isinstance(part, Table):
                compare_table(check, scope, sheets[part.name], where)
            elif isinstance(part, Ways):
                compare_ways(check, scope, sheets[part.name], where)
            elif isinstance(part, WordsOver):
                compare_words_over(check, scope, part, graphs[part.name], where)
            elif isinstance(part, Chart):
                compare_chart(check, scope, graphs[part.name], where)
            elif isinstance(part, Split):
                compare_split(check, scope, part, graphs[part.name], where)
            else:
                compare_counts(check, scope, part, graphs[part.name], where)


def compare_api(check: Comparison, name: str, scope: Scope, made: Any) -> None:
    """The API tells what the report has, number by number; the report's own are compared with what is true."""
    data = as_json(made)
    for told, tile in zip(data["tiles"], made.tiles, strict=True):
        check.same(told["value"], tile.value, "api", name, tile.metric.name)
        check.same(told["before"], tile.before, "api", name, tile.metric.name)
    for told, graph in zip(data["charts"], made.graphs, strict=True):
        assert [one["values"] for one in told["series"]] == [one.values for one in graph.series], (name, scope)
        check.compared += sum(len(one.values) for one in graph.series)
    for told, sheet in zip(data["tables"], made.sheets, strict=True):
        assert [list(row["values"].values()) for row in told["rows"]] == [list(line.values) for line in sheet.lines]
        check.compared += sum(len(line.values) for line in sheet.lines)


def compare_split(check: Comparison, scope: Scope, part: Split, graph: Any, where: Any) -> None:
    check.same(sum(sum(one.values) for one in graph.series), check.expected(scope)[part.metric], *where)
    ends = [*graph.moments[1:], min(scope.end, check.now)]
    for series in graph.series:
        key = next((line for line in (*SLUGS, *check.world.keys) if str(line) == series.name), None)
        if key is None:
            continue  # all others, or none
        for value, start, end in zip(series.values, graph.moments, ends, strict=True):
            expected = check.expected(scope, start=start, end=end, **views_by(scope, part.dimension, key))
            check.same(value, expected[part.metric], key, start, *where)


def compare_table(check: Comparison, scope: Scope, sheet: Any, where: Any) -> None:
    for line in sheet.lines:
        expected = check.expected(scope, **views_by(scope, sheet.dimension, line.key))
        for value, metric in line.cells:
            check.same(value, expected[metric.name], metric.name, line.key, *where)
    total = check.expected(scope)
    for (value, metric), at in zip(sheet.totals, range(99), strict=False):
        check.same(value, total[metric.name], metric.name, "total", *where)
        if metric.unit == "count" and metric.name != "queue_peak":
            check.same(sum(line.values[at] for line in sheet.lines), value, metric.name, "rows", *where)


def by_way(these: list[Any], name: str) -> Counter[str]:
    """Return how many of these happened by way, of conversations that of their opening."""
    return Counter(one.value[2] if name == "opened" else one.value for one in these if one.name == name)


def compare_ways(check: Comparison, scope: Scope, sheet: Any, where: Any) -> None:
    these = numbers.happened(check.world.truth, view_of(scope))
    found = {metric.name: by_way(these, metric.name) for metric in sheet.metrics}
    assert {line.key for line in sheet.lines} == {way for counts in found.values() for way in counts}, where
    for line in sheet.lines:
        for value, metric in line.cells:
            check.same(value, found[metric.name][line.key], metric.name, line.key, *where)
    for value, metric in sheet.totals:
        check.same(value, found[metric.name].total(), metric.name, "total", *where)


def compare_words_over(check: Comparison, scope: Scope, part: WordsOver, graph: Any, where: Any) -> None:
    name, ends = part.tally.removeprefix("way_"), [*graph.moments[1:], min(scope.end, check.now)]
    for at, (start, end) in enumerate(zip(graph.moments, ends, strict=True)):
        counts = by_way(numbers.happened(check.world.truth, replace(view_of(scope), start=start, end=end)), name)
        for series in graph.series:
            if series.name != "(rest)":
                check.same(series.values[at], counts[series.name], series.name, start, *where)
        check.same(sum(series.values[at] for series in graph.series), counts.total(), start, *where)


def compare_chart(check: Comparison, scope: Scope, graph: Any, where: Any) -> None:
    ends = [*graph.moments[1:], min(scope.end, check.now)]
    for at, (start, end) in enumerate(zip(graph.moments, ends, strict=True)):
        expected = check.expected(scope, start=start, end=end)
        for series in graph.series:
            check.same(series.values[at], expected[series.name], series.name, start, *where)


def compare_counts(check: Comparison, scope: Scope, part: Any, graph: Any, where: Any) -> None:
    these = numbers.happened(check.world.truth, view_of(scope))
    if isinstance(part, Week):
        opened = [one.at.astimezone(zone()) for one in these if one.name == "opened"]
        for day, series in enumerate(graph.series):
            for hour, value in enumerate(series.values):
                check.same(value, sum((at.weekday(), at.hour) == (day, hour) for at in opened), day, hour, *where)
    elif isinstance(part, Distribution):
        name = numbers.TIMES[part.duration]
        lengths = [one.seconds for one in these if one.name == name and one.seconds is not None]
        edges = [-1, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 28800, 86400, float("inf")]
        for at, value in enumerate(graph.series[0].values):
            check.same(value, sum(edges[at] < one <= edges[at + 1] for one in lengths), at, *where)
    elif isinstance(part, Words):
        kind = {"source_opened": "opened", "source_closed": "closed", "source_abandoned": "closed", "code": "failed"}
        words = [one for one in these if one.name == kind[part.tally]]
        if part.tally == "source_abandoned":
            words = [one for one in words if one.value[0] == "abandoned"]
        check.same(sum(graph.series[0].values), len(words), *where)
        of = {"opened": lambda one: one.value[1], "closed": lambda one: one.value[1], "failed": lambda one: one.value}
        counts = Counter(of[kind[part.tally]](one) for one in words)
        check.same(sorted(graph.series[0].values), sorted(counts.values()), *where)


def compare_files(check: Comparison, client: Client, name: str, address: str) -> None:
    """Page, API, CSV and workbook say the same; the API's numbers are the report's, which are compared above."""
    data = client.get(f"/api/reports/{name}/?{address}").json()
    assert client.get(f"/admin/reports/{name}/?{address}").status_code == 200
    book = load_workbook(io.BytesIO(client.get(f"/admin/reports/{name}/?{address}&format=xlsx").content))
    tiles = {row[1].value: row for row in book.worksheets[0].iter_rows(max_col=5)}
    for tile in data["tiles"]:
        check.same(tiles[tile["name"]][3].value, tile["value"], "xlsx", name, tile, off=ROUNDED)
        check.same(tiles[tile["name"]][4].value, tile["before"], "xlsx", name, tile, off=ROUNDED)
    for part, page in zip([*data["charts"], *data["tables"]], book.worksheets[1:], strict=True):
        text = client.get(f"/admin/reports/{name}/?{address}&format=csv&part={part['name']}").content.decode(
            "utf-8-sig"
        )
        lines, rows = list(csv.reader(io.StringIO(text)))[1:], list(page.iter_rows(min_row=2, values_only=True))
        if "series" in part:
            expected = [list(values) for values in zip(*(one["values"] for one in part["series"]), strict=True)]
        else:
            expected = [list(values.values()) for values in (*(row["values"] for row in part["rows"]), part["total"])]
        for values, line, row in zip(expected, lines, rows, strict=True) if expected else ():
            for at, value in enumerate(values, 1):
                check.same(float(line[at]) if line[at] else None, value, "csv", name, part["name"], off=ROUNDED)
                check.same(row[at], value, "xlsx", name, part["name"], off=ROUNDED)


def keys_of(check: Comparison, name: str) -> dict[int, list[Any]]:
    """Return the keys of a dimension that each conversation has, from the raw rows: several tags are several keys."""
    found: dict[int, list[Any]] = {}
    for row in Conversation.objects.select_related("customer").prefetch_related("tags"):
        talk, local = check.world.truth.talks[row.pk], row.opened_at.astimezone(zone())
        seats = [
            one.seat for one in check.world.truth.happenings if one.conversation == row.pk and one.name == "assigned"
        ]
        monday = local.date() - timedelta(days=local.weekday())
        ended = [
            one
            for one in check.world.truth.happenings
            if one.conversation == row.pk and one.name in ("closed", "reopened")
        ]
        # A command that opens a conversation is carried out, and stands in no log of messages.
        first = row.messages.filter(side="customer", created_at=row.opened_at).order_by("pk").first()
        match row.source:
            case "click":
                words = "SERVICE"
            case "follow" | "scan":
                words = row.source_detail
            case _:
                words = first.content["text"][:20] if first else "#退出"
        found[row.pk] = {
            "tag": [tag.name for tag in row.tags.all()] or [None], "customer_tag": [None], "source": [row.source],
            "detail": [words or None], "account": [row.customer.account_id], "group": [row.group],
            "seat": [seats[-1] if seats else 0], "day": [local.date()], "week": [monday], "month": [local.date().replace(day=1)],
            "weekday": [local.weekday()], "hour": [local.hour], "outcome": [ended[-1].value[0] if ended and ended[-1].name == "closed" else ""],
        }[name]  # fmt: skip
        assert talk.account == row.customer.account_id
    return found


def compare_questions(check: Comparison, first: date, last: date, seed: int) -> None:
    """Some questions of each world: rows, columns, with and without a tag; all numbers, totals, and how many lie behind."""
    hand, names = random.Random(seed), sorted(DIMENSIONS_OF)
    every = {name: keys_of(check, name) for name in names}
    for _question in range(4):
        rows, columns = hand.sample(names, 2)
        tag, scope = hand.choice(["", "", "refund"]), Scope(first, last)
        if tag:
            rows, columns = hand.sample([name for name in names if not name.endswith("tag")], 2)
        within = {
            number for number, (day,) in every["day"].items()
            if first <= day <= last and (not tag or tag in every["tag"][number])
        }  # fmt: skip
        asked = Question(scope, DIMENSIONS_OF[rows], DIMENSIONS_OF[columns] if _question else None, tag)
        cells: dict[Any, set[int]] = {}
        for number in within:
            for row in every[rows][number]:
                for column in every[columns][number] if _question else [None]:
                    cells.setdefault((row, column), set()).add(number)
        found = explored.by(asked, MEASURES)
        assert set(found) == set(cells), (asked, set(found) ^ set(cells))
        for key, numbers_ in cells.items():
            expected = numbers.of_conversations(check.world.truth, numbers_)
            for name in MEASURES:
                check.same(METRICS[name].value(found[key]), expected[name], name, "question", key, asked)
            only = replace(asked, only={rows: key[0], **({columns: key[1]} if _question else {})})
            name = hand.choice(
                [one for one in MEASURES if explored.behind(one) is not None and METRICS[one].unit == "count"]
            )
            listed = explored.conversations(only).filter(explored.behind(name)).distinct().count()
            check.same(listed, expected[name], name, "behind a question", key, asked)
        whole, expected = explored.totals(asked, MEASURES), numbers.of_conversations(check.world.truth, within)
        for name in MEASURES:
            check.same(METRICS[name].value(whole), expected[name], name, "question, total", asked)


def compare_letters(check: Comparison) -> None:
    """Each letter, or the last correction of it, has the numbers of its days."""
    for (name, days), letter in check.world.letters.items():
        scope = Scope(*map(date.fromisoformat, days.split(" – ")))
        expected, before = check.expected(scope), scope.before(check.now)
        earlier = check.expected(before, before.end)
        book = load_workbook(io.BytesIO(letter.attachments[0].content))
        rows = {row[1].value: row for row in book.worksheets[0].iter_rows(min_row=4, max_col=5)}
        assert len(rows) == 6
        for metric, row in rows.items():
            check.same(row[3].value, expected[metric], "letter", name, days, metric, off=ROUNDED)
            check.same(row[4].value, earlier[metric], "letter, before", name, days, metric, off=ROUNDED)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_every_number_of_a_world(site, platforms, monkeypatch, settings, seed, record_property):
    began = time.process_time()
    world = World(site, platforms, monkeypatch, settings, seed)
    parameters.stored.remember(
        {"SERVICE_LEVEL_SECONDS": str(world.goal), "SERVICE_TIME": "working" if world.in_working_time else "clock"}
    )
    with clock.fixed(lambda: world.now):
        world.play(STEPS)
        now = settled(world)
        last = now.astimezone(zone()).date()
        first = min(world.started.astimezone(zone()).date(), last - timedelta(days=2))
        check = Comparison(world, now)
        every = list(scopes(first, last))
        # Each world is looked at from some of all sides, so that there is time for more worlds.
        looked_at = every[seed % 5 :: 5]
        for scope in looked_at:
            compare_totals(check, scope)
        for scope in (every[0], looked_at[seed % len(looked_at)]):
            compare_over_time(check, scope)
            compare_rows_behind(check, scope)
            compare_reports(check, scope)
        user = User.objects.create_user("reader", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="read_reports"))
        client = Client()
        client.force_login(user)
        names = sorted(DASHBOARDS)
        for name in {names[at % len(names)] for at in (seed, seed + 5)}:  # so that five worlds in a row have all
            compare_files(check, client, name, f"from={first}&to={last}")
        compare_letters(check)
        compare_questions(check, first, last, seed)
        assert list(checking.check(begins(first), begins(last + timedelta(days=1)), now)) == []
    record_property("compared", check.compared)
    spent = time.process_time() - began
    print(
        f"seed {seed}: {check.compared} values, {len(world.truth.happenings)} happenings, {len(world.letters)} letters, {spent:.1f} s"
    )
