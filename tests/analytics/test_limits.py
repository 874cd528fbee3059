"""What a report is limited to stands wherever its numbers go: on the page, in files and letters; what cannot limit it is said."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.translation import override
from openpyxl import load_workbook

from analytics.delivery import files, mailing
from analytics.explore.answer import answer
from analytics.explore.dimensions import DIMENSIONS
from analytics.explore.query import Question
from analytics.facts import rollups
from analytics.models import ConversationRow, Subscription
from analytics.reports import query
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.names import Names
from analytics.reports.query import Scope
from analytics.reports.report import report
from bridge.models import Conversation, Fact, Source, Tag
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Assignment, Seat, SeatGroup
from tests.analytics.test_explore import SCOPE
from tests.analytics.test_reports import NOW, RANGE, past, reader, told
from tests.support.database import shared_db

__all__ = ["past", "shared_db", "told"]  # fixtures
pytestmark = pytest.mark.once


def listed(client, page: str) -> int:
    """Count what the first tile's click lists."""
    return behind_it(client, re.search(r'class="value"><a href="([^"]*)"', page)[1])


def behind_it(client, address: str) -> int:
    """Count the rows of all pages of a list."""
    found, address = 0, address.replace("&amp;", "&")
    while address:
        text = client.get(address).content.decode()
        found += text.count("<td>2026-")
        older = re.search(r'href="([^"]*after=[^"]*)"', text)
        address = f"{address.partition('?')[0]}{older[1].replace('&amp;', '&')}" if older else ""
    return found


def first_tile(page: str) -> int:
    return int(re.search(r'class="value"><a [^>]*>([\d,]+)</a>', page)[1].replace(",", ""))


@pytest.mark.parametrize(("dashboard", "limit"), [("overview", "seat"), ("seats", "account")])
def test_what_a_report_cannot_be_narrowed_by_is_said_and_limits_nothing_behind_it(told, dashboard, limit):
    client = reader()
    number = Seat.objects.first().pk if limit == "seat" else WeChatAccount.objects.first().pk
    address = f"/admin/reports/{dashboard}/?{RANGE}"
    whole = client.get(address).content.decode()
    page = client.get(f"{address}&{limit}={number}").content.decode()
    assert first_tile(page) == first_tile(whole)
    assert listed(client, page) == first_tile(page)
    assert "不支持按以下条件筛选" not in whole
    assert f"不支持按以下条件筛选：{'座席' if limit == 'seat' else '公众号'}" in page
    other = "seats" if limit == "seat" else "overview"
    assert f'/admin/reports/{other}/?from=2026-11-11&amp;to=2026-11-20&amp;{limit}={number}"' in page, (
        "the tabs take it along"
    )
    answer = client.get(f"/api/reports/{dashboard}/?{RANGE}&{limit}={number}")
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, [limit])


def test_the_file_of_conversations_has_those_of_the_tag_alone(told):
    tag = Tag.objects.get(name="退换")
    answer = reader().get(f"/admin/reports/conversations.csv?{RANGE}&tag=退换")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    expected = Conversation.objects.filter(tags=tag, opened_at__gte=SCOPE.start)
    assert sorted(int(row["id"]) for row in rows) == sorted(expected.values_list("pk", flat=True))
    assert 0 < len(rows) < Fact.objects.filter(kind=Fact.Kind.OPENED, at__gte=SCOPE.start).count()


def numbers(client, address: str) -> list[list[str]]:
    """Return the lines of a file without its head."""
    answer = client.get(f"/admin/reports/{address}")
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))[1:]


@pytest.mark.parametrize("limit", ["account", "group", "seat"])
def test_every_file_has_what_it_is_limited_to_and_nothing_else(told, limit):
    client, column = reader(), {"account": "account_id", "group": "group", "seat": "seat_id"}[limit]
    those = ConversationRow.objects.filter(day__gte=SCOPE.first, day__lte=SCOPE.last)
    key = those.exclude(seat_id=0).first().__dict__[column]
    expected = set(those.filter(**{column: key}).values_list("conversation_id", flat=True))
    assert 0 < len(expected) < those.count()
    query = f"{RANGE}&{limit}={key}"
    assert {int(line[0]) for line in numbers(client, f"conversations.csv?{query}")} == expected
    asked = numbers(client, f"explore/?{query}&rows=outcome&format=csv")
    assert int(asked[-1][1]) == len(expected)
    for name in ("seats",) if limit == "seat" else ("overview", "queue", "delivery"):
        tiles = client.get(f"/api/reports/{name}/?{query}").json()["tiles"]
        whole = client.get(f"/api/reports/{name}/?{RANGE}").json()["tiles"]
        assert [one["value"] for one in tiles] != [one["value"] for one in whole]
        found = {line[1]: line[3] for line in numbers(client, f"{name}/?{query}&format=csv")}
        for tile in tiles:
            assert float(found[tile["name"]] or 0) == pytest.approx(tile["value"] or 0, abs=0.0501), tile


def test_names_of_files_say_what_they_are_limited_to(told):
    client, account = reader(), WeChatAccount.objects.first().pk
    for address, name in (
        (f"overview/?{RANGE}&format=csv", "overview-2026-11-11-2026-11-20-summary.csv"),
        (f"overview/?{RANGE}&account={account}&group=demo-sales&format=xlsx", f"overview-2026-11-11-2026-11-20-account-{account}-group-demo-sales.xlsx"),
        (f"explore/?{RANGE}&group=demo-sales&format=csv", "explore-2026-11-11-2026-11-20-group-demo-sales.csv"),
        (f"conversations.csv?{RANGE}&group=demo-sales", "conversations-2026-11-11-2026-11-20-group-demo-sales.csv"),
    ):  # fmt: skip
        assert client.get(f"/admin/reports/{address}")["Content-Disposition"] == f'attachment; filename="{name}"'
    assert (
        "tag-%E9%80%80%E6%8D%A2"
        in client.get(f"/admin/reports/explore/?{RANGE}&tag=退换&format=csv")["Content-Disposition"]
    )


def test_page_and_workbook_and_letter_name_the_limits(told):
    account, group = WeChatAccount.objects.first(), SeatGroup.objects.get(slug="demo-sales")
    client = reader()
    page = client.get(f"/admin/reports/overview/?{RANGE}&account={account.pk}&group=demo-sales").content.decode()
    assert f"公众号: {account.name}" in page
    assert "座席组: 销售咨询" in page
    asked = client.get(f"/admin/reports/explore/?{RANGE}&tag=退换&group=demo-sales").content.decode()
    assert "标签: 退换" in asked
    assert "座席组: 销售咨询" in asked
    one = Subscription.objects.create(
        name="daily", dashboard="overview", period="day", hour=0, recipients="a@example.com", language="en", account=account, group=group
    )  # fmt: skip
    with override("en"):
        letter = mailing.letter(one, report(DASHBOARDS["overview"], mailing.scope_of(one, NOW.date()), NOW))
    for text in (letter.body, str(letter.alternatives[0].content)):
        assert f"Account: {account.name}" in text
        assert "Group: 销售咨询" in text
    name, content, _kind = letter.attachments[0]
    assert name.endswith(f"-account-{account.pk}-group-demo-sales.xlsx")
    rows = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True, max_col=2))
    assert rows[1:3] == [("Account", account.name), ("Group", "销售咨询")]


def test_a_supervisors_report_names_the_supervised_groups(told):
    limited = Scope(SCOPE.first, SCOPE.last, groups=frozenset({"demo-sales", "demo-repair"}))
    with override("en"):
        ((what, which),) = Names.load().limits(limited)
    assert (what, set(which.split(", "))) == ("Group", {SeatGroup.objects.get(slug=one).name for one in limited.groups})
    assert Names.load().limits(SCOPE) == []


@pytest.mark.parametrize("what", ["group", "seat"])
def test_a_row_of_what_is_deleted_leads_to_its_numbers_and_to_what_is_behind_them(told, what):
    client, dashboard = reader(), f"{what}s"
    key = (SeatGroup if what == "group" else Seat).objects.earliest("pk")
    number = key.slug if what == "group" else key.pk
    Assignment.objects.all().delete()  # a seat with a history is kept
    (key.user if what == "seat" else key).delete()
    page = client.get(f"/admin/reports/{dashboard}/?{RANGE}").content.decode()
    row = re.search(rf'<th scope="row"><a href="(\?[^"]*{what}={number})">.*?</tr>', page, re.DOTALL)
    links = re.findall(r'<a href="(/admin/reports/behind/[^"]*)">([\d,]+)</a>', row[0])
    assert links
    for address, value in links[:2]:
        assert behind_it(client, address) == int(value.replace(",", ""))
    narrowed = client.get(f"/admin/reports/{dashboard}/{row[1].replace('&amp;', '&')}").content.decode()
    assert 'class="wrong"' not in narrowed
    tiles = re.findall(r'class="value"><a href="([^"]*)">([\d,]+)</a>', narrowed)
    assert behind_it(client, tiles[0][0]) == int(tiles[0][1].replace(",", ""))
    assert client.get(f"/api/reports/{dashboard}/?{RANGE}&{what}={number}").status_code == 200
    assert client.get(f"/api/reports/{dashboard}/?{RANGE}&{what}=987").status_code == 400


def test_a_supervisor_is_led_to_a_seat_that_has_left_the_group_and_to_no_others_seats(told):
    boss, sales = reader("boss", everything=False), SeatGroup.objects.get(slug="demo-sales")
    seat = sales.seats.first()
    SeatGroup.objects.filter(slug="demo-sales").first().supervisors.add(seat)
    boss.force_login(seat.user)
    past = sales.seats.last()
    past.groups.clear()
    stranger = Seat.objects.exclude(pk__in=Fact.objects.filter(group="demo-sales").values("seat_id")).first()
    address = f"/admin/reports/seats/?{RANGE}&seat="
    assert 'class="wrong"' not in boss.get(f"{address}{past.pk}").content.decode()
    assert stranger is None or 'class="wrong"' in boss.get(f"{address}{stranger.pk}").content.decode()
    assert 'class="wrong"' in boss.get(f"/admin/reports/groups/?{RANGE}&group=demo-repair").content.decode()


def test_beside_days_to_come_stands_no_change(told):
    made = report(DASHBOARDS["overview"], Scope(date(2026, 11, 21), date(2026, 11, 25)), NOW)
    assert {tile.before for tile in made.tiles} == {None}
    assert report(DASHBOARDS["overview"], Scope(date(2026, 11, 20), date(2026, 11, 25)), NOW).tiles[0].before


def test_the_link_in_a_letter_leads_to_its_account_and_group(told):
    account, group = WeChatAccount.objects.first(), SeatGroup.objects.get(slug="demo-sales")
    one = Subscription(
        name="daily", dashboard="overview", period="day", account=account, group=group, recipients="a@example.com"
    )
    letter = mailing.letter(one, report(DASHBOARDS["overview"], mailing.scope_of(one, NOW.date()), NOW))
    address = f"/admin/reports/overview/?from=2026-11-19&to=2026-11-19&account={account.pk}&group=demo-sales"
    assert letter.body.endswith(address)


def test_a_file_of_a_day_that_runs_says_until_when_the_period_before_counts(told):
    rows = list(files.rows_of(report(DASHBOARDS["overview"], Scope(SCOPE.last, SCOPE.last), NOW), "summary"))
    assert "2026-11-19 16:00" in rows[0][-1]
    whole = list(files.rows_of(report(DASHBOARDS["overview"], Scope(SCOPE.first, SCOPE.first), NOW), "summary"))
    assert "2026" not in whole[0][-1]


def test_a_workbook_shows_shares_in_per_cent(told):
    book = load_workbook(io.BytesIO(files.as_workbook(report(DASHBOARDS["accounts"], SCOPE, NOW))))
    formats = {cell.number_format for page in book.worksheets for line in page.iter_rows(min_row=2) for cell in line}
    assert {"0.0%", "0"} <= formats


def test_more_than_can_be_told_apart_are_together_in_a_chart(told):
    now, codes = NOW + timedelta(days=1), 15
    for number in range(codes):
        own = {"at": now - timedelta(minutes=1), "account_id": number + 1}
        Fact.objects.create(kind=Fact.Kind.OPENED, value=0, source="message", **own)
        Fact.objects.create(kind=Fact.Kind.FAILED, detail=f"c{number}", **own)
    rollups.update(now)
    today = Scope(now.date(), now.date())
    found = {one.name: one for name in ("overview", "delivery") for one in report(DASHBOARDS[name], today, now).graphs}
    split, words = found["opened_by"], found["codes"]
    assert len(split.series) == 6
    assert sum(sum(one.values) for one in split.series) == codes
    assert len(words.labels) == len(words.series[0].values) == 13
    assert sum(words.series[0].values) == codes


def test_what_there_is_most_of_comes_first_and_as_much_by_name(told):
    now, numbers = NOW + timedelta(days=1), {904: (1, 2), 902: (3, 1), 1001: (1, 2)}
    for account, (opened, failed) in numbers.items():
        own = {"at": now - timedelta(minutes=1), "account_id": account}
        for at in range(opened):
            number = account * 100 + at
            Fact.objects.create(kind=Fact.Kind.OPENED, value=0, source="message", conversation_id=number, **own)
        for _at in range(failed):
            Fact.objects.create(kind=Fact.Kind.FAILED, detail=f"c{account}", **own)
    rollups.update(now)
    today = Scope(now.date(), now.date())
    (accounts,) = report(DASHBOARDS["accounts"], today, now).sheets
    assert [line.key for line in accounts.lines] == [902, 1001, 904], "as names 1001 comes before 904"
    assert list(query.words(today, ["code"])["code"]) == ["c1001", "c904", "c902"]
    asked = answer(Question(today, DIMENSIONS["account"]), "opened").lines
    assert [re.search("[0-9]+", line.label)[0] for line in asked] == ["902", "1001", "904"]


@pytest.mark.parametrize("dashboard", ["accounts", "groups", "seats", "queue", "satisfaction", "delivery"])
def test_a_tables_total_line_says_what_the_tiles_say(told, dashboard):
    made = report(DASHBOARDS[dashboard], SCOPE, NOW)
    tiles = {tile.metric.name: tile.value for tile in made.tiles}
    both = [(metric.name, value) for sheet in made.sheets for value, metric in sheet.totals if metric.name in tiles]
    assert both
    assert [(name, tiles[name]) for name, _value in both] == both


def test_what_was_counted_up_to_some_time_ends_there(told):
    until = NOW - timedelta(hours=2)
    made = report(DASHBOARDS["overview"], Scope(SCOPE.last, SCOPE.last), NOW, until)
    assert made.before_until == until - timedelta(days=1)
    assert {len(graph.moments) for graph in made.graphs if graph.moments} == {14}, "from midnight on"


def test_seats_that_are_called_alike_have_their_users_names_too(told):
    one, other, third = Seat.objects.all()[:3]
    User.objects.filter(pk__in=[one.user_id, other.user_id]).update(first_name="Li", last_name="Wei")
    User.objects.filter(pk=third.user_id).update(first_name="", last_name="")
    names = Names.load()
    assert [names.of("seat_id", seat.pk) for seat in (one, other, third)] == [
        f"Li Wei ({one.user.username})", f"Li Wei ({other.user.username})", third.user.username,
    ]  # fmt: skip


def test_a_scene_of_several_accounts_has_all_of_its_names(told):
    for account, name in zip(WeChatAccount.objects.all()[:2], ("Station", "Airport"), strict=True):
        Source.objects.create(account=account, scene="qr-both", name=name)
    assert Names.load().detail("qr-both") == "Station / Airport (qr-both)"


@pytest.mark.parametrize("page", ["overview", "explore", "behind/opened"])
def test_of_two_groups_in_an_address_none_wins_unseen(told, page):
    client = reader()
    address = f"/admin/reports/{page}/?{RANGE}&group=demo-sales&group="
    shown = client.get(f"{address}demo-repair").content.decode()
    assert shown.count("同一条件给出了不同的值") == 1
    assert "同一条件给出了不同的值" not in client.get(f"{address}demo-sales").content.decode(), "twice the same is one"


def test_a_file_and_a_program_get_no_numbers_of_one_of_two_groups(told):
    client = reader()
    twice = f"{RANGE}&group=demo-sales&group=demo-repair"
    for address in ("overview/?format=csv&", "overview/?format=xlsx&", "explore/?format=csv&", "conversations.csv?"):
        assert client.get(f"/admin/reports/{address}{twice}").status_code == 400, address
    answer = client.get(f"/api/reports/overview/?{twice}")
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, ["group"])
    assert client.get("/api/reports/overview/?from=2026-11-11&from=2026-11-12&to=2026-11-20").status_code == 400
