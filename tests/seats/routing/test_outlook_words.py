"""The outlook, sentence by sentence: what each setting of a group makes of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils.translation import override

from bridge.models import Conversation, Customer, Tag, WorkingHours
from bridge.models.hours import WEEKDAYS
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import QueueEntry, Seat, SeatGroup
from seats.routing import opening
from seats.routing.assignment import learn
from seats.routing.outlook import Asked, outlook
from seats.routing.queue import arrival, expected_wait, line, rank, rank_of

pytestmark = pytest.mark.either

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)  # Thursday 10:00 in Shanghai


def steps(**group) -> list[tuple[str, str, str]]:
    SeatGroup.objects.filter(slug="sales").update(**group)
    opening.plans.forget()
    with override("en"):
        return [(step.kind, step.text, step.said) for step in outlook(Asked(WeChatAccount.objects.get(), NOW))]


def texts(**group) -> list[str]:
    return [text for _kind, text, _said in steps(**group)]


QUIET = {
    "remind_seat_seconds": 0,
    "grace_seconds": 0,
    "close_idle_seconds": 0,
    "max_wait_seconds": 0,
    "handling_seconds": 0,
}


def test_a_free_seat(site):
    site.seat("carol", site.sales, weight=2, capacity=3)
    Seat.objects.filter(groups=site.sales).update(online=True, availability="open")
    site.alice.refresh_from_db()
    Seat.objects.filter(pk=site.alice.pk).update(load=1)
    assert steps(**QUIET) == [
        ("note", "The customer goes to the group 销售.", ""),
        ("note", "There are no working hours, so it is always open.", ""),
        ("good", "Of its 2 seats 2 are online; 2 of them take new conversations and have room.", ""),
        ("good", "carol (0 of 3) gets the conversation at once, by the strategy “lowest load by weight”. The next ones would be alice (1 of 5).", ""),
    ]  # fmt: skip


def test_three_more_are_named_and_not_four(site):
    for name in ("carol", "dave", "eve", "fay"):
        site.seat(name, site.sales)
    Seat.objects.update(online=True, availability="open")
    assert "、".join(f"{name} (0 of 5)" for name in ("carol", "dave", "eve")) + "." in texts(**QUIET)[-1]
    Seat.objects.exclude(pk=site.alice.pk).update(online=False)
    assert texts(**QUIET)[-1].endswith("“lowest load by weight”.")


WHAT_FOLLOWS = [
    ({}, []),
    ({"remind_seat_seconds": 60}, ["A seat that has not answered is reminded after 1m."]),
    (
        {"grace_seconds": 120},
        [
            "A seat that is offline for 2m loses the customers who wait for its answer; they go to the head of the queue."
        ],
    ),
    ({"close_idle_seconds": 180}, ["A customer who stays silent is let go after 3m."]),
    ({"max_wait_seconds": 240}, ["After 4m in line the customer is asked to leave a message."]),
]


def test_what_follows(site):
    for group, said in WHAT_FOLLOWS:
        WeChatAccount.objects.update(survey=False, texts={})
        assert texts(**{**QUIET, **group})[4:] == said
        WeChatAccount.objects.update(survey=True)
        assert texts(**{**QUIET, **group})[4:] == [*said, "After the close the customer is asked how it was."]
        WeChatAccount.objects.update(texts={"survey": ""})
        assert texts(**{**QUIET, **group})[4:] == said


def test_the_second_group(site):
    assert "After 5m the group 售后 may take the customer too." in texts(
        **QUIET, overflow_group=site.care, overflow_seconds=300
    )


def waiting(site, *arrivals: int, **entry) -> None:
    """Let customers wait for the first group, from these minutes past ten on."""
    for minute in arrivals:
        customer = Customer.objects.create(
            account=site.account, openid=f"o{minute:027d}", im_id=f"1.o{minute:027d}", created_at=NOW
        )
        one = Conversation.objects.create(customer=customer, group="sales", opened_at=NOW, status="queued")
        values = {
            "rank": 0,
            "lane": customer.im_id,
            "account_id": site.account.pk,
            "enqueued_at": NOW.replace(minute=minute),
            **entry,
        }
        QueueEntry.objects.create(conversation=one, group=site.sales, **values)


def test_those_who_wait_are_before(site):
    waiting(site, 1, 2)
    Seat.objects.update(online=True, availability="open")
    assert texts(**QUIET)[-1] == "Nobody can take it now: the customer waits, as number 3."
    assert texts(**{**QUIET, "handling_seconds": 100})[-1].endswith(
        "as number 3. The wait is expected to be about 1 minute."
    )
    assert steps(**QUIET, max_queue=3)[-1][1].startswith("Nobody")
    assert steps(**QUIET, max_queue=1)[-1][1].startswith("2 wait already, ")
    kind, text, said = steps(**QUIET, max_queue=2)[-1]
    assert (kind, text[:16]) == ("wait", "2 wait already, ")
    assert said.startswith("All our staff are busy. Leave")
    QueueEntry.objects.update(left=True)
    assert steps(**QUIET, max_queue=2)[-1][1].startswith("Nobody")


WHEN_IT_OPENS = [
    ("09:00-18:00", "good", "It is open now, until 18:00.", ""),
    ("11:00-18:00", "wait", "It is closed now; it opens 11:00.", "11:00"),
    ("", "wait", "It is closed now; it opens 11-27 09:00.", "tomorrow 09:00"),
]


def test_when_it_opens(site):
    for hours, kind, text, opens in WHEN_IT_OPENS:
        WorkingHours.objects.all().delete()
        office = WorkingHours.objects.create(name="office", calendar="", thursday=hours, closed_text="Back at %(open)s")
        found = steps(**QUIET, hours=office)
        assert found[1] == (kind, text, "")
        if kind == "wait":
            assert found[2] == (
                "wait",
                "The customer is asked to leave a message.",
                f"Back at {opens}",
            )
            assert found[3][1].startswith("Its place in the queue is kept;")
            assert len(found) == 4


def test_never_open(site):
    office = WorkingHours.objects.create(name="office", calendar="", **dict.fromkeys(WEEKDAYS, ""))
    assert texts(**QUIET, hours=office)[1] == "It is closed now; it opens never: look at the working hours."


@pytest.mark.parametrize(
    ("priority", "place"), [(0, 0), (3, -3), (-3, 3), (200, -200), (201, -200), (-200, 200), (-201, 200)]
)
def test_rank(priority, place):
    assert rank(priority) == place


def test_accounts_and_tags_count_together(site):
    customer = Customer.objects.create(account=site.account, openid="o", im_id="1.o", created_at=NOW)
    assert rank_of(customer) == 0
    customer.account.priority = 3
    assert (rank_of(customer), rank_of(customer, first=True)) == (-3, -1000)
    customer.tags.set(Tag.objects.create(name=str(one), of="customer", priority=one) for one in (5, 7))
    assert rank_of(customer) == -10
    assert (Asked(customer.account, NOW, 3).rank, Asked(customer.account, NOW).rank) == (-6, -3)


def test_a_limit_of_the_account_is_said(site):
    limit = {"what": "texts", "code": "45009", "until": NOW.timestamp() + 10**9}
    WeChatAccount.objects.update(limits={"message/custom/send": limit})
    kind, text, _said = steps(**QUIET)[0]
    assert (kind, text[:29], text[-22:]) == ("stop", "WeChat's limit for texts (mes", ": what needs it waits.")


def test_rank_of_nobody():
    assert (rank_of(None), rank_of(None, first=True)) == (0, -1000)


def test_how_a_queue_stands(site):
    waiting(site, 1, 3)
    waiting(site, 0, left=True)
    Seat.objects.filter(pk=site.alice.pk).update(online=True, availability="open", load=2)
    entry = QueueEntry.objects.order_by("enqueued_at")[2]
    found = line(site.sales, NOW.replace(minute=5), entry)
    assert (found.waiting, found.left, found.longest, found.online, found.free, found.place) == (2, 1, 240, 1, 3, 3)
    assert line(site.sales, NOW).place == 0
    assert line(site.care, NOW).longest == line(site.care, NOW).free == 0
    assert arrival(site.sales.pk, 0, NOW) == NOW.replace(minute=3)
    assert arrival(site.sales.pk, 0, NOW.replace(minute=4)) == NOW.replace(minute=4)
    assert arrival(site.sales.pk, 1, NOW) == NOW


WHAT_IS_LEARNED_OF_ONE_MORE = [
    (0, 100, 100),
    (100, 200, 110),
    (100, 0, 100),
    (100, -1, 100),
    (100, 12 * 3600, 100),
    (100, 13 * 3600, 100),
    (0, 12 * 3600 - 1, 12 * 3600 - 1),
    (100, 0.5, 90.05),
    (0.5, 100, 10.45),
]


def test_what_is_learned_of_one_more(site):
    for before, seconds, after in WHAT_IS_LEARNED_OF_ONE_MORE:
        ones = SeatGroup.objects.filter(slug="sales")
        ones.update(handling_seconds=before)
        learn([site.sales.pk, site.care.pk], "sales", seconds)
        assert ones.get().handling_seconds == pytest.approx(after)


THE_WAIT_THAT_IS_TO_BE_EXPECTED = [(0, 1, 0), (100, 1, 20), (101, 1, 21), (100, 5, 100)]


def test_the_wait_that_is_to_be_expected(site):
    for handling, place, seconds in THE_WAIT_THAT_IS_TO_BE_EXPECTED:
        Seat.objects.update(online=False)
        site.sales.handling_seconds = handling
        assert expected_wait(site.sales, place) == 0
        Seat.objects.filter(pk=site.alice.pk).update(online=True)
        assert expected_wait(site.sales, place) == seconds
