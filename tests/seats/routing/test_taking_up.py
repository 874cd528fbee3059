"""Closed conversations: their seat can write in them again, which opens them, and send again what did not arrive."""

from __future__ import annotations

import pytest

from bridge.models import Customer, Delivery, Fact, Message
from seats.models import Seat
from tests.support.routing import client_of, consistent, conversation, owner, someone

SEND = "message/custom/send"


@pytest.fixture
def closed(day):
    """A conversation that alice has served and closed."""
    day.site.account.reopen_minutes = 0
    day.site.account.save()
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "yes", 1)
    day.says("alice", "#close", 1)
    assert owner(1) == "closed"
    return day


def test_its_seat_writes_and_it_is_open_again(closed):
    number = conversation(1).pk
    Seat.objects.filter(user__username="alice").update(availability="busy")
    closed.says("alice", "one more thing", 1)
    assert (conversation(1).pk, owner(1), conversation(1).mode) == (number, "alice", "send")
    assert closed.told(1)[-1] == "one more thing"
    assert Fact.objects.filter(kind=Fact.Kind.REOPENED).count() == 1
    assert Fact.objects.filter(kind=Fact.Kind.ASSIGNED).latest("pk").detail == "back"
    closed.arrive(1, text="thanks")
    assert (conversation(1).pk, owner(1)) == (number, "alice")
    consistent()


def test_from_the_desk_too(closed, monkeypatch):
    closed.works_at_once(monkeypatch)
    number = conversation(1).pk
    written = client_of("alice").post(
        f"/api/conversations/{number}/messages/", {"text": "one more", "wait": False}, "application/json"
    )
    assert written.status_code == 200, written.json()
    assert (owner(1), closed.told(1)[-1]) == ("alice", "one more")


@pytest.mark.parametrize(
    ("who", "change", "why"),
    [
        ("alice", {"window_left": 0}, "客户再发消息后才能发送"),
        ("alice", {"blocked_at": "2026-01-01T00:00Z"}, "会话已结束"),
        ("bob", {}, "会话已结束"),
        ("alice", {"full": True}, "满额"),
    ],
)
def test_not_where_nothing_can_come_of_it(closed, who, change, why):
    change = dict(change)
    closed.site.login("bob")
    if change.pop("full", False):
        Seat.objects.filter(user__username="alice").update(capacity=1)
        closed.arrive(2)
        Seat.objects.filter(user__username="bob").update(availability="away")
        assert owner(2) in ("alice", "bob")
        if owner(2) == "bob":
            closed.says("bob", "#transfer -n alice", 2)
    if change:
        Customer.objects.filter(openid=someone(1)).update(**change)
    before = Message.objects.count()
    assert why in closed.says(who, "one more", 1)
    assert owner(1) == "closed"
    assert Message.objects.filter(conversation=conversation(1)).count() <= before
    assert Fact.objects.filter(kind=Fact.Kind.REOPENED).count() == 0
    consistent()


def test_not_an_older_one(closed, monkeypatch):
    """What is written in a conversation that was closed before the last one goes nowhere."""
    old = conversation(1).pk
    closed.arrive(1, text="something else")
    closed.says("alice", "#close", 1)
    assert conversation(1).pk != old
    closed.works_at_once(monkeypatch)
    for path, body in (("messages/", {"text": "one more"}), ("commands/resend/", {})):
        refused = client_of("alice").post(f"/api/conversations/{old}/{path}", body, "application/json")
        assert refused.status_code == 409, path
    assert owner(1) == "closed"


def test_its_seat_sends_again_what_did_not_arrive(day, monkeypatch):
    day.site.login("alice")
    day.arrive(1)
    day.platforms.answer(SEND, {"errcode": 40003, "errmsg": "invalid openid"})
    day.says("alice", "yes", 1)
    day.says("alice", "#close", 1)
    day.works_at_once(monkeypatch)
    there = f"/api/conversations/{conversation(1).pk}/commands/resend/"
    assert client_of("bob").post(there, {}, "application/json").status_code == 404
    assert client_of("alice").post(there, {}, "application/json").status_code == 200
    assert day.told(1).count("yes") == 2
    assert Delivery.objects.filter(
        conversation=conversation(1), state=Delivery.State.DONE, message__side="seat"
    ).exists()
    assert owner(1) == "closed"
