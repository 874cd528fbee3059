"""Takes away what only piles up around signing in: sessions and tokens that are over, old failures, old lines of the admin's log."""

from __future__ import annotations

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet
from knox.models import get_token_model

from bridge.staff.logins import KNOWN_DAYS

FAILURE_DAYS = 30  # that a failed sign-in can be looked up
LOG_DAYS = 730  # that the admin's log says who changed what
ROWS = 1000  # deleted at a time


def tidy(now: datetime) -> dict[str, int]:
    """Delete what is over at `now`. Returns how many rows of each kind went."""
    due: dict[str, QuerySet[Model]] = {
        "sessions": Session.objects.filter(expire_date__lt=now),
        "tokens": get_token_model().objects.filter(expiry__lt=now),
        "failures": AccessAttempt.objects.filter(attempt_time__lt=now - timedelta(days=FAILURE_DAYS)),
        # By these an address is known as a name's own.
        "sign-ins": AccessLog.objects.filter(attempt_time__lt=now - timedelta(days=KNOWN_DAYS)),
        "log": LogEntry.objects.filter(action_time__lt=now - timedelta(days=LOG_DAYS)),
    }
    return {name: _delete(rows) for name, rows in due.items()}


def _delete(rows: QuerySet[Model]) -> int:
    went = 0
    while ids := list(rows.values_list("pk", flat=True)[:ROWS]):
        rows.model._default_manager.filter(pk__in=ids).delete()
        went += len(ids)
    return went
