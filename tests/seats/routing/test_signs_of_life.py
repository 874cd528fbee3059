"""Signs of life: who is silent for too long, who may work here no more, and what a seat's desks and clients tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from bridge.models import InboundEvent, WorkingHours
from bridge.models.hours import WEEKDAYS
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import DeliveryError, Outcome
from seats.models import Connection, Seat
from seats.routing import opening, presence

pytestmark = pytest.mark.either

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def told() -> list[tuple[str, str]]:
    """Return lane and kind of what was posted, and begin anew."""
    found = list(InboundEvent.objects.order_by("pk").values_list("lane", "kind"))
    InboundEvent.objects.all().delete()
    return found


def test_desks(site, settings):
    presence.beat(site.alice, "d" * 50, NOW)
    assert told() == [("seat:alice", "connection")]
    name = presence._client("d" * 50)
    assert (len(name), name[:10]) == (40, (Connection.DESK + "d" * 50)[:10])
    one = Connection.objects.create(seat=site.alice, client=name, since=NOW, seen_at=NOW - SECOND)
    presence.beat(site.alice, "d" * 50, NOW)
    one.refresh_from_db()
    assert (told(), one.seen_at) == ([], NOW)
    timeout = timedelta(seconds=settings.PRESENCE_TIMEOUT)
    assert presence.expire_desks(NOW + timeout) == 0
    assert presence.expire_desks(NOW + timeout + SECOND) == 1
    assert presence.expire_desks(NOW + timeout + SECOND) == 0, "told once"
    assert told() == [("seat:alice", "connection")]
    presence.leave(site.alice, "d")
    assert told() == [("seat:alice", "connection")]


def test_who_may_work_here_no_more(site):
    Seat.objects.update(online=True, presence_at=NOW)
    assert presence.sign_off_inactive() == 0
    User.objects.filter(username="alice").update(is_active=False)
    assert presence.sign_off_inactive() == 1
    assert told() == [("seat:alice", "connection")]
    Seat.objects.update(online=False)
    assert presence.sign_off_inactive() == 0


def test_what_the_platform_knows(site, monkeypatch):
    answer: dict[str, tuple[str, ...]] | DeliveryError = {"alice": ("im:web",)}

    class Platform:
        name = "tencent_im"

        def present(self, accounts):
            if isinstance(answer, DeliveryError):
                raise answer
            return {name: answer[name] for name in accounts if name in answer}

    monkeypatch.setattr(presence, "seats_platform", Platform)
    assert presence.check_platform(NOW) == 1
    assert told() == [("seat:alice", "presence")]
    one = Connection.objects.create(seat=site.alice, client="im:web", since=NOW, seen_at=NOW - SECOND)
    desk = Connection.objects.create(seat=site.alice, client=presence._client("d"), since=NOW, seen_at=NOW - SECOND)
    assert presence.check_platform(NOW) == 0
    one.refresh_from_db()
    desk.refresh_from_db()
    assert (one.seen_at, desk.seen_at) == (NOW, NOW - SECOND)
    answer = {"alice": ()}
    assert presence.check_platform(NOW) == 1
    answer = DeliveryError("1", "x", Outcome.RETRY)
    assert presence.check_platform(NOW) == 0


def test_hours_of_an_account_and_a_group(site):
    never = WorkingHours.objects.create(name="never", calendar="", closed_text="Never", **dict.fromkeys(WEEKDAYS, ""))
    office = WorkingHours.objects.create(name="office", calendar="", closed_text="Later")
    WeChatAccount.objects.update(hours=office)
    opening.plans.forget()
    of = opening.Hours.of
    assert of(None, site.sales).keys == of(site.account.pk + 1, site.sales).keys == of(None, None).keys == ()
    assert of(site.account.pk, site.sales).keys == (office.pk,)
    site.sales.hours = never
    both = of(site.account.pk, site.sales)
    assert both.keys == (office.pk, never.pk)
    assert (both.is_open(NOW), both.opens(NOW), both.closes(NOW), both.text(NOW)) == (False, None, None, "Never")
    assert both.seconds(NOW, NOW + SECOND) == 0
    one = of(site.account.pk, None)
    assert (one.is_open(NOW), one.closes(NOW), one.text(NOW)) == (True, NOW.replace(hour=10), "")
    assert (of(None, None).closes(NOW), of(None, None).seconds(NOW, NOW + SECOND)) == (None, 1)
    site.care.hours = office
    assert of(site.account.pk, site.care).keys == (office.pk,), "the same hours once"
    night = NOW.replace(hour=20)
    assert (opening.closed_accounts(NOW), opening.closed_accounts(night)) == ([], [site.account.pk])
    assert (opening.is_open(site.sales, NOW), opening.is_open(site.care, NOW), opening.is_open(site.care, night)) == (
        False,
        True,
        False,
    )


def test_a_customer_of_no_account_has_no_accounts_hours(monkeypatch):
    plan = opening.Plan({5: None}, {}, {1: 5})
    monkeypatch.setattr(opening.plans, "get", lambda: plan)
    assert (opening.Hours.of(1, None).keys, opening.Hours.of(None, None).keys) == ((5,), ())
