"""Routing where one more or one less makes the difference: closed accounts, seats that come back, who is told when."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.models import Conversation, WorkingHours
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Assignment, Connection, QueueEntry, Seat, SeatGroup
from seats.routing import opening, queue
from tests.support.actors import OTHER_AES_KEY, encrypted_push, text_xml
from tests.support.routing import Day, client_of, conversation, owner, places

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 11, 24, 20, 0, tzinfo=SHANGHAI)  # a Tuesday


# Accounts that are closed


@pytest.fixture
def evening(site, platforms):
    """Two accounts of one group; the first has gone home, the second works day and night. Nobody is online yet."""
    WeChatAccount.objects.create(
        slug="night", name="夜间", app_id="wx2", app_secret="s2", token="t2", encoding_aes_key=OTHER_AES_KEY,
        group="sales", survey=False,
    )  # fmt: skip
    site.account.hours = WorkingHours.objects.create(name="office", calendar="")
    site.account.save()
    opening.plans.forget()
    with Day(site, platforms, EVENING).running() as day:
        yield day


def writes_to_the_night_account(day, openid: str = "oNight000000000000000000001") -> None:
    day.now += timedelta(seconds=1)
    query, body = encrypted_push(text_xml("hello", openid), key=OTHER_AES_KEY, app_id="wx2", token="t2")
    assert day.site.client.post(f"/callbacks/wechat/night/?{query}", body, content_type="text/xml").status_code == 200
    day.site.work()


def who_has(openid: str) -> str:
    found = Assignment.objects.filter(active_for__customer__openid=openid).first()
    return found.seat.user.username if found else "nobody"


def test_who_waits_for_a_closed_account_is_served_by_nobody_and_holds_nobody_up(evening):
    evening.arrive(1)
    assert places() == [1]
    evening.site.login("alice")
    evening.later(60)
    assert owner(1) == "queued", "it is closed"
    writes_to_the_night_account(evening)
    assert who_has("oNight000000000000000000001") == "alice"


def test_a_place_that_becomes_free_goes_past_them_too(evening):
    Seat.objects.filter(user__username="alice").update(capacity=1)
    evening.site.login("alice")
    writes_to_the_night_account(evening)
    evening.arrive(1)
    writes_to_the_night_account(evening, "oNight000000000000000000002")
    evening.site.seat_says("#close", "alice", "oNight000000000000000000001")
    evening.site.work()
    assert who_has("oNight000000000000000000002") == "alice"
    assert owner(1) == "queued"


def test_the_queue_of_now_leaves_them_out_and_the_queue_of_tomorrow_does_not(evening):
    evening.arrive(1)
    group = SeatGroup.objects.get(slug="sales").pk
    assert list(queue.waiting(group, evening.now)) == []
    morning = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)
    assert list(queue.waiting(group, morning)) == list(QueueEntry.objects.all())


# Seats that come back


def test_who_comes_back_gets_its_share_of_what_comes_and_not_more(day):
    """The other one has served 20 meanwhile. Of eight new ones each gets four, whatever was before."""
    day.site.seat("carol", day.site.sales, capacity=100, online=True)
    Seat.objects.filter(user__username="alice").update(capacity=100)
    for number in range(1, 21):
        day.arrive(number)
        day.says("carol", "#close", number)
    assert Seat.objects.get(user__username="carol").served == 20
    day.site.login("alice")
    assert Seat.objects.get(user__username="alice").served == 20
    for number in range(21, 29):
        day.arrive(number)
    assert {seat.user.username: seat.load for seat in Seat.objects.filter(groups=day.site.sales)} == {
        "alice": 4, "carol": 4,
    }  # fmt: skip


@pytest.mark.parametrize(("weight", "served"), [(1, 10), (2, 20), (3, 30)])
def test_what_counts_as_served_goes_by_weight(day, weight, served):
    day.site.seat("carol", day.site.sales, online=True)
    Seat.objects.filter(user__username="carol").update(served=10)
    Seat.objects.filter(user__username="alice").update(weight=weight)
    day.site.login("alice")
    assert Seat.objects.get(user__username="alice").served == served


@pytest.mark.parametrize("state", [{"online": False}, {"availability": "busy"}])
def test_seats_that_take_none_do_not_count(day, state):
    day.site.seat("carol", day.site.sales, online=True)
    Seat.objects.filter(user__username="carol").update(served=10, **state)
    day.site.login("alice")
    assert Seat.objects.get(user__username="alice").served == 0


def test_nobody_loses_what_they_have_served(day):
    day.site.seat("carol", day.site.sales, online=True)
    Seat.objects.filter(user__username="alice").update(served=7)
    day.site.login("alice")
    assert Seat.objects.get(user__username="alice").served == 7


# By hand


def test_who_logs_out_takes_back_what_was_said_by_hand(day):
    day.arrive(1)
    day.says("alice", "#online", 1)
    assert Connection.objects.filter(client=Connection.BY_HAND).exists()
    day.site.seat_state("Logout")
    day.site.work()
    assert not Seat.objects.get(user__username="alice").online


def test_a_client_that_goes_leaves_the_others(day):
    for platform in ("Web", "iOS"):
        day.site.im_callback("State.StateChange", state_change("Login"), platform=platform)
    day.site.work()
    day.site.im_callback("State.StateChange", state_change("Logout"), platform="Web")
    day.site.work()
    assert set(Connection.objects.values_list("client", flat=True)) == {"im:ios"}


def state_change(action: str) -> dict[str, object]:
    from tests.support.actors import state_change as change

    return change(action, "alice")


# Former conversations


@pytest.mark.parametrize(("group", "seen"), [("sales", True), ("care", False)])
def test_former_conversations_are_seen_by_their_groups_seats(day, group, seen):
    """Of a customer that zoe has now, she sees what her group did before, and not what another one did."""
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "#close", 1)
    former = conversation(1).pk
    Conversation.objects.filter(pk=former).update(group=group)
    day.site.seat_state("Logout")
    day.site.seat("zoe", day.site.sales)
    day.site.login("zoe")
    day.arrive(1)
    assert owner(1) == "zoe"
    listed = client_of("zoe").get("/api/conversations/").json()["results"]
    assert (former in [row["id"] for row in listed]) is seen
    assert client_of("zoe").get(f"/api/conversations/{former}/").status_code == (200 if seen else 404)


def test_once_the_customer_is_another_ones_they_are_seen_no_more(day):
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "#close", 1)
    former = conversation(1).pk
    day.site.seat_state("Logout")
    day.site.seat("zoe", day.site.sales)
    day.site.login("zoe")
    day.arrive(1)
    day.says("zoe", "#close", 1)
    assert client_of("zoe").get(f"/api/conversations/{former}/").status_code == 404


@pytest.mark.parametrize(("says", "then"), [("#busy", "queued"), ("#online", "alice")])
def test_into_the_own_groups_queue_goes_what_would_not_come_right_back(day, says, then):
    """To a seat that takes new ones the customer would come back at once, so it stays."""
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", says, 1)
    day.says("alice", "#transfer -n sales", 1)
    assert owner(1) == then
