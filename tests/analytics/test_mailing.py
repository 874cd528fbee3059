"""Scheduled reports: once for each period, in the reader's language, with the workbook; and tried again where mail fails."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from openpyxl import load_workbook

from analytics.delivery import mailing
from analytics.facts import rollups
from analytics.models import Subscription
from bridge.base import clock
from bridge.models import Fact
from seats.models import SeatGroup

pytestmark = pytest.mark.once

MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # half past nine in Shanghai


@pytest.fixture
def weekly(db) -> Subscription:
    for day in range(14):
        at = MONDAY - timedelta(days=day, hours=3)
        Fact.objects.create(kind=Fact.Kind.OPENED, at=at, account_id=1, group="sales", source="message", value=0)
    rollups.update(MONDAY)
    return Subscription.objects.create(
        name="周报",
        dashboard="overview",
        period="week",
        hour=9,
        recipients="a@example.com\nb@example.com",
        language="en",
    )


@pytest.mark.parametrize(
    ("period", "today", "first", "last"),
    [
        ("day", date(2026, 11, 23), date(2026, 11, 22), date(2026, 11, 22)),
        ("week", date(2026, 11, 23), date(2026, 11, 16), date(2026, 11, 22)),
        ("week", date(2026, 11, 29), date(2026, 11, 16), date(2026, 11, 22)),
        ("month", date(2026, 3, 1), date(2026, 2, 1), date(2026, 2, 28)),
        ("month", date(2026, 1, 15), date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_periods(period, today, first, last):
    assert mailing.period_of(Subscription(period=period), today) == (first, last)


def test_once_for_each_period_at_its_hour(weekly):
    assert mailing.send_due(MONDAY - timedelta(hours=2)) == 0, "not before its hour"
    assert mailing.send_due(MONDAY) == 1
    assert mailing.send_due(MONDAY + timedelta(minutes=10)) == 0
    assert mailing.send_due(MONDAY + timedelta(days=1)) == 0
    (letter,) = mail.outbox
    assert letter.to == ["a@example.com", "b@example.com"]
    assert "Conversations opened: 7" in letter.body
    assert "/admin/reports/overview/?from=2026-11-16&to=2026-11-22" in letter.body
    assert "<strong>7</strong>" in letter.alternatives[0][0]
    name, content, _mime = letter.attachments[0]
    assert name == "overview-2026-11-16-2026-11-22.xlsx"
    values = {
        row[1].value: row[3].value
        for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(min_row=4, max_col=5)
    }
    assert values["opened"] == 7
    assert mailing.send_due(MONDAY + timedelta(days=7)) == 1


@pytest.mark.parametrize(
    ("hour", "enabled", "sent_for"), [(3, True, date(2026, 11, 22)), (4, True, None), (3, False, None)]
)
def test_day_and_hour_are_the_sites_own(weekly, hour, enabled, sent_for):
    Subscription.objects.update(period="day", hour=hour, enabled=enabled)
    # In Shanghai it is half past three on Monday already.
    assert mailing.send_due(MONDAY - timedelta(hours=6)) == (sent_for is not None)
    weekly.refresh_from_db()
    assert weekly.sent_for == sent_for


def test_a_letter_is_about_its_account_and_group():
    own = Subscription(period="day", account_id=7, group=SeatGroup(slug="sales"))
    for one, account, group in ((own, 7, "sales"), (Subscription(period="day"), 0, "")):
        scope = mailing.scope_of(one, MONDAY.date())
        assert (scope.account, scope.group) == (account, group)


def test_a_mail_server_that_is_away_is_said_and_tried_again(weekly, monkeypatch, admin_client):
    def away(self, fail_silently=False):
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", away)
        assert mailing.send_due(MONDAY) == 0
    weekly.refresh_from_db()
    assert "SMTPServerDisconnected" in weekly.trouble
    assert "SMTPServerDisconnected" in admin_client.get("/admin/analytics/subscription/").content.decode()
    assert mailing.send_due(MONDAY + timedelta(minutes=10)) == 1
    weekly.refresh_from_db()
    assert weekly.trouble == ""


def test_the_form_and_sending_at_once(weekly, admin_client):
    with pytest.raises(ValidationError):
        Subscription(name="x", dashboard="overview", recipients="not an address").clean()
    with clock.fixed(lambda: MONDAY):
        page = admin_client.post(f"/admin/analytics/subscription/{weekly.pk}/send-now/", follow=True).content.decode()
    assert "a@example.com" in page
    assert len(mail.outbox) == 1
    weekly.refresh_from_db()
    assert weekly.sent_for is None, "the scheduled one is sent all the same"
