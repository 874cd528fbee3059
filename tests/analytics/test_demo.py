"""Demo data: an empty site is filled, a site in use is spared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from analytics.facts import rollups
from analytics.models import Grain, Rollup
from bridge.base import clock
from bridge.models import Conversation, Fact

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
