"""What time makes due, second by second: each rule of a group at its edge, off, and where something stands against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from bridge.models import Conversation, Customer, WorkingHours
from bridge.models.hours import WEEKDAYS
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Assignment, QueueEntry, Seat, SeatGroup, TransferOffer
from seats.routing import opening, timers

pytestmark = pytest.mark.either

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)
OFF = {
    "grace_seconds": 0, "max_wait_seconds": 0, "remind_seat_seconds": 0, "remind_customer_seconds": 0, "close_idle_seconds": 0,
    "overflow_seconds": 60, "overflow_group": None,
}  # fmt: skip


FRESH = {
    "group": "sales", "status": "bot", "mode": "faq", "last_message_at": None, "unanswered_since": None, "seat_reminded_at": None,
    "customer_reminded_at": None,
}  # fmt: skip


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.fixture
def one(site):
    """A conversation of the first group that waits for nothing yet; no rule is on."""
    SeatGroup.objects.update(**OFF)
    customer = Customer.objects.create(account=site.account, openid="o", im_id="1.o", created_at=NOW)
    return Conversation.objects.create(customer=customer, group="sales", opened_at=NOW, status="bot", mode="faq")


def due() -> list[str]:
    opening.plans.forget()
    found = list(timers.due(NOW))
    assert {each.lane for each in found} <= {"1.o"}
    return [each.event.kind for each in found]


def rule(**values) -> None:
    SeatGroup.objects.filter(slug="sales").update(**values)


def never() -> WorkingHours:
    made, _new = WorkingHours.objects.get_or_create(name="never", calendar="", **dict.fromkeys(WEEKDAYS, ""))
    return made


def change(one: Conversation, **values) -> None:
    Conversation.objects.filter(pk=one.pk).update(**values)


def test_a_bot_is_woken_from_its_moment_on(one):
    for at, kinds in ((NOW, ["wake"]), (ago(60), ["wake"]), (ago(-1), []), (None, [])):
        change(one, wake_at=at)
        assert due() == kinds, at


SILENCE_ENDS_A_CONVERSATION = [
    (60, "bot", 60, ["expire"]), (60, "bot", 59, []), (60, "queued", 60, []), (0, "bot", 60, []), (60, "assigned", 60, ["close_idle"]),
    (60, "assigned", 59, []), (0, "assigned", 60, []), (60, "assigned", None, []),
]  # fmt: skip


def test_silence_ends_a_conversation(one):
    for seconds, status, last, kinds in SILENCE_ENDS_A_CONVERSATION:
        change(one, **FRESH)
        rule(close_idle_seconds=seconds)
        change(one, status=status, last_message_at=None if last is None else ago(last))
        assert due() == kinds
        change(one, group="care")
        assert due() == []


A_CUSTOMER_WHO_IS_SILENT_IS_ASKED_ONCE = [
    ({"last_message_at": ago(60)}, True), ({"last_message_at": ago(59)}, False), ({"last_message_at": ago(60), "customer_reminded_at": NOW}, False),
    ({"last_message_at": ago(60), "unanswered_since": NOW}, False), ({"last_message_at": ago(60), "status": "bot"}, False),
]  # fmt: skip


def reminds_once(one, field, table):
    """Each row: how the conversation stands, and whether the group's rule makes something due; with 0 seconds it never does."""
    for values, kinds in table:
        change(one, **FRESH)
        rule(**{field: 60})
        change(one, status="assigned")
        change(one, **values)
        assert len(due()) == kinds
        rule(**{field: 0})
        assert due() == []


def test_a_customer_who_is_silent_is_asked_once(one):
    reminds_once(one, "remind_customer_seconds", A_CUSTOMER_WHO_IS_SILENT_IS_ASKED_ONCE)


A_SEAT_THAT_IS_SILENT_IS_REMINDED_ONCE = [
    ({"unanswered_since": ago(60)}, True), ({"unanswered_since": ago(59)}, False), ({"unanswered_since": ago(60), "seat_reminded_at": NOW}, False),
    ({"unanswered_since": None}, False), ({"unanswered_since": ago(60), "status": "queued"}, False), ({"unanswered_since": ago(60), "group": "care"}, False),
]  # fmt: skip


def test_a_seat_that_is_silent_is_reminded_once(one):
    reminds_once(one, "remind_seat_seconds", A_SEAT_THAT_IS_SILENT_IS_REMINDED_ONCE)


A_SEAT_THAT_VANISHED_LOSES_WHOM_IT_HAS_NOT_ANSWERED = [
    ({"online": False, "presence_at": ago(60)}, {}, True),
    ({"online": False, "presence_at": ago(59)}, {}, False),
    ({"online": True, "presence_at": ago(60)}, {}, False),
    ({"online": True, "presence_at": NOW, "availability": "offline"}, {}, True),
    ({"online": True, "presence_at": NOW, "availability": "away"}, {}, False),
    ({"online": True, "presence_at": NOW}, {"is_active": False}, True),
    ({"online": False, "presence_at": None}, {}, False),
]


def test_a_seat_that_vanished_loses_whom_it_has_not_answered(one, site):
    for seat, user, kinds in A_SEAT_THAT_VANISHED_LOSES_WHOM_IT_HAS_NOT_ANSWERED:
        Assignment.objects.all().delete()
        Assignment.objects.create(conversation=one, active_for=one, seat=site.alice, assigned_at=NOW)
        rule(grace_seconds=60)
        change(one, status="assigned", unanswered_since=NOW)
        Seat.objects.filter(pk=site.alice.pk).update(**{"availability": "open", **seat})
        User.objects.update(**{"is_active": True, **user})
        assert len(due()) == kinds
        change(one, unanswered_since=None)
        assert due() == []
        change(one, unanswered_since=NOW)
        rule(grace_seconds=0)
        assert due() == []


def test_nobody_is_taken_back_while_it_is_closed(one, site):
    rule(grace_seconds=60, hours=never())
    change(one, status="assigned", unanswered_since=NOW)
    Assignment.objects.create(conversation=one, active_for=one, seat=site.alice, assigned_at=NOW)
    Seat.objects.filter(pk=site.alice.pk).update(online=False, presence_at=ago(60))
    assert due() == []


def queued(one: Conversation, site, **values) -> None:
    change(one, status="queued")
    given = {"enqueued_at": ago(60), "lane": "1.o", "account_id": site.account.pk, "group": site.sales, **values}
    QueueEntry.objects.create(conversation=one, **given)


WHO_HAS_WAITED_LONG_ENOUGH = [
    ({}, True),
    ({"enqueued_at": ago(59)}, False),
    ({"left": True}, False),
    ({"overflowed": True}, False),
]


def test_who_has_waited_long_enough(one, site):
    for values, kinds in WHO_HAS_WAITED_LONG_ENOUGH:
        QueueEntry.objects.all().delete()
        queued(one, site, **values)
        WeChatAccount.objects.update(hours=None)
        rule(**OFF, hours=None)
        assert due() == []
        rule(overflow_group=site.care, overflow_seconds=60)
        assert due() == ["overflow"] * kinds
        rule(overflow_group=None, max_wait_seconds=60)
        assert due() == ["give_up"] * kinds
        rule(max_wait_seconds=0, hours=never())
        assert due() == ["give_up"] * (not values or "enqueued_at" in values)
        WeChatAccount.objects.update(hours=never())
        rule(hours=None)
        assert due() == ["give_up"] * (not values or "enqueued_at" in values)


def test_who_waits_in_the_second_group_already_is_not_sent_there_again(one, site):
    queued(one, site)
    queued(one, site, group=site.care, overflowed=True)
    rule(overflow_group=site.care)
    assert due() == []


AN_OFFER_THAT_NOBODY_TOOK = [(0, True), (-1, False)]


def test_an_offer_that_nobody_took(one, site):
    for seconds, over in AN_OFFER_THAT_NOBODY_TOOK:
        TransferOffer.objects.all().delete()
        TransferOffer.objects.create(conversation=one, seat=site.bob, sender_id=site.alice.pk, expires_at=ago(seconds))
        assert len(due()) == over


WHO_LOOKS_FOR_A_SEAT_IN_NO_GROUP = [
    ({"mode": "transform", "group": ""}, "sales", True), ({"mode": "transform", "group": "sales"}, "sales", False),
    ({"mode": "transform", "group": ""}, "", False), ({"mode": "faq", "group": ""}, "sales", False),
    ({"mode": "transform", "group": "", "status": "queued"}, "sales", False),
]  # fmt: skip


def test_who_looks_for_a_seat_in_no_group(one):
    for values, account, sought in WHO_LOOKS_FOR_A_SEAT_IN_NO_GROUP:
        change(one, **FRESH)
        WeChatAccount.objects.update(group=account)
        change(one, **values)
        assert len(due()) == sought


def test_what_is_found_again_is_the_same_event_for_ten_minutes(one):
    rule(close_idle_seconds=60)
    change(one, last_message_at=ago(60))
    (found,) = timers.due(NOW)
    key = found.key(NOW)
    assert key == f"expire:{one.pk}:{ago(60).timestamp()}:{int(NOW.timestamp()) // 600}"
    assert found.key(NOW + timedelta(seconds=599)) == key
    assert found.key(NOW + timedelta(seconds=600)) != key
