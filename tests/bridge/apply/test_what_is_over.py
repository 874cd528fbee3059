"""What is over leaves nothing behind: a conversation that is open again was not closed, a customer who is free was not blocked."""

from __future__ import annotations

import json
from datetime import timedelta

from bridge.models import Conversation
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import payload
from tests.support.routing import conversation


def test_a_conversation_that_goes_on_is_not_closed_for_any_reason(day):
    WeChatAccount.objects.update(reopen_minutes=30)
    day.site.login("alice")
    day.arrive(1)
    first = conversation(1)
    day.says("alice", "#close", 1)
    assert conversation(1).close_reason
    day.arrive(1)
    again = conversation(1)
    assert (again.pk, again.closed_at, again.close_reason, again.reopened) == (first.pk, None, "", 1)


def test_who_is_no_longer_blocked_is_so_for_no_reason(day):
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "#block spam", 1)
    assert day.customer(1).blocked_reason == "spam"
    day.says("alice", "#unblock", 1)
    assert (day.customer(1).blocked_at, day.customer(1).blocked_reason) == (None, "")


def test_who_read_along_does_not_when_it_goes_on(day):
    WeChatAccount.objects.update(reopen_minutes=30)
    day.site.sales.supervisors.add(day.site.bob)
    day.site.login("alice", "bob")
    day.arrive(1)
    day.says("bob", "#watch", 1)
    assert conversation(1).watchers
    day.says("alice", "#close", 1)
    assert conversation(1).watchers == []
    day.arrive(1, text="private")
    assert "private 1" not in day.platforms.to_seat("bob")


def test_what_was_read_stays_read(day):
    """A client that is late says that it has read up to an earlier message."""
    day.site.login("alice")
    day.arrive(1)
    first = day.now
    day.now += timedelta(minutes=1)
    day.arrive(1, text="second")
    seen = conversation(1).messages.filter(side="customer").latest("pk").pk
    Conversation.objects.update(read_to=seen)
    data = json.loads(payload("tencent_im/after_read.json").replace("CUSTOMER", day.customer(1).im_id))
    data["LastReadTime"] = int(first.timestamp())
    day.site.im_callback(data["CallbackCommand"], data)
    day.site.work()
    assert conversation(1).seat_read_at.timestamp() == int(first.timestamp())
    assert conversation(1).read_to == seen
