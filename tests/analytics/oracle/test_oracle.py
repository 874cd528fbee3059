"""Every number of the reports against a second calculation. ORACLE_SEEDS says how many worlds are played, from ORACLE_FIRST on."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from analytics.facts import checking
from analytics.metrics.catalogue import METRICS
from analytics.reports import behind as listing
from analytics.reports import query
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import report
from analytics.reports.shape import Chart, Distribution, Split, Table, Week, Words
from bridge.base import clock
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat
from tests.analytics.oracle import numbers
from tests.analytics.oracle.numbers import View
from tests.analytics.oracle.world import World, settled

pytestmark = pytest.mark.once
FIRST, SEEDS = int(os.environ.get("ORACLE_FIRST", "1")), int(os.environ.get("ORACLE_SEEDS", "4"))
STEPS = 90
OF_SEATS = {"online_seconds", "open_seconds", "busy_seconds", "away_seconds", "occupancy", "concurrency"}
DIMENSIONS = {"account_id": "account", "group": "groups", "seat_id": "seat"}


class Comparison:
    """Counts what is compared, and stops at the first number that differs."""

    def __init__(self, world: World, now: datetime) -> None:
        self.world, self.now, self.compared = world, now, 0

    def expected(self, scope: Scope, **more: Any) -> dict[str, Any]:
        return numbers.values(self.world.truth, replace(view_of(scope), **more), self.now)

    def same(self, shown: Any, expected: Any, *about: Any) -> None:
        self.compared += 1
        if isinstance(expected, tuple):
            assert shown is not None, about
            assert expected[0] - 0.01 <= shown <= expected[1] + 0.01, (*about, shown, expected)
        elif expected is None or shown is None:
            assert shown is expected, (*about, shown, expected)
        else:
            assert shown == pytest.approx(expected, rel=1e-6, abs=0.01), about

    def all(self, sums: Any, expected: dict[str, Any], *about: Any, but: Any = ()) -> None:
        for name, metric in METRICS.items():
            if name not in but:
                self.same(metric.value(sums), expected[name], name, *about)


def view_of(scope: Scope) -> View:
    groups = frozenset({scope.group}) if scope.group else scope.groups
    return View(scope.start, scope.end, scope.account or None, groups, scope.seat or None)


def scopes(first: date, last: date) -> Iterator[Scope]:
    """Yield what is looked at: everything, each account, group and seat, and some of these together, on several days."""
    accounts = list(WeChatAccount.objects.values_list("pk", flat=True))
    for whole in (Scope(first, last), Scope(last, last), Scope(last - timedelta(days=1), last)):
        yield whole
        yield from (replace(whole, account=one) for one in accounts)
        yield from (replace(whole, group=one) for one in ("sales", "care", "spare"))
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
        earlier = numbers.values(check.world.truth, view_of(before), before.end)
        for tile in made.tiles:
            check.same(tile.value, expected[tile.metric.name], "tile", tile.metric.name, scope)
            check.same(tile.before, earlier[tile.metric.name], "before", tile.metric.name, scope, before)
        graphs, sheets = {one.name: one for one in made.graphs}, {one.name: one for one in made.sheets}
        for part in dashboard.parts:
            where = (dashboard.name, part.name, scope)
            if isinstance(part, Table):
                compare_table(check, scope, sheets[part.name], where)
            elif isinstance(part, Chart):
                compare_chart(check, scope, graphs[part.name], where)
            elif isinstance(part, Split):
                check.same(sum(sum(one.values) for one in graphs[part.name].series), expected[part.metric], *where)
            else:
                compare_counts(check, scope, part, graphs[part.name], where)


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


def compare_chart(check: Comparison, scope: Scope, graph: Any, where: Any) -> None:
    ends = [*graph.moments[1:], min(scope.end, check.now)]
    for at, (start, end) in enumerate(zip(graph.moments, ends, strict=True)):
        expected = check.expected(scope, start=start, end=end)
        for series in graph.series:
            check.same(series.values[at], expected[series.name], series.name, start, *where)


def compare_counts(check: Comparison, scope: Scope, part: Any, graph: Any, where: Any) -> None:
    these = numbers.happened(check.world.truth, view_of(scope))
    if isinstance(part, Week):
        opened = [timezone.localtime(one.at) for one in these if one.name == "opened"]
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


def compare_files(check: Comparison, client: Client, name: str, address: str) -> None:
    """Page, API, CSV and workbook say the same; the API's numbers are the report's, which are compared above."""
    data = client.get(f"/api/reports/{name}/?{address}").json()
    assert client.get(f"/admin/reports/{name}/?{address}").status_code == 200
    book = load_workbook(io.BytesIO(client.get(f"/admin/reports/{name}/?{address}&format=xlsx").content))
    tiles = {row[1].value: row for row in book.worksheets[0].iter_rows(max_col=5)}
    for tile in data["tiles"]:
        check.same(tiles[tile["name"]][3].value, tile["value"], "xlsx", name, tile)
        check.same(tiles[tile["name"]][4].value, tile["before"], "xlsx", name, tile)
    for part, page in zip([*data["charts"], *data["tables"]], book.worksheets[1:], strict=True):
        text = client.get(f"/admin/reports/{name}/?{address}&format=csv&part={part['name']}").content.decode(
            "utf-8-sig"
        )
        lines, rows = list(csv.reader(io.StringIO(text)))[1:], list(page.iter_rows(min_row=2, values_only=True))
        if "series" in part:
            expected = [list(values) for values in zip(*(one["values"] for one in part["series"]), strict=True)]
        else:
            expected = [list(row["values"].values()) for row in part["rows"]]
        for values, line, row in zip(expected, lines, rows, strict=True) if expected else ():
            for at, value in enumerate(values, 1):
                check.same(float(line[at]) if line[at] else None, value, "csv", name, part["name"])
                check.same(row[at], value, "xlsx", name, part["name"])


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_every_number_of_a_world(site, platforms, monkeypatch, seed, record_property):
    world = World(site, platforms, monkeypatch, seed)
    with clock.fixed(lambda: world.now):
        world.play(STEPS)
        now = settled(world)
        last = timezone.localtime(now).date()
        first = min(date(2026, 11, 29), last - timedelta(days=2))
        check = Comparison(world, now)
        every = list(scopes(first, last))
        # Each world is looked at from a third of all sides, so that there is time for more worlds.
        looked_at = every[seed % 3 :: 3]
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
        name = sorted(DASHBOARDS)[seed % len(DASHBOARDS)]
        compare_files(check, client, name, f"from={first}&to={last}")
        for subject, opened in world.letters.items():
            day = date.fromisoformat(subject.split(" – ")[1])
            check.same(opened, check.expected(Scope(day, day))["opened"], "letter", day)
        assert list(checking.check(Scope(first, last).start, now, now)) == []
    record_property("compared", check.compared)
    print(f"seed {seed}: {check.compared} values, {len(world.truth.happenings)} happenings")
