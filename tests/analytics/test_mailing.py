"""Scheduled reports: once for each period, in the reader's language, with the workbook; and tried again where mail fails."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from openpyxl import load_workbook

from analytics.delivery import mailing
from analytics.facts import rollups
from analytics.models import Subscription
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.report import report
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
    assert letter.subject == "周报 · 2026-11-16 – 2026-11-22"
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


def test_a_letter_has_what_nobody_has_counted_yet(weekly):
    """It is made by the hour; the numbers are counted by another task, which may come later."""
    Fact.objects.create(kind=Fact.Kind.OPENED, at=MONDAY - timedelta(hours=10), account_id=1, source="message", value=0)
    assert mailing.send_due(MONDAY) == 1
    assert "Conversations opened: 8" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("later", "letters"),
    [(timedelta(days=1), 1), (timedelta(days=2, minutes=-20), 1), (timedelta(days=2, minutes=1), 0)],
)
def test_what_is_recorded_late_is_corrected_for_two_days(weekly, later, letters):
    mailing.send_due(MONDAY)
    Fact.objects.create(kind=Fact.Kind.OPENED, at=MONDAY - timedelta(hours=10), account_id=1, source="message", value=0)
    assert mailing.send_due(MONDAY + later) == letters
    assert ("Conversations opened: 8" in mail.outbox[-1].body) is bool(letters)
    assert mailing.send_due(MONDAY + later) == 0, "once"


def test_two_tasks_at_once_send_one_letter(weekly, monkeypatch):
    """The other one is through between this one's look and its claim."""
    update = rollups.update

    def other(now: datetime) -> int:
        monkeypatch.setattr(rollups, "update", update)
        assert mailing.send_due(now) == 1
        return update(now)

    monkeypatch.setattr(rollups, "update", other)
    assert mailing.send_due(MONDAY) == 0
    assert len(mail.outbox) == 1


@pytest.fixture
def late(weekly) -> Subscription:
    """The letter is out, and a fact of its week came after it."""
    assert mailing.send_due(MONDAY) == 1
    Fact.objects.create(kind=Fact.Kind.OPENED, at=MONDAY - timedelta(hours=10), account_id=1, source="message", value=0)
    mail.outbox.clear()
    return weekly


DAY_AFTER = MONDAY + timedelta(days=1)


def test_a_correction_that_could_not_be_sent_is_tried_again(late, monkeypatch):
    def away(self, fail_silently=False):
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", away)
        assert mailing.send_due(DAY_AFTER) == 0
    assert mailing.send_due(DAY_AFTER) == 1
    assert "Conversations opened: 8" in mail.outbox[0].body


def test_one_that_cannot_be_corrected_holds_up_no_other(late):
    """Its report is gone; the other's, which is behind it, is corrected."""
    other = Subscription.objects.get(pk=late.pk)
    other.pk = None
    other.save()
    Subscription.objects.filter(pk=other.pk).update(
        **{
            name: getattr(Subscription.objects.get(pk=late.pk), name)
            for name in ("sent_for", "sent_at", "sent_digest", "held_to")
        }
    )
    Subscription.objects.filter(pk=late.pk).update(dashboard="no such report")
    assert mailing.send_due(DAY_AFTER) == 1


def test_two_tasks_at_once_correct_a_letter_once(late, monkeypatch):
    """The other one is through while this one makes the report."""
    report = mailing.report

    def other(*what):
        monkeypatch.setattr(mailing, "report", report)
        assert mailing.send_due(DAY_AFTER) == 1
        return report(*what)

    monkeypatch.setattr(mailing, "report", other)
    assert mailing.send_due(DAY_AFTER) == 0
    assert len(mail.outbox) == 1


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


@pytest.mark.parametrize(("dashboard", "refused"), [("seats", True), ("overview", False)])
def test_a_letter_has_no_limit_that_its_report_cannot_have(site, admin_client, dashboard, refused):
    """Seats are online for no account: limited to one, the letter would say that nobody was there."""
    asked = {
        "name": "x", "dashboard": dashboard, "period": "day", "hour": 8, "account": site.account.pk, "group": "", "recipients": "a@example.com",
        "language": "en", "enabled": "on",
    }  # fmt: skip
    page = admin_client.post("/admin/analytics/subscription/add/", asked).content.decode()
    assert ("此报表不支持按它筛选" in page) is refused
    assert Subscription.objects.exists() is not refused


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


def test_one_that_cannot_be_sent_before_midnight_is_sent_after_it(weekly, monkeypatch):
    Subscription.objects.update(period="day", hour=23)
    evening = MONDAY + timedelta(hours=14, minutes=10)  # twenty to midnight

    def away(self, fail_silently=False):
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", away)
        assert mailing.send_due(evening) == 0
    for minutes, letters in ((30, 1), (40, 0), (24 * 60, 1)):
        assert mailing.send_due(evening + timedelta(minutes=minutes)) == letters
    assert [letter.subject[-10:] for letter in mail.outbox] == ["2026-11-22", "2026-11-23"]


def test_the_form_and_sending_at_once(weekly, admin_client):
    with pytest.raises(ValidationError):
        Subscription(name="x", dashboard="overview", recipients="not an address").clean()
    Fact.objects.create(kind=Fact.Kind.OPENED, at=MONDAY - timedelta(hours=10), account_id=1, source="message", value=0)
    with clock.fixed(lambda: MONDAY):
        page = admin_client.post(f"/admin/analytics/subscription/{weekly.pk}/send-now/", follow=True).content.decode()
    assert "a@example.com" in page
    assert len(mail.outbox) == 1
    assert "Conversations opened: 8" in mail.outbox[0].body, (
        "in the letter's language, not in that of the person who sends it"
    )
    weekly.refresh_from_db()
    assert weekly.sent_for is None, "the scheduled one is sent all the same"


def test_a_letter_is_corrected_where_only_the_period_before_has_changed(weekly):
    mailing.send_due(MONDAY)
    Fact.objects.create(kind=Fact.Kind.OPENED, at=MONDAY - timedelta(days=9), account_id=1, source="message", value=0)
    assert mailing.send_due(DAY_AFTER) == 1
    assert "(before: 6)" in mail.outbox[0].body
    assert "(before: 7)" in mail.outbox[1].body


@pytest.mark.parametrize("part", ["tiles", "graphs", "sheets"])
def test_a_letter_is_held_against_all_of_its_numbers(weekly, part):
    made = report(DASHBOARDS["accounts"], mailing.scope_of(weekly, MONDAY.date()), MONDAY)
    assert mailing.digest_of(replace(made, **{part: ()})) != mailing.digest_of(made)


def test_what_changes_no_number_is_looked_at_once(weekly, monkeypatch):
    mailing.send_due(MONDAY)
    began = MONDAY - timedelta(hours=12)
    Fact.objects.create(kind=Fact.Kind.PRESENCE, at=MONDAY, began_at=began, seat_id=1, detail="open", value=0)
    rollups.update(MONDAY + timedelta(minutes=15))
    asked = []
    monkeypatch.setattr(mailing, "report", lambda *what: asked.append(what) or report(*what))
    for minutes in (30, 40, 50):
        assert mailing.send_due(MONDAY + timedelta(minutes=minutes)) == 0
    assert len(asked) == 1


def test_a_letter_is_corrected_where_what_went_on_in_its_time_is_over_and_written_down_later(weekly):
    Subscription.objects.update(dashboard="seats")
    mailing.send_due(MONDAY)
    began = MONDAY - timedelta(hours=12)  # on Sunday; it is over on Monday
    Fact.objects.create(kind=Fact.Kind.PRESENCE, at=MONDAY, began_at=began, seat_id=1, detail="open", value=0)
    assert mailing.send_due(DAY_AFTER) == 1
