"""Events of our own: each kind goes through the database and back, and what nobody reads is filtered with the reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from bridge.inbox import events, serving_events, storing
from bridge.inbox.events import ConversationEvent, Event
from bridge.lanes import nudges
from bridge.models import InboundEvent
from bridge.values.agents import Agent, Author
from bridge.values.content import File, Text
from seats import events as seat_events

pytestmark = pytest.mark.once
AT = datetime(2026, 3, 2, 2, 0, 0, 123456, tzinfo=UTC)
AUTHOR = Author(Agent(1, "爱丽丝", "alice"), site=True, quiet=True)
EXAMPLES = [
    events.CommandGiven(AUTHOR, "transfer", {"target": "bob", "note": "发票"}, 12),
    events.CommandGiven(AUTHOR, "take", {}),
    events.CommandGiven(AUTHOR, "no such command", {}),
    events.Written(AUTHOR, (Text("hi"), File("a.pdf", "https://x/a.pdf", 1))),
    events.Written(AUTHOR, (Text("hi"),), 12),
    events.SeatTyping(1, True),
    events.ResendAsked((1, 2)),
    events.DropAsked((1,), "no longer needed"),
    events.EraseAsked(),
    events.CloseAsked("closed by chief"),
    events.EndpointRecovered(),
    events.AgentNotified("alice", "something is wrong"),
    events.WindowEnding(),
    events.AnswerHeld(12),
    events.BroadcastDue(3),
    events.ProfileChanged("王女士", ("VIP",), ()),
    events.ProfileChanged(None),
    events.WayLearned(AT, "ADD_SCENE_SEARCH"),
    events.BotIdle(AT),
    events.BotWoken(AT),
    serving_events.PlaceFree(),
    serving_events.OverflowDue(),
    serving_events.WaitOver(),
    serving_events.SeatSought(),
    serving_events.SeatSilent(AT),
    serving_events.CustomerSilent(AT),
    serving_events.ConversationIdle(AT),
    serving_events.SeatGone(AT),
    serving_events.OfferOver(),
    seat_events.AvailabilityChosen("alice", "busy"),
    seat_events.RoomChanged("alice"),
    seat_events.ClientChanged("alice", True, "desk:1"),
    seat_events.ClientsSeen("alice", ("im:web", "im:ios"), AT),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda one: one.kind)
def test_there_and_back(event):
    assert events.read(event.kind, json.dumps(event.to_json(), ensure_ascii=False)) == event


def test_what_nobody_can_show_is_taken_out():
    told = events.AgentNotified("alice", "one\x0btwo\x00")
    assert events.read("tell", json.dumps(told.to_json())) == events.AgentNotified("alice", "one\ntwo")


def test_fields_of_a_later_version_are_left_out():
    assert events.read("tell", '{"im_id": "a", "text": "b", "colour": "red"}') == events.AgentNotified("a", "b")


@pytest.mark.parametrize(("kind", "body", "error"), [
    ("nonsense", "{}", events.UnknownEventError),
    ("tell", "{}", TypeError),
    ("tell", "[", ValueError),
    ("expire", '{"last": "yesterday"}', ValueError),
    ("command", '{"name": "take"}', LookupError),
    ("written", '{"author": {}, "contents": [{"type": "Nonsense"}]}', LookupError),
])  # fmt: skip
def test_what_it_does_not_take(kind, body, error):
    with pytest.raises(error):
        events.read(kind, body)


def test_a_kind_has_one_class():
    with pytest.raises(ValueError, match="two events of the kind tell"):

        @dataclass(frozen=True)
        class Another(Event):
            kind = "tell"


def test_an_event_no_app_knows_is_filtered_with_the_reason(talking):
    @dataclass(frozen=True)
    class Foreign(ConversationEvent):
        kind = "foreign"

    storing.post(talking.im_id(), Foreign())
    del Event.kinds["foreign"]
    talking.work()
    event = InboundEvent.objects.get(kind="foreign")
    assert event.state == InboundEvent.State.FILTERED
    assert "foreign" in event.reason


def test_posting_nudges_once_it_is_committed(transactional_db, monkeypatch):
    nudged: list[bool] = []
    monkeypatch.setattr(nudges, "nudge", lambda: nudged.append(InboundEvent.objects.exists()))
    with transaction.atomic():
        assert storing.post("lane", events.WindowEnding(), key="once")
        assert nudged == []
    assert nudged == [True]
    assert storing.post("lane", events.WindowEnding(), key="once") == ""
    assert nudged == [True], "what was there already calls nobody"


def test_what_is_undone_nudges_nobody(transactional_db, monkeypatch):
    nudged: list[bool] = []
    monkeypatch.setattr(nudges, "nudge", lambda: nudged.append(True))
    with transaction.atomic():
        storing.post("lane", events.WindowEnding())
        transaction.set_rollback(True)
    assert (nudged, InboundEvent.objects.count()) == ([], 0)


def test_what_the_broker_carries_comes_back_with_its_time(monkeypatch):
    came = datetime(2026, 11, 26, 8, 0, 0, 123456, tzinfo=UTC)
    event = storing.NewEvent("lane", "wechat", 7, "text", "key", "<xml/>", came)
    assert storing.NewEvent.from_json(json.loads(json.dumps(event.to_json()))) == event


def test_many_are_stored_all_or_none(db):
    new, old = (storing.NewEvent("lane", "wechat", None, "text", key, "") for key in ("new", "old"))
    assert storing.store(old)
    with pytest.raises(IntegrityError):
        storing.store_many([new, old])
    assert list(InboundEvent.objects.values_list("dedup", flat=True)) == ["old"]


def test_failed_events_that_are_worked_on_again_call_a_worker(db, monkeypatch, django_capture_on_commit_callbacks):
    nudged: list[str] = []
    monkeypatch.setattr(nudges, "nudge", lambda: nudged.append("nudge"))
    for key, body in (("key", "words"), ("emptied", "")):
        storing.store(storing.NewEvent("lane", "wechat", None, "text", key, body))
    InboundEvent.objects.update(state=InboundEvent.State.FAILED)
    with django_capture_on_commit_callbacks(execute=True):
        assert storing.replay(InboundEvent.objects.values_list("pk", flat=True)) == 1
        assert nudged == []
    assert nudged == ["nudge"]
    assert InboundEvent.objects.get(state=InboundEvent.State.FAILED).dedup == "emptied"
