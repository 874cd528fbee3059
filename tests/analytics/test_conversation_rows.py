"""One row for each conversation: made from its facts, whatever comes late; what it was opened by."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from analytics.facts import checking, conversations, rollups
from analytics.models import ConversationRow, Progress, Rollup, Tally
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
def test_memory_of_a_rollup_does_not_grow_with_what_it_counts():
    """Four times as many days, of as many facts each, take no more at a time."""
    peaks = []
    for days in (7, 28):
        for model in (Fact, Rollup, Tally, Progress, ConversationRow):
            model.objects.all().delete()
        start = datetime(2026, 8, 31, 16, tzinfo=UTC)
        own = {"account_id": 1, "group": "sales", "source": "message"}
        Fact.objects.bulk_create(
            Fact(
                kind=kind,
                at=start + timedelta(hours=24 * day, seconds=160 * at),
                conversation_id=day * 150 + at + 1,
                value=0,
                **own,
            )
            for day in range(days)
            for at in range(150)
            for kind in (Fact.Kind.OPENED, Fact.Kind.RECEIVED)
        )
        end = start + timedelta(days=days)
        tracemalloc.start()
        try:
            list(rollups.rebuild(start, end, end))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert ConversationRow.objects.count() == days * 150
    assert peaks[1] < 1.3 * peaks[0], peaks


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
