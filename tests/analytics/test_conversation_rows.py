"""One row for each conversation: made from its facts, whatever comes late; what it was opened by."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from analytics.facts import checking, conversations, reading, rollups, sorting
from analytics.models import ConversationRow, Grain, Progress, Rollup, Tally
from bridge.models import Conversation, Fact, Tag
from bridge.privacy import retention
from tests.analytics.test_reports import reader


@pytest.mark.django_db
def test_rows_follow_late_facts_and_reopening():
    at = datetime(2026, 11, 3, 2, tzinfo=UTC)
    own = {"account_id": 1, "group": "sales", "conversation_id": 7, "source": "scan"}
    Fact.objects.create(kind=Fact.Kind.OPENED, at=at, value=1, **own)
    Fact.objects.create(kind=Fact.Kind.ASSIGNED, at=at, seconds=0, working=0, seat_id=3, detail="direct", **own)
    Fact.objects.create(
        kind=Fact.Kind.CLOSED, at=at + timedelta(hours=1), seconds=3600, working=60, detail="served", **own
    )
    rollups.update(at + timedelta(hours=2))
    row = ConversationRow.objects.get()
    assert (row.day, row.hour, row.returning, row.seat_id, row.outcome) == (date(2026, 11, 3), 10, True, 3, "served")
    assert (row.resolution, row.working, row.wait) == (3600, 60, 0)
    Fact.objects.create(kind=Fact.Kind.REOPENED, at=at + timedelta(hours=2), **own)
    Fact.objects.create(kind=Fact.Kind.RECEIVED, at=at + timedelta(minutes=5), **own)
    rollups.update(at + timedelta(hours=3))
    row = ConversationRow.objects.get()
    assert (row.outcome, row.closed_at, row.resolution, row.reopened, row.received) == ("", None, None, 1, 1)
    before = {name: value for name, value in vars(row).items() if name not in ("id", "_state")}
    list(rollups.rebuild(at - timedelta(days=1), at + timedelta(days=1), at + timedelta(days=2)))
    row = ConversationRow.objects.get()
    assert {name: value for name, value in vars(row).items() if name not in ("id", "_state")} == before
    assert conversations.made_of([8]) == []


@pytest.mark.django_db
def test_a_row_has_what_was_committed_after_facts_with_higher_ids():
    now = datetime(2026, 11, 3, 2, tzinfo=UTC)
    own = {"account_id": 1, "group": "sales", "conversation_id": 7, "at": now - timedelta(minutes=2)}
    Fact.objects.create(pk=10, kind=Fact.Kind.OPENED, value=0, **own)
    Fact.objects.create(pk=12, kind=Fact.Kind.RECEIVED, **own)
    rollups.update(now)
    Fact.objects.create(pk=11, kind=Fact.Kind.RECEIVED, **own)
    rollups.update(now + timedelta(minutes=1))
    assert ConversationRow.objects.get().received == 2


@pytest.mark.django_db
def test_the_check_finds_a_row_that_was_changed():
    at = datetime(2026, 11, 3, 2, tzinfo=UTC)
    for number in (7, 8):
        Fact.objects.create(kind=Fact.Kind.OPENED, at=at, value=1, account_id=1, group="sales", conversation_id=number)
    rollups.update(at + timedelta(hours=2))
    whole = at - timedelta(hours=10), at + timedelta(hours=14), at + timedelta(hours=2)
    assert list(checking.check(*whole)) == []
    ConversationRow.objects.filter(conversation_id=7).update(received=3)
    ConversationRow.objects.filter(conversation_id=8).delete()
    found = list(checking.check(*whole))
    assert ("conversation 7", "received", 3, 0) in [(one.whose, one.name, one.stored, one.counted) for one in found]
    assert {one.whose for one in found} == {"conversation 7", "conversation 8"}


@pytest.mark.django_db
def test_the_check_finds_a_row_that_no_fact_tells_of_and_to_make_it_anew_takes_it_away():
    at = datetime(2026, 11, 3, 2, tzinfo=UTC)
    own = {"at": at, "account_id": 1, "group": "sales"}
    Fact.objects.create(kind=Fact.Kind.OPENED, conversation_id=7, value=1, **own)
    Fact.objects.create(kind=Fact.Kind.RECEIVED, conversation_id=8, **own)
    rollups.update(at + timedelta(hours=2))
    told = ConversationRow.objects.get()
    for number, opened in ((8, at), (9, at - timedelta(days=3)), (10, at + timedelta(days=1))):
        day = timezone.localdate(opened)
        ConversationRow.objects.create(conversation_id=number, opened_at=opened, day=day, hour=10)
    whole = at - timedelta(hours=10), at + timedelta(hours=14), at + timedelta(hours=2)
    [found] = [one for one in checking.check(*whole) if one.grain == "conversation"]
    assert (found.whose, found.start, found.counted) == ("conversation 8", at, None)
    list(rollups.rebuild(*whole))
    assert list(checking.check(*whole)) == []
    assert set(ConversationRow.objects.values_list("conversation_id", flat=True)) == {7, 9, 10}
    assert ConversationRow.objects.get(conversation_id=7).opened_at == told.opened_at


def facts_of_a_day(day: int, conversations: int) -> Iterator[Fact]:
    """Yield the facts of conversations that are spread over a day: each waits for a minute, and a seat has it for one more."""
    for at in range(conversations):
        opened = datetime(2026, 8, 31, 16, tzinfo=UTC) + timedelta(days=day, seconds=at * 86_000 / conversations)
        own = {"account_id": 1, "group": "sales", "source": "message", "conversation_id": day * conversations + at + 1}
        assigned, closed = opened + timedelta(minutes=1), opened + timedelta(minutes=2)
        yield Fact(kind=Fact.Kind.OPENED, at=opened, value=0, **own)
        yield Fact(kind=Fact.Kind.RECEIVED, at=opened, **own)
        yield Fact(kind=Fact.Kind.WAITED, at=assigned, began_at=opened, seconds=60, detail="queue", **own)
        yield Fact(
            kind=Fact.Kind.ASSIGNED, at=assigned, seconds=60 + at % 7, working=50, seat_id=1, detail="queue", **own
        )
        yield Fact(kind=Fact.Kind.RELEASED, at=closed, began_at=assigned, seconds=60, seat_id=1, detail="ended", **own)
        yield Fact(
            kind=Fact.Kind.CLOSED, at=closed, began_at=opened, seconds=120, working=1, seat_id=1, detail="served", **own
        )


@pytest.mark.once
@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize(("few", "many"), [((3, 40), (6, 40)), ((1, 150), (1, 600))])
def test_memory_of_a_rollup_does_not_grow_with_what_it_counts(monkeypatch, few, many):
    """More days, or more on one day, take no more at a time: here it reads and sorts 200 at a time, in earnest some thousands."""
    monkeypatch.setattr(reading, "MOST", 200)
    monkeypatch.setattr(sorting, "RUN", 200)
    monkeypatch.setattr(sorting, "BATCH", 5)
    monkeypatch.setattr(conversations, "BATCH", 50)
    peaks = [peaks_of(days, number) for days, number in (few, many)]
    for work, (before, after) in enumerate(zip(*peaks, strict=True)):
        assert after < 1.4 * before, (work, peaks)


def peaks_of(days: int, number: int) -> list[int]:
    """Return how much memory is taken at most by a rebuild, a first update and a check of so many days."""
    for model in (Fact, Rollup, Tally, Progress, ConversationRow):
        model.objects.all().delete()
    for day in range(days):
        Fact.objects.bulk_create(facts_of_a_day(day, number), batch_size=500)
    start = datetime(2026, 8, 31, 16, tzinfo=UTC)
    end = start + timedelta(days=days)

    def rebuild() -> None:
        assert list(rollups.rebuild(start, end, end))

    def update() -> None:
        Progress.objects.all().delete()
        rollups.update(end)

    def check() -> None:
        assert list(checking.check(start, end, end)) == []

    rebuild()  # what is kept between two of them, such as the beginnings of hours, does not count
    found = []
    for work in (rebuild, update, check):
        tracemalloc.start()
        try:
            work()
            found.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        whole = Rollup.objects.filter(grain=Grain.DAY_OF_ALL)
        assert ConversationRow.objects.count() == days * number
        assert sum(whole.values_list("wait_n", flat=True)) == days * number
        assert sum(whole.values_list("queue_seconds", flat=True)) == pytest.approx(days * number * 60, abs=0.1)
    return found


def test_what_opened_a_conversation_is_kept_until_it_is_emptied(talking):
    one = Conversation.objects.get()
    assert (one.source, one.source_detail) == ("message", "hello")
    retention.purge(one, timezone.now())
    one.refresh_from_db()
    assert one.source_detail == ""
    Conversation.objects.update(source="scan", source_detail="store-7")
    retention.purge(one := Conversation.objects.get(), timezone.now())
    one.refresh_from_db()
    assert one.source_detail == "store-7"


@pytest.mark.django_db
def test_a_tag_has_the_priority_of_none():
    """A tag of customers is no tag of conversations in the form."""
    Tag.objects.create(name="VIP", of=Tag.Of.CUSTOMER)
    Tag.objects.create(name="refund")
    page = reader().get("/admin/reports/explore/").content.decode()
    assert "refund" in page
    assert ">VIP<" not in page


@pytest.mark.django_db
def test_a_row_has_its_first_wait_and_its_last_seat_and_the_group_it_was_in_when_a_delivery_failed_later():
    at = datetime(2026, 11, 3, 2, tzinfo=UTC)
    own = {"account_id": 1, "conversation_id": 7}
    Fact.objects.create(kind=Fact.Kind.OPENED, at=at, value=0, group="sales", **own)
    for second, wait, seat in ((10, 10, 3), (60, 50, 4)):
        Fact.objects.create(
            kind=Fact.Kind.ASSIGNED, at=at + timedelta(seconds=second), seconds=wait, working=wait, group="sales", seat_id=seat,
            detail="queue", **own,
        )  # fmt: skip
    Fact.objects.create(kind=Fact.Kind.FAILED, at=at + timedelta(hours=1), group="", detail="40003", **own)
    (row,) = conversations.made_of([7])
    assert (row.wait, row.wait_working, row.assigned, row.group, row.seat_id, row.failed) == (10, 10, 2, "sales", 4, 1)
