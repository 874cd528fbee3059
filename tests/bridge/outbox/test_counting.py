"""What counts against WeChat's number of messages, and how long it is believed that the number is right."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bridge import tasks
from bridge.base import clock
from bridge.live import endpoints
from bridge.models import Customer, Delivery, Fact
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import Outcome
from tests.support.actors import network_error, payload

SEND = "message/custom/send"


@pytest.fixture
def counted(site):
    """A customer with five messages left, whose account's number WeChat has confirmed just now."""
    checked(0)
    site.login("alice")
    site.customer_says("hello")
    site.work()
    assert left() == 5
    return site


def checked(days: float) -> None:
    WeChatAccount.objects.update(count_checked_at=clock.now() - timedelta(days=days))
    endpoints.forget()


def say(site, *texts: str) -> None:
    for text in texts:
        site.seat_says(text)
        site.work()


def left() -> int | None:
    return Customer.objects.get().window_left


@pytest.mark.parametrize(("days", "tried"), [(29.9, 5), (30.1, 6), (400, 6)])
def test_a_confirmed_number_is_believed_for_a_month(counted, platforms, settings, days, tried):
    assert settings.WINDOW_CHECK_DAYS == 30
    checked(days)
    say(counted, *"123456")
    assert len(platforms.to_customer()) == tried


def test_while_something_waits_nothing_is_tried_over_the_number(counted, platforms):
    """Else what comes later would pass what waits."""
    say(counted, "0")
    platforms.answer(SEND, {"errcode": 45047})
    say(counted, "1")
    checked(400)
    say(counted, "2")
    assert [row.state for row in Delivery.objects.filter(direction="customer").order_by("pk")] == [
        "done", "held", "held",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "state", "costs"),
    [
        ({"errcode": 0}, "done", 1),
        (network_error(Outcome.UNKNOWN), "unknown", 1),
        (network_error(Outcome.RETRY), "queued", 0),
        ({"errcode": 40003}, "failed", 0),
        ({"errcode": -1}, "queued", 0),
    ],
)
def test_what_may_have_arrived_counts(counted, platforms, answer, state, costs):
    platforms.answer(SEND, answer)
    say(counted, "1")
    assert Delivery.objects.get(direction="customer").state == state
    assert left() == 5 - costs


def test_a_click_while_five_are_left_takes_none_away(counted):
    counted.push_xml(payload("wechat/event_click.xml"))
    counted.work()
    assert left() == 5


def test_a_click_after_four_answers_gives_three(counted):
    say(counted, *"1234")
    counted.push_xml(payload("wechat/event_click.xml"))
    counted.work()
    assert left() == 3


def test_each_window_is_warned_of_once(counted, platforms):
    """Whoever writes again has a new window, which comes to its end as well."""
    hour = 3600

    def warned_after(seconds: float) -> int:
        moment = began + timedelta(seconds=seconds)
        with clock.fixed(lambda: moment):
            found = tasks.warn_of_windows()
            counted.work()
        return found

    began = clock.now()
    assert [warned_after(47 * hour), warned_after(47.2 * hour)] == [1, 0]
    again = began + timedelta(hours=47.5)
    with clock.fixed(lambda: again):
        counted.customer_says("still waiting")
        counted.work()
    assert [warned_after(48 * hour), warned_after((47.5 + 47) * hour), warned_after((47.5 + 47.2) * hour)] == [0, 1, 0]
    assert len([text for text in platforms.to_seat("alice") if "还在等待回复" in text]) == 2


def test_a_typing_sign_that_is_refused_counts_as_no_failure(counted, platforms):
    platforms.answer("message/custom/typing", {"errcode": 40003})
    data = payload("tencent_im/typing.json").replace("CUSTOMER", counted.im_id())
    counted.im_callback("C2C.CallbackAfterSendMsg", json.loads(data))
    counted.work()
    assert (Delivery.objects.get(ephemeral=True).state, left()) == ("failed", 5)
    assert not Fact.objects.filter(kind=Fact.Kind.FAILED).exists()
