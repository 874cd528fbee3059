"""What analysts add to reports: comparison, goals, notes on days, saved reports; and what each number says of itself."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from analytics.metrics.catalogue import METRICS
from analytics.models import DayNote, Goal, SavedReport
from analytics.reports import query
from analytics.reports.behind import PAGE, behind
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import Tile, report
from analytics.reports.scoping import ScopeForm
from analytics.reports.shape import Chart
from analytics.templatetags import numbers
from bridge.models import Fact
from tests.analytics.test_reports import NOW, RANGE, past, reader, told
from tests.support.database import shared_db

__all__ = ["past", "shared_db", "told"]  # fixtures
pytestmark = pytest.mark.once
SCOPE = Scope(date(2026, 11, 16), date(2026, 11, 20))
MOMENT = timedelta(microseconds=1)


def graphs(page: str) -> dict:
    found = re.search(r'<script id="report-graphs" type="application/json">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize(
    ("compare", "other", "label"),
    [
        ("before", Scope(date(2026, 11, 11), date(2026, 11, 15)), "上一周期"),
        ("group:demo-sales", Scope(SCOPE.first, SCOPE.last, group="demo-sales"), "销售咨询"),
    ],
)
def test_lines_of_another_time_or_group_on_one_chart(told, compare, other, label):
    page = reader().get(f"/admin/reports/overview/?from=2026-11-16&to=2026-11-20&compare={compare}").content.decode()
    series = graphs(page)["times"]["series"]
    assert [one["dashed"] for one in series] == [False] * 3 + [True] * 3
    assert series[4]["label"].endswith(f"· {label}")
    expected = query.by_time(other, ["first_answer_p50"], NOW)
    assert series[4]["values"] == [METRICS["first_answer_p50"].value(sums) for sums in expected.values()]
    assert len(series[4]["values"]) == 5
    assert 'aria-details="numbers-times"' in page
    assert len(links(page, "times")) == 15, "what is there for comparison leads nowhere"
    assert reader("api").get(f"/api/reports/overview/?{RANGE}").json()["charts"][2]["series"][3:] == []


def test_hours_of_two_days_stand_beside_those_of_the_two_before(told):
    page = reader().get("/admin/reports/overview/?from=2026-11-18&to=2026-11-19&compare=before").content.decode()
    (beside,) = [one for one in graphs(page)["messages"]["series"] if one["dashed"] and one["name"] == "received"]
    expected = query.by_time(Scope(date(2026, 11, 16), date(2026, 11, 17)), ["received"], NOW)
    assert beside["values"] == [METRICS["received"].value(sums) for sums in expected.values()]
    assert len(beside["values"]) == 48


@pytest.mark.parametrize(("dashboard", "name"), [("overview", "outcomes"), ("groups", "closed_by")])
def test_beside_stacked_bars_is_a_line_as_high_as_the_others_together(told, dashboard, name):
    page = reader().get(f"/admin/reports/{dashboard}/?from=2026-11-16&to=2026-11-20&compare=before").content.decode()
    *own, other = graphs(page)[name]["series"]
    assert not any(one["dashed"] for one in own)
    assert (other["dashed"], other["label"]) == (True, "合计 · 上一周期")
    expected = query.by_time(Scope(date(2026, 11, 11), date(2026, 11, 15)), ["closed"], NOW)
    assert other["values"] == [METRICS["closed"].value(sums) for sums in expected.values()]
    assert sum(other["values"]) > 50


def links(page: str, graph: str) -> list[tuple[str, int]]:
    """Return where the numbers below a chart lead, and the numbers."""
    table = page.split(f'id="numbers-{graph}"')[1].split("</details>", maxsplit=1)[0]
    found = re.findall(r'<a href="(/admin/reports/behind/[^"]+)">([^<]+)</a>', table)
    return [(html.unescape(address), int(re.sub(r"\D", "", count))) for address, count in found]


def listed(client: Client, address: str) -> int:
    """Count the rows on all pages of a list."""
    path, number = address.split("?", maxsplit=1)[0], 0
    while True:
        page = client.get(address).content.decode()
        number += len(re.findall(r"<tr>\s*<td>2026", page))
        if not (more := re.search(r'href="(\?[^"]+after=[^"]+)"', page)):
            return number
        address = path + html.unescape(more[1])


@pytest.mark.parametrize("days", ["from=2026-11-16&to=2026-11-20", "from=2026-11-18&to=2026-11-18"])
@pytest.mark.parametrize(
    ("dashboard", "graph"),
    [("overview", "opened_by"), ("groups", "closed_by"), ("overview", "outcomes"), ("overview", "messages")],
)
def test_behind_a_number_of_a_chart_are_as_many_of_its_hour_or_day_and_account_or_group(told, days, dashboard, graph):
    client = reader()
    found = links(client.get(f"/admin/reports/{dashboard}/?{days}").content.decode(), graph)
    assert len(found) > 9
    for address, count in found[:: max(1, len(found) // 6)]:
        assert listed(client, address) == count, (address, count)


def test_an_hour_that_is_none_is_the_whole_day(told):
    client, day = reader(), "/admin/reports/behind/opened/?from=2026-11-18&to=2026-11-18"
    whole = listed(client, day)
    for word in ("", "x", "9999-12-31T23:00Z", "0001-01-01T00:00Z", "2026-11-18"):
        assert listed(client, f"{day}&hour={word}") in (whole, 0)
    assert 0 < listed(client, f"{day}&hour=2026-11-18T02:00Z") < whole


def test_what_happens_on_the_hour_is_behind_the_hour_that_begins(told):
    hour = datetime(2026, 11, 18, 2, tzinfo=UTC)
    fact = Fact.objects.filter(kind=Fact.Kind.OPENED, at__lt=hour).latest("at", "pk")
    before = [len(behind(METRICS["opened"], SCOPE, "", one).rows) for one in (hour, hour + timedelta(hours=1))]
    Fact.objects.filter(pk=fact.pk).update(at=hour + timedelta(hours=1))
    after = [len(behind(METRICS["opened"], SCOPE, "", one).rows) for one in (hour, hour + timedelta(hours=1))]
    assert after == [before[0], before[1] + 1]


def test_behind_a_time_in_working_hours_stands_that_time(told):
    fact = Fact.objects.filter(kind=Fact.Kind.FIRST_ANSWER, at__lt=SCOPE.end).latest("at", "pk")
    Fact.objects.filter(pk=fact.pk).update(seconds=50_000, working=4321)
    for metric, seconds in (("first_working_p50", 4321), ("first_answer_p50", 50_000)):
        assert behind(METRICS[metric], SCOPE).rows[0].seconds == seconds


def test_a_supervisor_cannot_compare_with_another_group(told):
    own = frozenset({"demo-sales"})
    assert ScopeForm({"compare": "group:demo-sales"}, DASHBOARDS["queue"], own).is_valid()
    assert not ScopeForm({"compare": "group:demo-repair"}, DASHBOARDS["queue"], own).is_valid()


def test_a_goal_is_a_line_in_charts_and_stands_on_the_tile(told):
    Goal.objects.create(metric="first_answer_p50", value=60)
    Goal.objects.create(metric="csat", value=85)
    page = reader().get(f"/admin/reports/overview/?{RANGE}").content.decode()
    assert [goal["value"] for goal in graphs(page)["times"]["goals"]] == [60]
    assert "目标 85.0 %" in page
    assert "目标 1 分" in page
    satisfied = graphs(reader("b").get(f"/admin/reports/satisfaction/?{RANGE}").content.decode())["satisfied"]
    assert [goal["value"] for goal in satisfied["goals"]] == [0.85]


@pytest.mark.parametrize(("days", "at"), [(4, 2), (0, 0)])
def test_a_note_marks_its_day(told, days, at):
    day = date(2026, 11, 18)
    DayNote.objects.create(day=day, text="campaign")
    DayNote.objects.create(day=date(2026, 1, 1), text="long ago")
    first = date(2026, 11, 16) if days else day
    page = reader().get(f"/admin/reports/overview/?from={first}&to={first + timedelta(days=days)}").content.decode()
    assert graphs(page)["outcomes"]["notes"] == [{"at": at, "text": "campaign"}]
    assert page.count("2026-11-18 · campaign") == 1
    assert "long ago" not in page


def test_saved_reports_are_ones_own_or_a_roles_or_everybodys(told):
    client, role = reader("maker"), Group.objects.create(name="analysts")
    for name, shared in (("mine", "nobody"), ("ours", "role"), ("all", "everybody")):
        data = {"name": name, "page": "queue", "query": "range=7&group=demo-sales", "shared": shared, "role": role.pk}
        assert client.post("/admin/reports/save/", data).url == "/admin/reports/queue/?range=7&group=demo-sales"
    assert SavedReport.objects.get(name="all").role is None
    other, colleague = reader("other"), reader("colleague")
    role.user_set.add(User.objects.get(username="colleague"))
    for who, expected in ((client, {"mine", "ours", "all"}), (colleague, {"ours", "all"}), (other, {"all"})):
        page = who.get("/admin/reports/explore/").content.decode()
        assert {name for name in ("mine", "ours", "all") if f">{name}</a>" in page} == expected
    assert other.get("/admin/reports/queue/?range=7&group=demo-sales").status_code == 200
    number = SavedReport.objects.get(name="all").pk
    assert other.post(f"/admin/reports/forget/{number}/").status_code == 404
    assert client.post(f"/admin/reports/forget/{number}/").status_code == 302
    assert not SavedReport.objects.filter(name="all").exists()
    for wrong in ({"page": "nowhere"}, {"name": ""}, {"shared": "role", "role": ""}):
        client.post("/admin/reports/save/", {"name": "x", "page": "queue", "shared": "nobody", **wrong})
    assert not SavedReport.objects.filter(name="x").exists()
    stranger = reader("stranger", everything=False)
    assert stranger.post("/admin/reports/save/", {"name": "x", "page": "queue", "shared": "nobody"}).status_code == 403


def test_a_named_range_goes_with_the_day(told):
    page = reader().get("/admin/reports/overview/?range=week").content.decode()
    assert "2026-11-09 – 2026-11-15" in page
    assert 'value="2026-11-09"' in page
    data = reader("api").get("/api/reports/overview/?range=yesterday").json()
    assert (data["from"], data["to"]) == ("2026-11-19", "2026-11-19")


@pytest.mark.parametrize("name", [*DASHBOARDS, "explore"])
def test_every_name_of_a_number_tells_its_meaning_and_whether_bots_count(told, name):
    page = reader().get(f"/admin/reports/{name}/?{RANGE}").content.decode()
    asked = set(re.findall(r'popovertarget="means-(\w+)"', page))
    assert len(asked) >= (3 if name == "sources" else 6)
    parts = DASHBOARDS[name].parts if name in DASHBOARDS else ()
    assert {metric for part in parts if isinstance(part, Chart) for metric in part.metrics} <= asked
    for metric in asked:
        said = re.search(rf'id="means-{metric}" class="meaning" popover>(.*?)</div>', page, re.DOTALL)
        assert said
        assert "机器人" in said[1]


def test_a_number_by_rows_and_columns_tells_its_meaning(told):
    page = reader().get(f"/admin/reports/explore/?{RANGE}&rows=seat&columns=hour&measure=wait_p90").content.decode()
    assert page.count('popovertarget="means-wait_p90"') == page.count('id="means-wait_p90"') == 1


def test_behind_every_chart_is_a_table_with_links(told):
    page = reader().get(f"/admin/reports/queue/?{RANGE}").content.decode()
    for drawn in re.findall(
        r'<canvas data-graph="(\w+)" role="img" aria-label="[^"]+" aria-details="(numbers-\w+)"', page
    ):
        assert f'id="{drawn[1]}"' in page
        assert drawn[1] == f"numbers-{drawn[0]}"
    waits = page.split('id="numbers-waits"')[1].split("</details>")[0]
    assert "/admin/reports/behind/wait_p90/?from=2026-11-1" in waits
    made = report(DASHBOARDS["queue"], SCOPE, NOW)
    assert len(re.findall(r"<canvas", page)) == sum(
        one.kind in ("line", "bar", "stacked") and not one.is_empty for one in made.graphs
    )


def test_a_note_on_a_day_to_come_marks_none_of_those_shown(told):
    DayNote.objects.create(day=SCOPE.last + timedelta(days=1), text="tomorrow")
    page = reader().get("/admin/reports/overview/?from=2026-11-16&to=2026-11-20").content.decode()
    assert graphs(page)["outcomes"]["notes"] == []
    assert "tomorrow" not in page


def test_a_goal_for_a_number_that_is_there_no_more_is_no_error(told):
    Goal.objects.create(metric="gone", value=60)
    Goal.objects.create(metric="first_answer_p50", value=60)
    page = reader().get(f"/admin/reports/overview/?{RANGE}").content.decode()
    assert [goal["value"] for goal in graphs(page)["times"]["goals"]] == [60]


def test_what_cannot_be_saved_is_said_and_forgetting_takes_a_button(told):
    client = reader("maker")
    wrong = {"name": "x", "page": "queue", "shared": "role", "role": ""}
    assert "请选择" in client.post("/admin/reports/save/", wrong, follow=True).content.decode()
    client.post("/admin/reports/save/", {"name": "kept", "page": "queue", "shared": "nobody"})
    number = SavedReport.objects.get(name="kept").pk
    assert client.get(f"/admin/reports/forget/{number}/").status_code == 405
    assert SavedReport.objects.filter(pk=number).exists()


def test_facts_of_one_moment_are_each_on_one_page(told):
    at = datetime(2026, 11, 18, 2, tzinfo=UTC)
    Fact.objects.bulk_create(Fact(kind=Fact.Kind.LEFT, at=at, account_id=1, group="x") for _one in range(120))
    seen, after = [], ""
    while True:
        page = behind(METRICS["left"], Scope(SCOPE.first, SCOPE.last, group="x"), after)
        seen.append(len(page.rows))
        if not (after := page.after):
            break
    assert seen == [50, 50, 20]


def test_behind_as_many_as_a_page_holds_there_is_no_other_page(told):
    at = datetime(2026, 11, 18, 2, tzinfo=UTC)
    Fact.objects.bulk_create(Fact(kind=Fact.Kind.LEFT, at=at, account_id=1, group="x") for _one in range(PAGE))
    page = behind(METRICS["left"], Scope(SCOPE.first, SCOPE.last, group="x"))
    assert (len(page.rows), page.after) == (PAGE, "")


def test_behind_a_number_is_the_first_moment_of_its_days_and_not_the_one_after_them(told):
    scope = Scope(SCOPE.first, SCOPE.last, group="x")
    moments = [scope.start - MOMENT, scope.start, scope.end - MOMENT, scope.end]
    Fact.objects.bulk_create(Fact(kind=Fact.Kind.LEFT, at=at, account_id=1, group="x") for at in moments)
    assert [row.at for row in behind(METRICS["left"], scope).rows] == [scope.end - MOMENT, scope.start]


@pytest.mark.parametrize(
    "after",
    ["x", "_", "1763424000_", "_5", "nan_5", "inf_5", "1e300_5", "1763424000_1e3", "-62135596800_5", "253402300799.9_5",
     "1763424000_" + "9" * 30, "1763424000_" + "9" * 5000, "1763424000_-5", "\0_\0", "１_１"],
)  # fmt: skip
def test_a_place_that_nobody_was_at_is_no_error(told, after):
    assert reader().get("/admin/reports/behind/opened/", {"after": after, "from": "2026-11-16"}).status_code == 200


@pytest.mark.parametrize("rare", [0, 3, 60, 200])
def test_pages_of_two_kinds_have_all_facts_newest_first(told, rare):
    begins = datetime(2026, 11, 18, 2, tzinfo=UTC)
    # Five of one moment, and after them those of the other kind, of which there may be few.
    moments = [(Fact.Kind.LEFT, begins + timedelta(seconds=number // 5)) for number in range(130)]
    moments += [(Fact.Kind.REOPENED, begins + timedelta(seconds=number)) for number in range(rare)]
    Fact.objects.bulk_create(Fact(kind=kind, at=at, account_id=1, group="x") for kind, at in moments)
    both = replace(METRICS["left"], facts=(*METRICS["left"].facts, *METRICS["reopened"].facts))
    seen, after = [], ""
    while page := behind(both, Scope(SCOPE.first, SCOPE.last, group="x"), after):
        seen += [row.at for row in page.rows]
        if not (after := page.after):
            break
    assert seen == sorted((at for _kind, at in moments), reverse=True)


@pytest.mark.parametrize(
    ("value", "before", "better", "mood"),
    [(2, 1, 1, "good"), (1, 2, 1, "bad"), (2, 1, -1, "bad"), (1, 2, -1, "good"), (2, 2, 1, ""), (2, None, 1, ""), (2, 1, 0, "")],
)  # fmt: skip
def test_a_change_is_good_or_bad_by_what_the_number_means(value, before, better, mood):
    metric = replace(METRICS["opened"], better=better)
    assert numbers.mood(Tile(metric, value, before)) == mood
