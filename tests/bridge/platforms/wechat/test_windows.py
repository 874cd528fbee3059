"""The window and the count: what WeChat would refuse is not tried, and the seat knows."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import tasks
from bridge.base import clock
from bridge.live import endpoints
from bridge.models import Customer, Delivery, InboundEvent
from bridge.platforms.wechat import permission
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.windows import COUNT, TIME, Grant, Window
from tests.support.actors import payload

SEND = "message/custom/send"
NOW = clock.now()


@pytest.fixture
def talking(site, platforms):
    """A customer wrote, a seat has them, and WeChat has confirmed the count of this account before."""
    WeChatAccount.objects.update(count_checked_at=clock.now())
    site.login("alice")
    site.customer_says("hello")
    site.work()
    return site


def say(site, *texts):
    for text in texts:
        site.seat_says(text)
        site.work()


def states():
    return list(Delivery.objects.filter(direction="customer").order_by("pk").values_list("state", flat=True))


def notices(platforms, seat="alice"):
    return [text for text in platforms.to_seat(seat) if text.startswith("【系统】")]


def set_account(**values):
    WeChatAccount.objects.update(**values)
    endpoints.forget()


def end_window():
    Customer.objects.update(window_until=clock.now() - timedelta(seconds=1))


def at(seconds):
    moment = clock.now() + timedelta(seconds=seconds)
    return clock.fixed(lambda: moment)


def test_five_go_the_rest_waits_and_all_arrive_in_order(talking, platforms):
    texts = [f"m{number}" for number in range(1, 9)]
    say(talking, *texts)
    assert platforms.to_customer() == texts[:5]
    assert states() == ["done"] * 5 + ["held"] * 3
    assert [f"“m{number}”" in notice for number, notice in zip((6, 7, 8), notices(platforms)[-3:], strict=True)] == [
        True
    ] * 3
    assert "条数" in notices(platforms)[-1]
    talking.customer_says("still there?")
    talking.work()
    assert platforms.to_customer() == texts
    assert Customer.objects.get().window_left == 2


def test_all_of_it_in_one_burst(talking, platforms):
    texts = [f"m{number}" for number in range(1, 9)]
    for text in texts:
        talking.seat_says(text)
    talking.work()
    assert platforms.to_customer() == texts[:5]
    talking.customer_says("?")
    talking.work()
    assert platforms.to_customer() == texts


def test_a_count_wechat_never_confirmed_is_asked_once(talking, platforms):
    """It may allow more than we know. When it says no, that is believed for a month."""
    WeChatAccount.objects.update(count_checked_at=None)
    say(talking, "1", "2", "3", "4", "5", "6")
    assert platforms.to_customer() == ["1", "2", "3", "4", "5", "6"]
    platforms.answer(SEND, {"errcode": 45047})
    say(talking, "7", "8", "9")
    assert platforms.to_customer() == ["1", "2", "3", "4", "5", "6", "7"]
    assert states()[-3:] == ["held"] * 3
    assert WeChatAccount.objects.get().count_checked_at is not None
    talking.customer_says("?")
    talking.work()
    say(talking, "10", "11", "12")
    assert platforms.to_customer()[-5:] == ["7", "8", "9", "10", "11"]
    assert states()[-1] == "held"


def test_with_checking_off_nothing_over_the_count_is_ever_tried(talking, platforms, settings):
    settings.WINDOW_CHECK_DAYS = 0
    WeChatAccount.objects.update(count_checked_at=None)
    say(talking, *"1234567")
    assert platforms.to_customer() == list("12345")
    assert states()[-2:] == ["held", "held"]


def test_wechat_refuses_earlier_than_we_thought(talking, platforms):
    say(talking, "1")
    platforms.answer(SEND, {"errcode": 45047})
    say(talking, "2", "3")
    assert platforms.to_customer() == ["1", "2"]
    assert states() == ["done", "held", "held"]
    assert Customer.objects.get().window_left == 0


def test_the_seat_hears_when_little_is_left(talking, platforms):
    say(talking, "1", "2", "3")
    assert len(notices(platforms)) == 1
    assert "2 条" in notices(platforms)[0]
    say(talking, "4", "5")
    assert "已用完" in notices(platforms)[-1]
    assert len(notices(platforms)) == 2


def test_the_policy_of_the_account_may_be_to_fail(talking, platforms):
    set_account(over_count="fail")
    say(talking, *"123456")
    assert states()[-1] == "failed"
    assert "未送达" in notices(platforms)[-1]


def test_after_the_time_it_fails_without_a_try(talking, platforms):
    end_window()
    say(talking, "too late")
    assert platforms.to_customer() == []
    assert (states(), Delivery.objects.filter(direction="customer").get().code) == (["failed"], "45015")
    assert "客户先发消息" in notices(platforms)[-1]


def test_after_the_time_it_may_wait_instead(talking, platforms):
    set_account(over_time="hold")
    end_window()
    say(talking, "too late", "too")
    assert states() == ["held", "held"]
    talking.customer_says("hello again")
    talking.work()
    assert platforms.to_customer() == ["too late", "too"]


def test_45015_closes_the_window_here_too(talking, platforms):
    platforms.answer(SEND, {"errcode": 45015})
    say(talking, "1", "2", "3")
    assert platforms.to_customer() == ["1"]
    assert states() == ["failed"] * 3
    say(talking, "#重发")
    assert platforms.to_customer()[0:2] == ["1", "1"]  # a person asked: WeChat is asked once more


def test_a_notice_never_spends_the_last_message(site, platforms):
    WeChatAccount.objects.update(window_rules={"message": [1, 3600]}, count_checked_at=clock.now())
    site.customer_says("hello")  # nobody is online: the queue's notice would be the only message
    site.work()
    assert platforms.to_customer() == []
    assert states() == ["dropped"]
    site.login("alice")
    say(site, "a person's answer")
    assert platforms.to_customer() == ["a person's answer"]


def test_a_notice_spends_like_everything_else(site, platforms):
    site.customer_says("hello")
    site.work()
    assert len(platforms.to_customer()) == 1
    assert Customer.objects.get().window_left == 4


def test_the_texts_of_the_account(site, platforms):
    WeChatAccount.objects.update(texts={"queued": "请稍候，前面还有人（第 %(place)d 位）"})
    site.customer_says("hello")
    site.work()
    assert platforms.to_customer() == ["请稍候，前面还有人（第 1 位）"]


def test_a_text_that_is_switched_off(site, platforms):
    WeChatAccount.objects.update(texts={"queued": ""})
    site.customer_says("hello")
    site.work()
    assert platforms.to_customer() == []
    assert states() == []


def test_what_waited_is_joined_where_little_is_left(talking, platforms):
    WeChatAccount.objects.update(window_rules={"message": [3, 3600]})
    talking.customer_says("now with three")
    talking.work()
    Customer.objects.update(window_left=3)
    say(talking, *"123456789")
    talking.customer_says("?")
    talking.work()
    assert platforms.to_customer() == ["1", "2", "3", "4", "5\n6\n7\n8\n9"]
    assert states() == ["done"] * 5 + ["joined"] * 4
    assert Customer.objects.get().window_left == 1


def test_joining_can_be_switched_off(talking, platforms, settings):
    settings.WINDOW_JOIN_BELOW = 0
    say(talking, *[str(number) for number in range(1, 12)])
    talking.customer_says("?")
    talking.work()
    assert platforms.to_customer() == [str(number) for number in range(1, 11)]


def test_texts_wait_for_each_other_where_the_site_says_so(talking, platforms, settings):
    settings.WINDOW_JOIN_SECONDS = 3
    say(talking, *"1234")
    assert platforms.to_customer() == ["1", "2", "3"]
    say(talking, "5")
    with at(4):
        talking.work()
    assert platforms.to_customer() == ["1", "2", "3", "4\n5"]


@pytest.mark.parametrize(
    ("name", "left", "seconds"),
    [("event_click.xml", 3, 60), ("event_scan.xml", 3, 60), ("event_subscribe.xml", 3, 60)],
)
def test_what_else_gives_permission(talking, name, left, seconds):
    Customer.objects.update(window_left=0, window_until=clock.now() - timedelta(seconds=1))
    talking.push_xml(payload(f"wechat/{name}"))
    talking.work()
    customer = Customer.objects.get()
    assert customer.window_left == left
    assert abs((customer.window_until - clock.now()).total_seconds() - seconds) < 30


def test_a_tap_releases_what_waits(talking, platforms):
    say(talking, *"1234567")
    talking.push_xml(payload("wechat/event_click.xml"))
    talking.work()
    assert platforms.to_customer() == list("1234567")
    assert InboundEvent.objects.get(kind="event:CLICK").state == InboundEvent.State.FILTERED


def test_a_menu_item_or_a_code_opens_a_conversation_where_the_account_says_so(site, platforms):
    WeChatAccount.objects.update(opening_keys="SERVICE\ncounter7")
    site.login("alice")
    site.push_xml(payload("wechat/event_click.xml"))
    site.work()
    assert platforms.to_seat("alice") == []
    assert not Customer.objects.exists()
    site.push_xml(payload("wechat/event_click.xml").replace("V1001_HOT", "SERVICE").replace("1764000090", "1764000091"))
    site.push_xml(payload("wechat/event_scan.xml"))
    site.work()
    assert platforms.to_seat("alice") == ["[点了菜单] SERVICE", "[扫了二维码] counter7"]


def test_a_window_about_to_close_is_pointed_out_once(talking, platforms, settings):
    talking.sales.supervisors.add(talking.bob)
    with at(47 * 3600):
        assert tasks.warn_of_windows() == 1
        talking.work()
        assert tasks.warn_of_windows() == 0
    assert "还在等待回复" in notices(platforms, "alice")[-1]
    assert "旗舰店 · 微信用户VJJE 还在等待回复" in notices(platforms, "bob")[-1]
    said = [body for body in platforms.bodies("openim/sendmsg") if body["To_Account"] == "bob"]
    assert said[-1]["From_Account"] == "bridge_system"


def test_a_seat_that_oversees_its_group_hears_it_once(talking, platforms):
    talking.sales.supervisors.add(talking.alice)
    with at(47 * 3600):
        tasks.warn_of_windows()
        talking.work()
    assert [words for words in notices(platforms, "alice") if "还在等待回复" in words] == notices(platforms, "alice")[
        -1:
    ]


@pytest.mark.parametrize("over", ["its time", "its count"])
def test_a_window_that_allows_nothing_any_more_is_not_pointed_out(talking, platforms, over):
    if over == "its count":
        Customer.objects.update(window_left=0)
    with at((49 if over == "its time" else 47) * 3600):
        assert tasks.warn_of_windows() == (over == "its count")
        talking.work()
    assert notices(platforms) == []


def test_a_window_that_was_short_from_the_start_is_not_pointed_out(talking, platforms):
    """It would be warned of as soon as the customer has done anything."""
    with at(47 * 3600):
        opened = clock.now() - timedelta(minutes=1)
        Customer.objects.update(window_opened_at=opened, window_until=opened + timedelta(minutes=2))
        assert tasks.warn_of_windows() == 0


def test_no_reminder_where_the_last_word_is_the_seats(talking, platforms):
    say(talking, "answered")
    with at(47 * 3600):
        tasks.warn_of_windows()
        talking.work()
    assert notices(platforms) == []


def test_typing_is_shown_and_costs_nothing(talking, platforms):
    data = payload("tencent_im/typing.json").replace("CUSTOMER", talking.im_id())
    talking.im_callback("C2C.CallbackAfterSendMsg", json.loads(data))
    talking.work()
    assert [body["command"] for body in platforms.bodies("message/custom/typing")] == ["Typing"]
    assert Customer.objects.get().window_left == 5
    say(talking, *"123456")
    talking.im_callback("C2C.CallbackAfterSendMsg", json.loads(data.replace("48376_2837548_typing", "other")))
    talking.work()
    assert len(platforms.bodies("message/custom/typing")) == 1
    assert states()[-2:] == ["held", "dropped"]


# The rules themselves


def test_counts_do_not_add_up():
    window = Window().opened(NOW, Grant(5, 3600)).spent().spent()
    assert window.left == 3
    assert window.opened(NOW, Grant(3, 60)).left == 3
    assert window.opened(NOW, Grant(3, 60)).until == NOW + timedelta(seconds=3600)
    assert window.opened(NOW, Grant(5, 3600)).left == 5


def test_payment_is_no_limit():
    assert Window().opened(NOW, Grant(0, 3600)).spent().left is None


@given(
    st.lists(st.tuples(st.integers(0, 7200), st.integers(1, 20), st.integers(1, 7200)), max_size=8), st.integers(0, 30)
)
def test_a_window_never_allows_more_than_the_largest_grant(grants, sends):
    window, moment = Window(), NOW
    for after, count, seconds in grants:
        moment += timedelta(seconds=after)
        window = window.opened(moment, Grant(count, seconds))
    sent = 0
    for _number in range(sends):
        if window.refusal(moment):
            break
        window, sent = window.spent(), sent + 1
    if grants:
        assert sent <= max(count for _after, count, _seconds in grants)
        assert window.until >= moment
    assert window.refused(COUNT, moment).refusal(moment) in (COUNT, TIME)
    assert window.refused(TIME, moment).refusal(moment) == TIME


@pytest.mark.parametrize(
    ("kind", "trigger", "grant"),
    [
        ("service", "message", Grant(5, 172800)), ("service", "click", Grant(3, 60)), ("service", "follow", Grant(3, 60)),
        ("service", "scan", Grant(3, 60)), ("service", "payment", Grant(0, 172800)), ("service", "enter", None),
        ("mini_program", "message", Grant(5, 172800)), ("mini_program", "enter", Grant(2, 60)),
        ("mini_program", "click", None),
    ],
)  # fmt: skip
def test_wechats_table(kind, trigger, grant):
    assert permission.grant(kind, {}, trigger) == grant


def test_an_accounts_own_numbers():
    assert permission.grant("service", {"message": [20, 3600]}, "message") == Grant(20, 3600)
    assert permission.grant("service", {"click": [0, 0]}, "click") is None
    assert permission.check_rules({"message": [20, 3600]}) == ""
    for wrong in ({"message": [20]}, {"message": [True, 1]}, {"hug": [1, 1]}, {"click": [-1, 60]}, [], {"click": "35"}):
        assert permission.check_rules(wrong)
