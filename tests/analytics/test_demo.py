"""Demo data: an empty site is filled, a site in use is spared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from analytics.demo import history
from analytics.demo.tables import Tables
from analytics.facts import rollups
from analytics.models import Grain, Rollup
from bridge.base import clock
from bridge.models import Conversation, Fact
from tests.support.routing import conversation

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_demo_data_is_whole_and_spares_a_site_in_use(db):
    with clock.fixed(lambda: NOW):
        call_command("demo_data", "--days", "3", "--conversations", "60")
        assert Conversation.objects.count() == 60
        assert Fact.objects.filter(kind=Fact.Kind.CLOSED).count() == 60
        assert not Fact.objects.filter(at__gt=NOW + timedelta(hours=1)).exists()
        with pytest.raises(CommandError):
            call_command("demo_data")
    summed = sum(Rollup.objects.filter(grain=Grain.DAY).values_list("opened", flat=True))
    assert summed == 60
    # The task goes on from there, and counts nothing twice.
    rollups.update(NOW + timedelta(minutes=1))
    assert sum(Rollup.objects.filter(grain=Grain.DAY).values_list("opened", flat=True)) == 60


def test_messages_that_come_meanwhile_keep_their_ids(day, monkeypatch):
    """On a site in use: between two of the demo's steps somebody writes, who is counted as well."""
    day.arrive(1)
    written = Tables.flush

    def flush(tables: Tables) -> None:
        written(tables)
        day.arrive(1, text="one more")

    monkeypatch.setattr(history, "STEP", 10)
    monkeypatch.setattr(Tables, "flush", flush)
    call_command("demo_data", "--days", "2", "--conversations", "40", "--force")
    assert Conversation.objects.count() == 41
    assert conversation(1).messages.filter(side="customer").count() == 6
    rollups.update(day.now + timedelta(minutes=1))
    received = Fact.objects.filter(kind=Fact.Kind.RECEIVED).count()
    assert sum(Rollup.objects.filter(grain=Grain.DAY).values_list("received", flat=True)) == received
