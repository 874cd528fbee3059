"""What analysts add to reports: comparison, goals, notes on days, saved reports; and what each number says of itself."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group, User

from analytics.metrics.catalogue import METRICS
from analytics.models import DayNote, Goal, SavedReport
from analytics.reports import query
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import report
from analytics.reports.scoping import ScopeForm
from tests.analytics.test_reports import NOW, RANGE, past, reader, told
from tests.support.database import shared_db

__all__ = ["past", "shared_db", "told"]  # fixtures
SCOPE = Scope(date(2026, 11, 16), date(2026, 11, 20))


def graphs(page: str) -> dict:
    found = re.search(r'<script id="report-graphs" type="application/json">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize(
    ("compare", "other", "label"),
    [
        ("before", Scope(date(2026, 11, 11), date(2026, 11, 15)), "上一时段"),
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
    assert not any(one["dashed"] for one in graphs(page)["outcomes"]["series"]), "what is stacked is not compared"
    assert reader("api").get(f"/api/reports/overview/?{RANGE}").json()["charts"][2]["series"][3:] == []


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
    assert len(asked) >= 6
    for metric in asked:
        said = re.search(rf'id="means-{metric}" class="meaning" popover>(.*?)</div>', page, re.DOTALL)
        assert said
        assert "机器人" in said[1]


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
