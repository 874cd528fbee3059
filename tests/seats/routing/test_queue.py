"""Assignment and the queue."""

import pytest

from bridge.inbox import storing
from bridge.models import AutoAnswer, Conversation
from bridge.values.agents import seat_lane
from seats.events import RoomChanged
from seats.models import QueueEntry, Seat


def someone(number: int) -> str:
    return f"oQueueTestCustomer00000000{number:02d}"


def arrive(site, *numbers):
    for number in numbers:
        site.customer_says(f"hello {number}", someone(number))
        site.work()


def who_has(number: int) -> str:
    conversation = Conversation.objects.get(customer__openid=someone(number), open_for__isnull=False)
    seat = Seat.objects.filter(assignments__active_for=conversation).first()
    return str(seat) if seat else conversation.status


def test_lowest_load_per_weight_then_longest_idle(site):
    site.seat("carol", site.sales, weight=2, online=True)
    site.login("alice")
    arrive(site, 1, 2, 3, 4, 5, 6)
    owners = [who_has(number) for number in range(1, 7)]
    assert sorted(owners) == ["alice", "alice", "carol", "carol", "carol", "carol"]


def test_ties_go_to_the_longest_idle(site):
    for name in ("carol", "dave"):
        site.seat(name, site.sales, online=True)
    site.login("alice")
    arrive(site, 1, 2, 3, 4)
    assert {who_has(1), who_has(2), who_has(3)} == {"alice", "carol", "dave"}
    assert who_has(4) == who_has(1)


def test_nobody_online_means_waiting_and_the_place_is_told_once(site, platforms):
    arrive(site, 1, 2)
    site.customer_says("still there?", someone(2))
    site.work()
    assert platforms.to_customer(someone(1)) == ["当前咨询较多，您排在第 1 位，请稍候，客服会在这里回复您。"]
    assert platforms.to_customer(someone(2)) == ["当前咨询较多，您排在第 2 位，请稍候，客服会在这里回复您。"]


def test_a_seat_that_comes_online_gets_all_that_was_written(site, platforms):
    arrive(site, 1)
    site.customer_says("second", someone(1))
    site.work()
    site.login("alice")
    assert platforms.to_seat("alice") == ["hello 1", "second"]
    site.customer_says("third", someone(1))
    site.work()
    assert platforms.to_seat("alice")[-1] == "third"


def test_the_queue_hands_over_in_order_and_never_above_capacity(site):
    site.alice.capacity = 2
    site.alice.save()
    site.login("alice")
    arrive(site, *range(1, 7))
    assert [who_has(number) for number in range(1, 7)] == ["alice"] * 2 + ["queued"] * 4
    for closed, next_one in ((1, 3), (2, 4), (3, 5)):
        site.seat_says("#close", openid=someone(closed))
        site.work()
        assert who_has(next_one) == "alice"
        site.alice.refresh_from_db()
        assert site.alice.load == 2
    assert list(QueueEntry.objects.values_list("conversation__customer__openid", flat=True)) == [someone(6)]


def test_a_newcomer_does_not_overtake_who_waits(site):
    arrive(site, 1, 2)
    Seat.objects.update(online=True)  # a place, of which no event told the queue yet
    site.customer_says("hello 3", someone(3))
    site.work()
    assert [who_has(number) for number in (1, 2, 3)] == ["alice"] * 3
    from seats.models import Assignment

    order = Assignment.objects.order_by("pk").values_list("conversation__customer__openid", flat=True)
    assert list(order) == [someone(number) for number in (1, 2, 3)]


def test_logout_and_disconnect_stop_new_ones(site):
    site.login("alice")
    for action in ("Logout", "Disconnect"):
        site.seat_state("Login")
        site.seat_state(action)
        site.work()
        site.alice.refresh_from_db()
        assert not site.alice.online
    arrive(site, 1)
    assert who_has(1) == "queued"


def test_other_groups_seats_do_not_take_them(site):
    site.login("bob")
    arrive(site, 1)
    assert who_has(1) == "queued"


def test_more_capacity_wakes_the_queue(site):
    site.alice.capacity = 0
    site.alice.save()
    site.login("alice")
    arrive(site, 1, 2)
    Seat.objects.filter(pk=site.alice.pk).update(capacity=2)
    storing.post(seat_lane("alice"), RoomChanged("alice"))
    site.work()
    assert [who_has(1), who_has(2)] == ["alice", "alice"]


def test_a_customer_can_leave_the_line(site, platforms):
    arrive(site, 1, 2)
    site.customer_says("#退出", someone(1))
    site.work()
    assert "您已退出排队" in platforms.to_customer(someone(1))[-1]
    site.login("alice")
    assert who_has(2) == "alice"
    assert platforms.to_seat("alice") == ["hello 2"]


def test_a_customer_can_ask_for_the_place(site, platforms):
    arrive(site, 1, 2)
    site.customer_says("#排队", someone(2))
    site.work()
    assert platforms.to_customer(someone(2))[-1] == "您排在第 2 位，共 2 位客户在排队。"


def test_an_account_without_a_group_keeps_messages_until_it_has_one(site, platforms):
    site.account.group = ""
    site.account.save()
    site.login("alice")
    arrive(site, 1)
    assert platforms.to_seat() == []
    Conversation.objects.update(group="sales")
    site.customer_says("again", someone(1))
    site.work()
    assert platforms.to_seat("alice") == ["hello 1", "again"]


@pytest.mark.parametrize("mode", ["transform", "faq"])
def test_faq_answers_and_hands_over(site, platforms, mode):
    from chatbots.models import FaqEntry

    FaqEntry.objects.create(keywords="营业 时间", answer=AutoAnswer.of("9:00-21:00"))
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("second"))
    site.account.first_mode = mode
    site.account.save()
    site.login("alice")
    for text in ("几点营业？", "我要退货"):
        site.customer_says(text)
        site.work()
    if mode == "faq":
        assert platforms.to_customer() == ["9:00-21:00"]
        assert "几点营业？" in platforms.to_seat("alice")[0]
        assert "9:00-21:00" in platforms.to_seat("alice")[0]
        assert platforms.to_seat("alice")[1:] == ["我要退货"]
    else:
        assert platforms.to_seat("alice") == ["几点营业？", "我要退货"]


def test_a_lost_wake_up_is_found_by_the_net(site):
    from bridge.models import InboundEvent
    from seats.tasks import wake_queues

    arrive(site, 1, 2)
    assert wake_queues() == 0  # nobody is there
    Seat.objects.update(online=True)
    assert wake_queues() == 1
    assert wake_queues() == 0  # the first is being woken already
    assert InboundEvent.objects.filter(kind="place_free").count() == 1
    site.work()
    assert [who_has(1), who_has(2)] == ["alice", "alice"]
