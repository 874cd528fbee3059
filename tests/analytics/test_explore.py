"""Questions by tag, source and any two dimensions; the conversations behind each number; files and views of them."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from analytics.explore.answer import answer
from analytics.explore.dimensions import DIMENSIONS
from analytics.explore.query import MEASURES, Question, conversations
from analytics.metrics.catalogue import METRICS
from analytics.models import ConversationRow
from analytics.reports import query
from analytics.reports.query import Scope
from analytics.tables import dictionary
from bridge.models import Conversation, Fact, Source
from tests.analytics.test_reports import NOW, RANGE, past, reader, told
from tests.support.database import shared_db

__all__ = ["past", "shared_db", "told"]  # fixtures
SCOPE = Scope(date(2026, 11, 11), date(2026, 11, 20))


def cells(found):
    return {line.label: line.cells for line in (*found.lines, found.total)}


def test_all_conversations_agree_with_the_reports_where_all_is_over(told):
    """What was opened on these days is over; the reports count each thing when it happens, here all of a conversation counts."""
    whole = Scope(date(2026, 11, 11), date(2026, 11, 21))
    sums = query.total(whole, METRICS, NOW + timedelta(days=1))
    found = answer(Question(whole, DIMENSIONS["week"]), "opened")
    for name in ("opened", "received", "answered", "served", "transferred", "scored"):
        total = answer(Question(whole, DIMENSIONS["week"]), name).total.cells[0].value
        assert total == METRICS[name].value(sums), name
    assert [line.label for line in found.lines] == ["2026-11-09", "2026-11-16"]


@pytest.mark.long
@pytest.mark.parametrize("rows", sorted(DIMENSIONS))
def test_rows_and_columns_add_up_and_behind_each_number_are_as_many(told, rows):
    client = reader()
    for columns in ("", "group", "hour"):
        if columns == rows:
            continue
        question = Question(SCOPE, DIMENSIONS[rows], DIMENSIONS.get(columns))
        found = answer(question, "opened")
        opened = Fact.objects.filter(kind=Fact.Kind.OPENED, at__gte=SCOPE.start).count()
        assert found.total.cells[-1 if columns else 0].value == opened
        firsts = [line.cells[-1 if columns else 0].value for line in found.lines]
        assert sum(firsts) == opened, "a conversation of the demo has one tag"
        for line in found.lines if columns else ():
            assert sum(cell.value for cell in line.cells[:-1]) == line.cells[-1].value
        for at, foot in enumerate(found.total.cells if columns else ()):
            assert sum(line.cells[at].value for line in found.lines) == foot.value
        address = f"/admin/reports/explore/?{RANGE}&rows={rows}&columns={columns}"
        page = client.get(address).content.decode()
        links = re.findall(r'href="(/admin/reports/explore/conversations/\?[^"]*)">([\d,]+)</a>', page)
        assert links
        for link, count in links[:: max(1, len(links) // 4)]:
            assert behind(client, link.replace("&amp;", "&")) == int(count.replace(",", "")), (link, count)


def behind(client, address):
    number, after = 0, ""
    while True:
        page = client.get(address + after).content.decode()
        number += len(re.findall(r"<tr>\s*<td>2026", page))
        more = re.search(r"after=(\d+)", page)
        if not more:
            return number
        after = f"&after={more[1]}"


def test_every_measure_by_every_dimension(told):
    for name in MEASURES:
        for rows in ("tag", "seat", "detail"):
            found = answer(Question(SCOPE, DIMENSIONS[rows], DIMENSIONS["day"]), name)
            assert len(found.head) == len(found.lines[0].cells) == 11
    client = reader()
    for name in MEASURES:
        assert client.get(f"/admin/reports/explore/?{RANGE}&rows=tag&measure={name}").status_code == 200
    sheet = client.get(f"/admin/reports/explore/?{RANGE}&rows=tag&format=csv").content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(sheet)))) == 8  # head, five tags, none, total


def test_refunds_a_week_and_how_fast(told):
    page = reader().get(f"/admin/reports/explore/?{RANGE}&rows=week&tag=退换").content.decode()
    expected = ConversationRow.objects.filter(
        day__gte=SCOPE.first, day__lte=SCOPE.last, conversation__tags__name="退换"
    )
    assert f">{expected.count()}</a>" in page
    times = sorted(expected.exclude(first_answer=None).values_list("first_answer", flat=True))
    question = Question(SCOPE, DIMENSIONS["week"], None, "退换")
    (median,) = [
        cell.value for cell in answer(question, "opened").total.cells if cell.metric.name == "first_answer_p50"
    ]
    assert median == pytest.approx(times[(len(times) - 1) // 2], abs=max(1, times[len(times) // 2] * 0.1))


@pytest.mark.parametrize("rows", ["day", "week", "month"])
def test_behind_days_that_nobody_means_stands_no_error(told, rows):
    client, address = reader(), f"/admin/reports/explore/conversations/?{RANGE}&rows={rows}&row="
    assert [client.get(f"{address}{day}").status_code for day in ("9999-12-31", "0001-01-01")] == [200, 200]


def test_behind_what_cannot_be_asked_stands_nothing(told):
    """The link is an old one, and its tag is gone: all others' conversations are not behind that number."""
    page = reader().get(f"/admin/reports/explore/conversations/?{RANGE}&rows=group&tag=gone").content.decode()
    assert "gone" in re.search(r'<p class="wrong">([^<]*)</p>', page)[1]
    assert "<tbody>" not in page


def test_first_words_that_few_share_are_not_shown(told):
    row = ConversationRow.objects.filter(day=SCOPE.last, source="message").first()
    Conversation.objects.filter(pk=row.conversation_id).update(source_detail="my address is 1 Elm Road")
    page = reader().get(f"/admin/reports/explore/?{RANGE}&rows=detail").content.decode()
    assert "Elm Road" not in page
    three = ConversationRow.objects.filter(day=SCOPE.last, source="message").values_list("conversation_id", flat=True)[
        :3
    ]
    Conversation.objects.filter(pk__in=list(three)).update(source_detail="what three have said")
    page = reader("other").get(f"/admin/reports/explore/?{RANGE}&rows=detail").content.decode()
    assert "what three have said" in page
    assert "poster-11" in page


def test_a_supervisor_asks_about_the_supervised_groups_alone(told):
    from tests.analytics.test_reports import SeatGroup, User

    client = reader("boss", everything=False)
    assert client.get("/admin/reports/explore/").status_code == 403
    seat = SeatGroup.objects.get(slug="demo-sales").seats.first()
    SeatGroup.objects.get(slug="demo-sales").supervisors.add(seat)
    client.force_login(User.objects.get(pk=seat.user_id))
    User.objects.filter(pk=seat.user_id).update(is_staff=True)
    client.force_login(User.objects.get(pk=seat.user_id))
    text = client.get(f"/admin/reports/explore/?{RANGE}&rows=group&format=csv").content.decode("utf-8-sig")
    assert [line[0] for line in csv.reader(io.StringIO(text))][1:-1] == ["销售咨询"]
    lines = b"".join(client.get(f"/admin/reports/conversations.csv?{RANGE}").streaming_content).decode("utf-8-sig")
    assert {row["group_slug"] for row in csv.DictReader(io.StringIO(lines))} == {"demo-sales"}


def test_the_file_has_one_row_a_conversation_and_no_formula(told):
    row = ConversationRow.objects.filter(day=SCOPE.last).first()
    Conversation.objects.filter(pk=row.conversation_id).update(source_detail="=cmd|' /C calc'!A0")
    answered = reader().get(f"/admin/reports/conversations.csv?{RANGE}")
    rows = list(csv.DictReader(io.StringIO(b"".join(answered.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == Fact.objects.filter(kind=Fact.Kind.OPENED, at__gte=SCOPE.start).count()
    by_id = {int(one["id"]): one for one in rows}
    assert by_id[row.conversation_id]["source_detail"].startswith("'=")
    first = rows[0]
    stored = ConversationRow.objects.get(conversation_id=int(first["id"]))
    assert first["account"]
    assert first["received"] == str(stored.received)
    assert first["opened_day"] == str(stored.day)


@pytest.mark.parametrize("language", dictionary.LANGUAGES)
def test_the_dictionary_page_is_what_the_code_says(language, settings):
    path = settings.BASE_DIR / dictionary.LANGUAGES[language]
    assert path.read_text("utf-8") == dictionary.page(language), "run `manage.py metrics_page`"


def test_a_codes_scene_is_read_by_the_name_of_its_source(told):
    """Of as many conversations as are told apart at all."""
    rows = ConversationRow.objects.filter(day__gte=SCOPE.first, day__lte=SCOPE.last, conversation__isnull=False)[:20]
    Conversation.objects.filter(pk__in=[row.conversation_id for row in rows]).update(source_detail="qr-poster")
    Source.objects.create(account_id=rows[0].account_id, scene="qr-poster", name="Poster at the station")
    page = reader().get(f"/admin/reports/explore/?{RANGE}&rows=detail").content.decode()
    assert "Poster at the station (qr-poster)" in page


@pytest.mark.parametrize("first", [date(2027, 11, 1), date(2027, 2, 1)])
def test_a_month_ends_before_the_next_one_begins(told, first):
    for number in range(62):
        day = first + timedelta(days=number)
        opened = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        ConversationRow.objects.create(day=day, hour=12, opened_at=opened, conversation_id=10**6 + number)
    asked = Question(Scope(first, first + timedelta(days=61)), DIMENSIONS["month"], only={"month": first})
    assert conversations(asked).count() == (30 if first.month == 11 else 28)


def test_a_question_and_the_file_of_conversations_are_of_the_seat_alone(told):
    seat = ConversationRow.objects.filter(day=SCOPE.last).exclude(seat_id=0).first().seat_id
    expected = ConversationRow.objects.filter(day__gte=SCOPE.first, day__lte=SCOPE.last, seat_id=seat)
    assert 0 < expected.count() < ConversationRow.objects.filter(day__gte=SCOPE.first, day__lte=SCOPE.last).count()
    client = reader()
    sheet = client.get(f"/admin/reports/explore/?{RANGE}&rows=seat&seat={seat}&format=csv").content.decode("utf-8-sig")
    assert int(list(csv.reader(io.StringIO(sheet)))[-1][1]) == expected.count()
    file = b"".join(client.get(f"/admin/reports/conversations.csv?{RANGE}&seat={seat}").streaming_content)
    assert file.startswith(b"\xef\xbb\xbf"), "spreadsheets know by it that it is UTF-8"
    ids = {int(row["id"]) for row in csv.DictReader(io.StringIO(file.decode("utf-8-sig")))}
    assert ids == set(expected.values_list("conversation_id", flat=True))


def test_behind_what_is_unknown_are_erased_conversations_too(told):
    rows = ConversationRow.objects.filter(day=SCOPE.last).values_list("conversation_id", flat=True)
    Conversation.objects.filter(pk__in=list(rows[:3])).delete()
    page = reader().get(f"/admin/reports/explore/?{RANGE}&rows=detail").content.decode()
    link, count = re.search(r'href="([^"]*row=&amp;[^"]*|[^"]*row=)">([\d,]+)</a>', page).groups()
    assert behind(reader("other"), link.replace("&amp;", "&")) == int(count.replace(",", "")) >= 3
