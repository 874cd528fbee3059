"""The reports: one number on the page, in the files and from the API; and who may read which."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from analytics.delivery.files import as_workbook
from analytics.demo import history, site
from analytics.facts import rollups
from analytics.metrics.catalogue import METRICS
from analytics.models import Grain, Rollup
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import report
from analytics.reports.scoping import ranges
from analytics.reports.showing import change, rounded, shown
from bridge.base import clock
from bridge.models import Conversation, Fact
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat, SeatGroup
from tests.support.database import shared_db, undone

__all__ = ["shared_db"]  # a fixture
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
RANGE = "from=2026-11-11&to=2026-11-20"


@pytest.fixture(scope="module")
def past(db):
    """A site with ten days of history, written once."""
    with clock.fixed(lambda: NOW):
        for _written in history.write(site.build(random.Random(1)), NOW, 10, 400, random.Random(2)):
            pass
        list(rollups.rebuild(NOW - timedelta(days=10), NOW + timedelta(days=1), NOW))


@pytest.fixture
def told(past):
    """The site with its history; what a test does to it is undone."""
    with undone(), clock.fixed(lambda: NOW):
        yield


def reader(name: str = "reader", *, staff: bool = True, everything: bool = True) -> Client:
    user = User.objects.create_user(name, is_staff=staff)
    if everything:
        user.user_permissions.add(*Permission.objects.filter(codename__in=("read_reports", "view_conversation")))
    client = Client()
    client.force_login(user)
    return client


def sheet(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:300]
    text = answer.content.decode()
    assert text.startswith("\ufeff"), "spreadsheets know by it that it is UTF-8"
    return list(csv.reader(io.StringIO(text[1:])))


def test_the_same_number_everywhere(told):
    client = reader()
    opened = Fact.objects.filter(kind=Fact.Kind.OPENED, at__gte=datetime(2026, 11, 10, 16, tzinfo=UTC)).count()
    assert opened > 300
    page = client.get(f"/admin/reports/overview/?{RANGE}").content.decode()
    assert f">{opened:,}</a>" in page
    (row,) = [row for row in sheet(client, f"/admin/reports/overview/?{RANGE}&format=csv") if row[1] == "opened"]
    assert row[3] == str(opened)
    days = sheet(client, f"/admin/reports/accounts/?{RANGE}&format=csv&part=opened_by")
    assert sum(int(one) for day in days[1:] for one in day[1:]) == opened
    by_account = sheet(client, f"/admin/reports/accounts/?{RANGE}&format=csv&part=accounts")
    assert sum(int(line[1]) for line in by_account[1:-1]) == opened == int(by_account[-1][1])
    book = load_workbook(io.BytesIO(client.get(f"/admin/reports/overview/?{RANGE}&format=xlsx").content))
    values = {row[1].value: row[3].value for row in book.worksheets[0].iter_rows(min_row=4, max_col=5)}
    assert values["opened"] == opened
    answer = client.get(f"/api/reports/overview/?{RANGE}").json()
    assert {tile["name"]: tile["value"] for tile in answer["tiles"]}["opened"] == opened
    page = client.get(f"/admin/reports/behind/abandoned/?{RANGE}").content.decode()
    abandoned = Fact.objects.filter(kind=Fact.Kind.CLOSED, detail="abandoned")
    assert page.count("/transcript/") == abandoned.values("conversation_id").distinct().count() > 0


def test_numbers_in_files_are_as_exact_as_on_the_page(told):
    client = reader()
    found = sheet(client, f"/admin/reports/accounts/?{RANGE}&format=csv&part=accounts")
    shares = [line[found[0].index("放弃排队占比")] for line in found[1:]]
    assert any(float(one) for one in shares if one)
    assert all(len(one.partition(".")[2]) <= 3 for one in shares), shares
    page = client.get(f"/admin/reports/accounts/?{RANGE}").content.decode()
    assert f">{float(shares[-1]) * 100:.1f} %<" in page
    units = {line[2] for line in sheet(client, f"/admin/reports/overview/?{RANGE}&format=csv")[1:]}
    assert units <= {"数量", "占比，0 到 1", "秒", "人", "个", "分"}, units
    asked = sheet(client, f"/admin/reports/explore/?{RANGE}&rows=group&format=csv")
    places = [len(cell.partition(".")[2]) for line in asked[1:] for cell in line[1:]]
    assert max(places) <= 3, asked


def test_last_week_and_last_month_are_whole_ones():
    found = ranges(date(2026, 3, 4))
    assert found["week"][1:] == (date(2026, 2, 23), date(2026, 3, 1))
    assert found["last_month"][1:] == (date(2026, 2, 1), date(2026, 2, 28))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_that_nobody_means_are_refused_with_words(db, admin_client, day):
    for address in (f"/admin/reports/overview/?from={day}", f"/admin/reports/overview/?to={day}", f"/admin/reports/explore/?from={day}",
                    f"/admin/reports/behind/opened/?from={day}"):  # fmt: skip
        answer = admin_client.get(address)
        assert (answer.status_code, "2000" in answer.content.decode()) == (200, True), address
    assert admin_client.get(f"/api/reports/overview/?from={day}").status_code == 400
    answer = admin_client.post("/admin/analytics/daynote/add/", {"day": day, "text": "促销"})
    assert "2000" in answer.content.decode()
    hours = {
        "name": "门店",
        "special_days-TOTAL_FORMS": "1",
        "special_days-INITIAL_FORMS": "0",
        "special_days-0-day": day,
    }
    answer = admin_client.post("/admin/bridge/workinghours/add/", hours)
    assert "2000" in answer.content.decode()


def test_a_range_has_30_days_where_only_its_end_is_said_and_800_at_most(told):
    client = reader()
    assert client.get("/api/reports/overview/?to=2026-11-20").json()["from"] == "2026-10-22"
    assert client.get("/api/reports/overview/?from=2024-09-12&to=2026-11-20").status_code == 200
    assert client.get("/api/reports/overview/?from=2024-09-11&to=2026-11-20").status_code == 400


@pytest.mark.long
@pytest.mark.parametrize(
    "query", [RANGE, "from=2026-11-20&to=2026-11-20", "from=2020-01-01&to=2020-01-31", "group=demo-sales&seat={}"]
)
def test_every_dashboard_opens_full_hourly_and_empty(told, query):
    client, query = reader(), query.format(Seat.objects.filter(groups__slug="demo-sales").latest("pk").pk)
    for name in DASHBOARDS:
        assert client.get(f"/admin/reports/{name}/?{query}").status_code == 200
        workbook = client.get(f"/admin/reports/{name}/?{query}&format=xlsx")
        answer = client.get(f"/api/reports/{name}/?{query}")
        if "seat=" in query and "seat" not in DASHBOARDS[name].filters:
            assert (answer.status_code, workbook.status_code) == (400, 400)
            continue
        assert workbook.status_code == 200
        data = answer.json()
        assert data["report"] == name
        for part in [*data["charts"], *data["tables"]]:
            assert sheet(client, f"/admin/reports/{name}/?{query}&format=csv&part={part['name']}")


def test_what_cannot_be_asked_is_said_and_the_usual_shown(told):
    client = reader()
    wrong = {
        "from=2026-11-20&to=2026-11-01": "早于开始的日期",
        "from=2026-11-20&to=2026-11-19": "早于开始的日期",
        "from=2020-01-01&to=2026-11-01": "最多",
        "from=yesterday": "日期",
        "group=nowhere": "nowhere",
    }
    for query, words in wrong.items():
        page = client.get(f"/admin/reports/overview/?{query}")
        assert page.status_code == 200
        assert words in page.content.decode()
        assert client.get(f"/api/reports/overview/?{query}").status_code == 400
        for file in ("overview/?format=csv&", "overview/?format=xlsx&", "explore/?format=csv&", "conversations.csv?"):
            answer = client.get(f"/admin/reports/{file}{query}")
            assert (answer.status_code, words in answer.content.decode()) == (400, True), (
                "not another file than is asked for"
            )


def test_a_supervisor_reads_the_supervised_groups_alone(told):
    client = reader("boss", everything=False)
    assert client.get("/admin/reports/overview/").status_code == 403
    assert client.get("/api/reports/overview/").status_code == 403
    user = User.objects.get(username="boss")
    SeatGroup.objects.get(slug="demo-repair").supervisors.add(Seat.objects.create(user=user, im_user_id="boss"))
    own = client.get(f"/api/reports/groups/?{RANGE}").json()
    assert [row["key"] for row in own["tables"][0]["rows"]] == ["demo-repair"]
    everything = reader("all").get(f"/api/reports/groups/?{RANGE}").json()
    tiles = [{tile["name"]: tile["value"] for tile in one["tiles"]} for one in (own, everything)]
    assert 0 < tiles[0]["closed"] < tiles[1]["closed"]
    assert client.get(f"/api/reports/groups/?{RANGE}&group=demo-sales").status_code == 400
    rows = client.get(f"/admin/reports/behind/closed/?{RANGE}").content.decode()
    assert "维修中心" in rows
    live = client.get("/admin/reports/live/").content.decode()
    assert "维修售后" in live
    assert "销售咨询" not in live


def test_paging_behind_a_number_shows_each_once(told):
    client, address, seen = reader(), f"/admin/reports/behind/opened/?{RANGE}", []
    while address:
        page = client.get(address).content.decode()
        seen += [
            part.split("/")[0] for part in page.split("/admin/bridge/conversation/")[1:] if "/transcript/" in part[:40]
        ]
        after = page.split("after=")[1].split('"')[0] if "after=" in page else ""
        address = f"/admin/reports/behind/opened/?{RANGE}&after={after}" if after else ""
    assert len(seen) == len(set(seen)) == Fact.objects.filter(kind=Fact.Kind.OPENED).count()


def test_names_are_no_formulas_in_files(told):
    WeChatAccount.objects.filter(slug="demo-repair").update(name="=HYPERLINK(1)")
    rows = sheet(reader(), f"/admin/reports/accounts/?{RANGE}&format=csv&part=accounts")
    assert "'=HYPERLINK(1)" in [row[0] for row in rows]
    made = report(DASHBOARDS["accounts"], Scope(date(2026, 11, 11), date(2026, 11, 20)), NOW)
    cells = [cell.value for page in load_workbook(io.BytesIO(as_workbook(made))).worksheets for cell in page["A"]]
    assert "'=HYPERLINK(1)" in cells


def test_what_is_gone_keeps_its_numbers(told):
    Conversation.objects.all().delete()
    client = reader()
    page = client.get(f"/admin/reports/behind/opened/?{RANGE}").content.decode()
    assert "已删除" in page
    assert "/transcript/" not in page
    before = client.get(f"/api/reports/overview/?{RANGE}").json()["tiles"]
    Rollup.objects.all().delete()
    list(rollups.rebuild(NOW - timedelta(days=20), NOW + timedelta(days=1), NOW))
    assert client.get(f"/api/reports/overview/?{RANGE}").json()["tiles"] == before


def test_the_command_makes_days_anew(told, capsys):
    kept = list(Rollup.objects.filter(grain=Grain.DAY).order_by("start", "account_id", "group", "seat_id").values())
    Rollup.objects.filter(start__lt=NOW - timedelta(days=3)).delete()
    call_command("rollup", "--from", "2026-11-11", "--to", "2026-11-20")
    again = list(Rollup.objects.filter(grain=Grain.DAY).order_by("start", "account_id", "group", "seat_id").values())
    assert [{**row, "id": 0} for row in again] == [{**row, "id": 0} for row in kept]
    with pytest.raises(CommandError):
        call_command("rollup", "--from", "2026-11-20", "--to", "2026-11-11")


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "count", "–"),
        (12345, "count", "12,345"),
        (0.1234, "share", "12.3 %"),
        (3.25, "ratio", "3.25"),
        (4.21, "duration", "4.2 秒"),
        (80, "duration", "1 分 20 秒"),
        (7385, "duration", "2 小时 3 分"),
    ],
)
def test_numbers_as_people_read_them(value: Any, unit: str, words: str):
    assert shown(value, unit) == words


def test_halves_are_rounded_alike_on_the_page_and_in_files():
    assert (shown(0.0125, "share"), rounded(0.0125, "share")) == ("1.3 %", 0.013)
    for part in range(1, 400):
        assert shown(part / 400, "share") == f"{rounded(part / 400, 'share') * 100:.1f} %", part


def test_changes():
    assert change(110, 100, "count") == "▲ +10.0 %"
    assert change(0.4, 0.5, "share") == "▼ -10.0 个百分点"
    assert change(1, 0, "count") == ""
    assert change(None, 3, "count") == ""


def test_every_metric_names_facts_that_there_are():
    for metric in METRICS.values():
        assert {one.kind for one in metric.facts} <= set(Fact.Kind.names)


def tables(client: Client, address: str) -> list[str]:
    """Return the table that each query of a page reads first."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    found = (re.search(r'FROM \(?(?:SELECT.+?FROM )?["`](\w+)["`]', one["sql"]) for one in asked)
    return [one[1] for one in found if one]


@pytest.mark.parametrize(
    ("name", "most"), [("overview", 5), ("accounts", 6), ("groups", 6), ("seats", 5), ("queue", 5), ("delivery", 6)]
)
def test_what_several_parts_of_a_report_need_is_read_once(told, name, most):
    """All days at once, the period before with its last hours, then each table with what its rows are about."""
    read = tables(reader(), f"/admin/reports/{name}/?from=2026-10-11&to=2026-11-10")
    assert 0 < read.count("analytics_rollup") <= most
    assert read.count("analytics_tally") <= 2
    assert read.count("analytics_progress") == 1


def test_a_page_of_the_back_office_makes_no_list_of_all_its_pages(told, admin_client, monkeypatch):
    def asked(*_arguments: Any) -> Any:
        raise AssertionError("nothing on this page shows that list")

    monkeypatch.setattr(AdminSite, "get_app_list", asked)
    assert admin_client.get("/admin/reports/overview/").status_code == 200
    monkeypatch.undo()
    assert "/admin/bridge/message/" in admin_client.get("/admin/bridge/").content.decode(), (
        "where it is shown it is made"
    )
