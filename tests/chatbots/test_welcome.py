"""Welcome: whoever begins to follow reads it, whatever else comes of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.values.content import Text
from bridge.values.hours import Schedule, Span
from chatbots.replies import Reply
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
TEN_TO_FIVE = Schedule(ZoneInfo("Asia/Shanghai"), ((Span(600, 1020),),) * 7)
AT_NIGHT = Reply(Text("We are here from ten on."), when="closed", schedule=TEN_TO_FIVE)
HELLO = Reply(Text("Hello."))


def script(*replies: Reply, **account: str) -> Script:
    return Script(seats=["alice"], loads={"welcome": list(replies)}, **account)


def test_whoever_follows_reads_it_and_opens_no_conversation():
    talk = script(HELLO)
    talk.customer.does("follow")
    assert (talk.customer.reads, talk.status, talk.dropped) == (["Hello."], "", "")


def test_the_first_that_holds_now_is_said():
    talk = script(AT_NIGHT, HELLO)
    talk.customer.does("follow")
    assert talk.customer.reads == ["Hello."]
    late = script(AT_NIGHT, HELLO)
    late.world.now += timedelta(hours=9)
    late.customer.does("follow")
    assert late.customer.reads == ["We are here from ten on."]


@pytest.mark.parametrize("event", ["unfollow", "click", "scan", "enter"])
def test_nothing_else_brings_it(event):
    talk = script(HELLO)
    talk.customer.does(event)
    assert talk.customer.reads == []


def test_where_a_code_opens_a_conversation_it_comes_first_and_stands_in_the_log():
    talk = script(HELLO, opening_keys="*")
    talk.seat("alice").seat.takes = False
    talk.customer.does("follow", "poster")
    assert talk.customer.reads[0] == "Hello."
    assert [one.author for one in talk.world.conversation.log][:1] == ["welcome"]


def test_without_a_welcome_nothing_is_said():
    talk = script()
    talk.customer.does("follow")
    assert (talk.customer.reads, talk.dropped) == ([], "")


def test_whoever_is_blocked_is_not_welcomed():
    talk = script(HELLO)
    talk.customer.does("follow")
    talk.world.customer = replace(talk.world.customer, blocked=True)
    talk.customer.does("follow")
    assert talk.customer.has_read == ["Hello."]
