"""Who gets which customer, in which order, and what time does to those who wait. Every clock here is injected."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.inbox import storing
from bridge.models import AutoAnswer, Conversation, Message, Tag, WorkingHours
from bridge.values.agents import seat_lane
from seats.events import ClientsSeen
from seats.models import QueueEntry, Seat, SeatGroup
from seats.tasks import tick
from tests.support.routing import Day, consistent, conversation, owner, places

SHANGHAI = ZoneInfo("Asia/Shanghai")


def rule(day: Day, **values: object) -> None:
    SeatGroup.objects.filter(slug="sales").update(**values)


def office(**fields: str) -> WorkingHours:
    return WorkingHours.objects.create(name="office", calendar="", **fields)


# The queue


def test_priority_of_accounts_and_tags_then_arrival(day):
    day.arrive(1, 2)
    vip = Tag.objects.create(name="vip", of="customer", priority=5)
    for number in (3, 4):
        day.arrive(number)
        day.site.login("alice")
        day.says("alice", "#close", number)
        day.site.seat_state("Logout", "alice")
        day.site.work()
        day.customer(number).tags.add(vip)
    for number in (1, 2):
        day.site.login("alice")
        day.says("alice", "#close", number)
        day.site.seat_state("Logout", "alice")
        day.site.work()
    day.arrive(1, 3, 2, 4)
    assert places() == [3, 4, 1, 2]
    assert "排在第 2 位" in day.told(4)[-1]


def test_an_account_of_higher_priority_comes_first(day):
    day.arrive(1)
    day.site.account.priority = 3
    day.site.account.save()
    day.arrive(2, 3)
    assert places() == [2, 3, 1]


def test_the_expected_wait_is_told_once_it_is_known(day):
    day.site.alice.capacity = 1
    day.site.alice.save()
    day.site.login("alice")
    day.arrive(1)
    day.now += timedelta(minutes=10)
    day.says("alice", "#close", 1)
    day.arrive(2, 3, 4)
    assert "预计等待 11 分钟" in day.told(3)[-1]
    assert "排在第 2 位，预计等待 21 分钟" in day.told(4)[-1]


def test_the_place_is_told_again_to_who_writes_but_not_too_often(day):
    day.arrive(1, 2)
    told = len(day.told(2))
    day.arrive(2, 2)
    assert len(day.told(2)) == told
    day.later(300)
    day.arrive(2)
    assert len(day.told(2)) == told + 1
    rule(day, retell_seconds=0)
    day.later(1000)
    day.arrive(2)
    assert len(day.told(2)) == told + 1


def test_overflow_to_a_second_group(day):
    rule(day, overflow_group=day.site.care, overflow_seconds=120)
    day.site.login("bob")  # of the other group
    day.arrive(1, 2)
    day.later(100)
    assert [owner(1), owner(2)] == ["queued", "queued"]
    day.later(30)
    assert [owner(1), owner(2)] == ["bob", "bob"]
    assert not QueueEntry.objects.exists()
    assert "hello 1" in day.platforms.to_seat("bob")
    consistent()


def test_after_the_overflow_whichever_group_is_free_first_takes_the_customer(day):
    rule(day, overflow_group=day.site.care, overflow_seconds=60)
    day.arrive(1, 2)
    day.later(61)
    day.arrive(3)
    assert places("sales") == [1, 2, 3]
    assert places("care") == [1, 2]
    day.site.login("alice")
    assert [owner(number) for number in (1, 2, 3)] == ["alice"] * 3
    assert places("care") == []


def test_who_overflows_keeps_the_time_of_arrival(day):
    rule(day, overflow_group=day.site.care, overflow_seconds=60)
    day.arrive(1)
    day.site.account.group = "care"
    day.site.account.save()
    day.later(50)
    day.arrive(2)
    day.later(20)
    assert places("care") == [1, 2]


def test_the_longest_queue_and_the_longest_wait(day):
    rule(day, max_queue=2, max_wait_seconds=600)
    day.arrive(1, 2, 3)
    assert day.told(3) == ["当前咨询较多，请留言，客服会尽快回复您。"]
    assert conversation(3).mode == "leave"
    day.arrive(3, text="my message")
    day.later(601)
    assert [conversation(number).mode for number in (1, 2)] == ["leave", "leave"]
    assert "请留言" in day.told(1)[-1]
    day.site.login("alice")
    assert [owner(number) for number in (1, 2, 3)] == ["alice"] * 3
    assert day.platforms.to_seat("alice") == ["hello 1", "hello 2", "hello 3", "my message 3"]


def test_giving_up_finds_a_seat_that_just_became_free(day):
    rule(day, max_wait_seconds=600)
    day.arrive(1)
    Seat.objects.update(online=True)
    day.later(601)
    assert owner(1) == "alice"
    assert all("留言" not in text for text in day.told(1))


# Working hours


def evening(site, platforms) -> Day:
    return Day(site, platforms, datetime(2026, 11, 24, 20, 0, tzinfo=SHANGHAI))


def test_outside_of_working_hours_a_message_is_left_and_handed_over_when_they_begin(site, platforms):
    site.sales.hours = office()
    site.sales.save()
    Seat.objects.filter(user__username="alice").update(online=True)
    with evening(site, platforms).running() as day:
        day.arrive(1)
        assert day.told(1) == ["现在是非工作时间，请留言，客服将从 明天 09:00 起回复您。"]
        assert owner(1) == "queued"
        day.arrive(1, text="more")
        assert len(day.told(1)) == 1
        day.now = datetime(2026, 11, 25, 8, 59, 50, tzinfo=SHANGHAI)
        day.later(5)
        assert owner(1) == "queued"
        day.later(5)
        assert owner(1) == "alice"
        assert platforms.to_seat("alice") == ["hello 1", "more 1"]


def test_hours_of_the_account_and_their_own_text(site, platforms):
    site.account.hours = office(closed_text="下班了，%(open)s 见")
    site.account.save()
    with evening(site, platforms).running() as day:
        day.site.login("alice")
        day.arrive(1)
        assert day.told(1) == ["下班了，明天 09:00 见"]
        assert owner(1) == "queued"


def test_a_closed_account_does_not_stand_in_the_way_of_an_open_one(site, platforms):
    site.account.hours = office()
    site.account.save()
    with evening(site, platforms).running() as day:
        day.arrive(1)
        site.account.hours = None
        site.account.save()
        from seats.routing import opening

        opening.plans.forget()
        QueueEntry.objects.update(account_id=0)
        day.arrive(2)
        day.site.login("alice")
        assert owner(2) == "alice"


def test_who_waits_when_it_closes_is_asked_for_a_message(site, platforms):
    site.sales.hours = office()
    site.sales.save()
    with Day(site, platforms, datetime(2026, 11, 24, 17, 50, tzinfo=SHANGHAI)).running() as day:
        day.arrive(1)
        assert "排在第 1 位" in day.told(1)[-1]
        day.later(540)
        assert conversation(1).mode == "stack"
        day.later(60)
        assert conversation(1).mode == "leave"
        assert day.told(1)[-1] == "现在是非工作时间，请留言，客服将从 明天 09:00 起回复您。"


# Presence


def test_several_clients_of_one_seat(day):
    for platform in ("Web", "iOS"):
        day.site.im_callback("State.StateChange", state("Login"), platform=platform)
    day.site.work()
    day.site.im_callback("State.StateChange", state("Logout"), platform="Web")
    day.site.work()
    assert Seat.objects.get(user__username="alice").online
    day.site.im_callback("State.StateChange", state("Disconnect"), platform="iOS")
    day.site.work()
    assert not Seat.objects.get(user__username="alice").online


def state(action: str) -> dict[str, object]:
    from tests.support.actors import state_change

    return state_change(action, "alice")


def test_a_lost_callback_is_found_by_asking(day):
    from seats.tasks import check_presence

    day.site.login("alice")
    day.now += timedelta(seconds=60)
    offline = {"ErrorCode": 0, "QueryResult": [{"To_Account": "alice", "Status": "Offline"}]}
    details = [{"Platform": "iPhone", "Status": "PushOnline"}, {"Platform": "Web", "Status": "Online"}]
    bob = {"To_Account": "bob", "Status": "Online", "Detail": details}
    day.platforms.answer("query_online_status", {**offline, "QueryResult": [*offline["QueryResult"], bob]})
    assert check_presence() == 2
    day.site.work()
    assert list(Seat.objects.order_by("pk").values_list("user__username", "online")) == [
        ("alice", False),
        ("bob", True),
    ]
    day.platforms.answer("query_online_status", {"ErrorCode": 0, "QueryResult": [bob]})
    assert check_presence() == 0


def test_where_the_platform_does_not_answer_nobody_goes_offline(day):
    from seats.tasks import check_presence
    from tests.support.actors import network_error

    day.site.login("alice")
    day.platforms.answer("query_online_status", network_error())
    assert check_presence() == 0
    day.site.work()
    assert Seat.objects.get(user__username="alice").online


def test_a_login_after_the_question_is_not_undone_by_its_answer(day):
    """Asked, then the seat comes, then the answer from before arrives."""
    asked = day.now
    day.now += timedelta(seconds=1)
    day.site.login("alice")
    day.now += timedelta(seconds=1)
    storing.post(seat_lane("alice"), ClientsSeen("alice", (), asked))
    day.site.work()
    assert Seat.objects.get(user__username="alice").online
    storing.post(seat_lane("alice"), ClientsSeen("alice", (), day.now))
    day.site.work()
    assert not Seat.objects.get(user__username="alice").online


def test_a_seat_that_vanishes_loses_its_waiting_customers_after_the_grace(day):
    carol = day.site.seat("carol", day.site.sales)
    day.site.login("alice")
    day.arrive(1, 2)
    day.says("alice", "what can I do?", 1)
    day.site.seat_state("Disconnect")
    day.site.work()
    day.later(119)
    assert [owner(1), owner(2)] == ["alice", "alice"]
    day.arrive(3)
    day.later(5)
    assert owner(2) == "queued"
    assert places() == [2, 3]  # before who waited already
    assert owner(1) == "alice"  # waits for nothing
    day.site.login("carol")
    assert owner(2) == "carol"
    assert "hello 2" in "\n".join(day.platforms.to_seat("carol"))
    day.arrive(1, text="one more thing")
    day.later(5)
    assert owner(1) == "carol"
    assert carol.pk
    consistent()


def test_a_seat_that_comes_back_in_time_keeps_its_customers(day):
    day.site.login("alice")
    day.arrive(1)
    day.site.seat_state("Disconnect")
    day.site.work()
    day.later(100)
    day.site.login("alice")
    day.later(100)
    assert owner(1) == "alice"


def test_signing_off_hands_on_at_once(day):
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "#下线", 1)
    day.later(5)
    assert owner(1) == "queued"
    assert Seat.objects.get(user__username="alice").presence == "offline"
    day.says("alice", "#online", 1)
    assert owner(1) == "alice"


def test_who_may_work_here_no_more_loses_its_customers(day):
    day.site.login("alice")
    day.arrive(1)
    day.site.alice.user.is_active = False
    day.site.alice.user.save()
    day.later(5)
    assert owner(1) == "queued"


def test_what_has_a_history_is_not_deleted(day):
    from django.db.models import ProtectedError

    day.arrive(2)
    with pytest.raises(ProtectedError):
        SeatGroup.objects.get(slug="sales").delete()
    day.site.login("alice")
    with pytest.raises(ProtectedError):
        day.site.alice.user.delete()


def test_who_says_online_is_online_even_without_a_callback(day):
    day.arrive(1)
    day.says("alice", "#online", 1)
    assert owner(1) == "alice"
    day.says("alice", "#offline", 1)
    assert Seat.objects.get(user__username="alice").online is False


def test_nobody_makes_up_for_a_holiday(day):
    carol = day.site.seat("carol", day.site.sales, capacity=50, online=True)
    for number in range(20):
        day.arrive(number)
    day.site.login("alice")
    for number in range(20, 28):
        day.arrive(number)
    carol.refresh_from_db()
    assert 3 <= Seat.objects.get(user__username="alice").load <= 5
    consistent()


# Silence


def test_the_seat_is_reminded_once_and_again_after_the_next_message(day):
    day.site.login("alice")
    day.arrive(1)
    day.later(180)
    day.later(10)
    reminders = [text for text in day.platforms.to_seat("alice") if "等待回复" in text]
    assert len(reminders) == 1
    day.says("alice", "here I am", 1)
    day.later(1000)
    assert len([text for text in day.platforms.to_seat("alice") if "等待回复" in text]) == 1
    day.arrive(1)
    day.later(200)
    assert len([text for text in day.platforms.to_seat("alice") if "等待回复" in text]) == 2


def test_a_reminder_that_comes_late_is_not_given(day):
    day.site.login("alice")
    day.arrive(1)
    day.now += timedelta(seconds=200)
    assert tick() == 1
    day.site.seat_says("sorry!", "alice", day.customer(1).openid)
    from bridge.models import InboundEvent

    # The answer comes first into the lane.
    reminder = InboundEvent.objects.get(kind="remind_seat")
    newest = InboundEvent.objects.order_by("-pk").first()
    InboundEvent.objects.filter(pk=reminder.pk).update(state=1)
    day.site.work()
    InboundEvent.objects.filter(pk=reminder.pk).update(state=0)
    day.site.work()
    assert newest.pk > reminder.pk
    assert not any("等待回复" in text for text in day.platforms.to_seat("alice"))


def test_a_silent_customer_is_asked_and_then_let_go(day):
    rule(day, remind_customer_seconds=600, close_idle_seconds=1800)
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "anything else?", 1)
    day.later(601)
    day.later(10)
    assert day.told(1) == ["anything else?", "请问还有什么可以帮您？"]
    day.later(1200)
    assert owner(1) == "closed"
    assert conversation(1).close_reason == "长时间没有新消息"
    consistent()


def test_who_waits_for_an_answer_is_never_let_go(day):
    rule(day, close_idle_seconds=60)
    day.site.login("alice")
    day.arrive(1)
    day.later(100000)
    assert owner(1) == "alice"


def test_a_conversation_with_a_bot_alone_ends_in_silence(day):
    from chatbots.models import FaqEntry

    FaqEntry.objects.create(keywords="hello", answer=AutoAnswer.of("9:00-21:00"))
    day.site.account.first_mode = "faq"
    day.site.account.save()
    day.arrive(1)
    assert owner(1) == "bot"
    day.later(86000)
    day.arrive(1)
    day.later(86000)
    assert owner(1) == "bot"
    day.later(500)
    assert owner(1) == "closed"


def test_writing_again_soon_reopens_with_the_same_seat(day):
    day.site.account.reopen_minutes = 10
    day.site.account.save()
    day.site.seat("carol", day.site.sales, online=True)
    day.site.login("alice")
    day.arrive(1)
    first, seat = conversation(1).pk, owner(1)
    day.says(seat, "#close", 1)
    day.later(500)
    Seat.objects.filter(user__username=seat).update(served=100)
    day.arrive(1, text="one more")
    assert (conversation(1).pk, owner(1), conversation(1).reopened) == (first, seat, 1)
    said = Message.objects.filter(conversation=first, side="customer").order_by("pk")
    assert [message.preview for message in said] == ["hello 1", "one more 1"]
    day.says(seat, "#close", 1)
    day.later(600)
    day.arrive(1)
    assert conversation(1).pk != first


def test_reopening_where_the_seat_has_no_room_finds_another(day):
    day.site.account.reopen_minutes = 10
    day.site.account.save()
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "#close", 1)
    Seat.objects.filter(user__username="alice").update(availability="busy")
    day.site.seat("carol", day.site.sales, online=True)
    day.arrive(1)
    assert owner(1) == "carol"
    assert any("hello 1" in text for text in day.platforms.to_seat("carol"))


@pytest.mark.parametrize("status", ["queued", "bot"])
def test_a_conversation_no_seat_ever_had_is_not_reopened(day, status):
    day.site.account.reopen_minutes = 10
    day.site.account.save()
    day.arrive(1)
    Conversation.objects.update(status=status)
    day.site.customer_says("#quit", day.customer(1).openid)
    day.site.work()
    day.arrive(1)
    assert Conversation.objects.count() == (2 if status == "queued" else 1)
