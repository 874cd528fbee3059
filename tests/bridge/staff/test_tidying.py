"""What only piles up around signing in goes with the nightly round, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from knox.models import AuthToken

from bridge import tasks
from bridge.base import clock
from bridge.staff import tidying

ALL = ("sessions", "tokens", "failures", "sign-ins", "log")


@pytest.fixture
def rows(db):
    """One row of each kind that is over, and one that is not, by their keys."""
    now, user = clock.now(), User.objects.create_user("anna")
    for name, ago in (("old", 1), ("new", -1)):
        Session.objects.create(session_key=name, session_data="x", expire_date=now - timedelta(days=ago))
        AuthToken.objects.create(user=user, expiry=timedelta(days=-ago))
    AuthToken.objects.create(user=user, expiry=None)
    for model, days, more in ((AccessAttempt, 30, {"failures_since_start": 1}), (AccessLog, 90, {})):
        for ago in (days + 1, days - 1):
            row = model.objects.create(username=f"{ago}", ip_address="203.0.113.9", **more)
            model.objects.filter(pk=row.pk).update(attempt_time=now - timedelta(days=ago))
    kind = ContentType.objects.get_for_model(User)
    for ago in (731, 729):
        row = LogEntry.objects.create(user=user, content_type=kind, object_repr=f"{ago}", action_flag=2)
        LogEntry.objects.filter(pk=row.pk).update(action_time=now - timedelta(days=ago))


def test_what_is_over_goes_and_the_rest_stays(rows):
    assert tasks.tidy() == dict.fromkeys(ALL, 1)
    assert [one.session_key for one in Session.objects.all()] == ["new"]
    assert AuthToken.objects.count() == 2
    assert [one.username for one in AccessAttempt.objects.all()] == ["29"]
    assert [one.username for one in AccessLog.objects.all()] == ["89"]
    assert [one.object_repr for one in LogEntry.objects.all()] == ["729"]
    assert tasks.tidy() == dict.fromkeys(ALL, 0)


def test_more_than_one_batch_goes(rows, monkeypatch):
    monkeypatch.setattr(tidying, "ROWS", 1)
    for name in ("older", "oldest"):
        Session.objects.create(session_key=name, session_data="x", expire_date=clock.now() - timedelta(days=2))
    assert tidying.tidy(clock.now())["sessions"] == 3


def test_beat_calls_it():
    assert any(one["task"] == tasks.tidy.name for one in settings.CELERY_BEAT_SCHEDULE.values())
