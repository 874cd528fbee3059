"""What desks are sent of changed conversations: to whom, on which tab, and up to where."""

from __future__ import annotations

import json

import pytest

from bridge.base.redis import client
from bridge.conversation.changes import KEY, Change, position
from bridge.inbox import storing
from bridge.models import Conversation, Delivery, Media, Message
from bridge.values.agents import seat_lane
from seats.actors import Actor
from seats.desk import feed
from seats.desk.hub import Desk
from seats.desk.news import LISTS_CHANGED, compose
from seats.desk.stream import position_of
from seats.events import AvailabilityChosen, RoomChanged
from seats.models import Assignment, QueueEntry, Seat, TransferOffer
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either
ZH = "zh-hans"


@pytest.fixture
def busy(day):
    """Customers of every status: 1 with alice, 2 waits, 3 closed by her, 4 hers until bob's group got it; carol oversees."""
    day.site.sales.supervisors.add(day.site.seat("carol", day.site.care))
    Seat.objects.filter(user__username="alice").update(capacity=3)
    day.site.login("alice")
    day.site.login("bob")
    day.arrive(3, 4, 1)
    day.says("alice", "#close", 3)
    day.says("alice", "#transfer care", 4)
    Seat.objects.filter(user__username="alice").update(capacity=1)
    day.arrive(2)
    day.says("carol", "#watch", 1)
    return day


def actor(name: str) -> Actor:
    found = Actor.of(Seat.objects.get(user__username=name).user)
    assert found
    return found


@pytest.mark.parametrize("name", ["alice", "bob", "carol"])
def test_the_tabs_are_those_of_the_lists(busy, name):
    rows = list(Conversation.objects.order_by("pk"))
    assert {row.status for row in rows} >= {"assigned", "queued", "closed"}
    for one in compose([Change(row.pk) for row in rows], [ZH]):
        listed = [tab for tab in feed.TABS if one.id in {row.pk for row in feed.listed(actor(name), tab, "")}]
        assert sorted(one.tabs(actor(name)) or []) == sorted(listed), (one.status, one.group)


def test_who_may_not_see_it_gets_nothing_of_it(busy):
    said = Message.objects.filter(conversation=conversation(1)).values_list("pk", flat=True)
    news = compose([Change(conversation(1).pk, tuple(said), moved=True)], [ZH])
    assert news[0].to(actor("bob"), ZH) is None
    assert len(news[0].to(actor("alice"), ZH)["bubbles"]) == len(said)


def test_who_saw_it_waiting_hears_that_it_has_gone(busy):
    zoe = busy.site.seat("zoe", busy.site.sales)
    waiting = conversation(2)
    assert compose([Change(waiting.pk)], [ZH])[0].to(actor("zoe"), ZH)["tabs"] == ["queue", "all"]
    busy.says("alice", "#close", 1)  # alice has room now, so customer 2 is hers
    assert zoe
    (gone,) = compose([Change(waiting.pk, moved=True)], [ZH])
    assert gone.to(actor("zoe"), ZH) == LISTS_CHANGED
    (said,) = compose([Change(waiting.pk)], [ZH])
    assert said.to(actor("zoe"), ZH) is None


def test_rows_and_bubbles_are_in_the_readers_language_and_escaped(busy):
    one = conversation(1)
    message = Message.objects.filter(conversation=one).latest("pk")
    message.content = {"type": "Text", "text": "<script>alert(1)</script>"}
    message.save()
    (news,) = compose([Change(one.pk, (message.pk,))], [ZH, "en"])
    assert "&lt;script&gt;" in news.shown["en"]["bubbles"][0]
    assert "<script" not in news.shown["en"]["bubbles"][0]
    assert "微信用户" in news.shown[ZH]["row"]
    assert "WeChat user" in news.shown["en"]["row"]


def test_bubbles_come_in_the_order_in_which_they_were_said(busy):
    one = conversation(1)
    for number in range(12):
        busy.says("alice", f"word {number};", 1)
    said = Message.objects.filter(conversation=one, preview__startswith="word").values_list("pk", flat=True)
    (news,) = compose([Change(one.pk, tuple(sorted(said, reverse=True)))], [ZH])
    assert [next(n for n in range(12) if f"word {n};" in bubble) for bubble in news.shown[ZH]["bubbles"]] == [
        *range(12)
    ]


@pytest.mark.parametrize(
    ("had", "closer"),
    [
        ([("alice", "ended")], "alice"),
        ([("bob", "transfer"), ("alice", "ended")], "alice"),
        ([("alice", "ended"), ("bob", "ended")], "bob"),
        ([("alice", "ended"), ("bob", "gone")], ""),
        ([("alice", "transfer")], ""),
        ([("alice", "taken")], ""),
        ([], ""),
    ],
)
def test_of_a_closed_one_only_who_had_it_to_its_end_is_sent_all(busy, had, closer):
    closed = conversation(3)
    Assignment.objects.filter(conversation=closed).delete()
    seats = {seat.user.username: seat for seat in Seat.objects.select_related("user")}
    for name, why in had:
        Assignment.objects.create(conversation=closed, seat=seats[name], assigned_at=closed.opened_at, ended=why)
    (news,) = compose([Change(closed.pk)], [ZH])
    assert (news.seat, news.had) == (0, {seats[name].pk for name, _why in had})
    assert news.closer == (seats[closer].pk if closer else 0)
    assert [name for name in ("alice", "bob") if "row" in (news.to(actor(name), ZH) or {})] == (
        [closer] if closer else []
    )


def test_who_had_it_to_its_end_is_sent_nothing_more_once_it_goes_on(busy):
    closed = conversation(3)
    [news] = compose([Change(closed.pk)], [ZH])
    assert news.closer == actor("alice").agent.id
    closed.status, closed.group = Conversation.Status.QUEUED, "care"
    closed.save()
    [news] = compose([Change(closed.pk)], [ZH])
    assert news.closer == 0
    assert news.to(actor("alice"), ZH) is None


def test_who_waits_for_two_groups_is_told_of_in_both(busy):
    waiting = conversation(2)
    [news] = compose([Change(waiting.pk)], [ZH])
    assert (news.queues, news.to(actor("bob"), ZH)) == ({"sales"}, None)
    entry = QueueEntry.objects.get(conversation=waiting)
    entry.pk, entry.group = None, busy.site.care
    entry.save()
    [news] = compose([Change(waiting.pk)], [ZH])
    assert news.queues == {"sales", "care"}
    assert "row" in news.to(actor("bob"), ZH)


def test_of_what_was_sent_again_the_last_delivery_counts(busy):
    busy.says("alice", "once more", 1)
    first = Delivery.objects.get(message__preview="once more", direction="customer")
    Delivery.objects.filter(pk=first.pk).update(state=Delivery.State.FAILED)
    first.refresh_from_db()
    first.pk, first.state = None, Delivery.State.QUEUED
    first.save()
    [bubble] = feed.bubbles([Message.objects.get(preview="once more")])
    assert bubble.state == Delivery.State.QUEUED


@pytest.mark.parametrize("ready", [True, False])
def test_a_file_that_is_not_there_yet_has_no_address(busy, ready):
    now = conversation(1).opened_at
    own = {"path": "x.png", "mime": "image/png", "size": 5, "created_at": now, "used_at": now}
    file = Media.objects.create(kind="image", ready=ready, **own)
    message = Message.objects.filter(conversation=conversation(1)).latest("pk")
    message.content = {"type": "Image", "media": file.pk}
    message.save()
    [bubble] = feed.bubbles([message])
    assert bool(bubble.url) == ready


def test_to_whom_it_is_offered_is_sent_all_and_told_so(busy):
    one = conversation(1)
    bob = Seat.objects.get(user__username="bob")
    [news] = compose([Change(one.pk)], [ZH])
    assert (news.offered, news.to(actor("bob"), ZH)) == (0, None)
    TransferOffer.objects.create(conversation=one, seat=bob, sender_id=1, expires_at=one.opened_at)
    [news] = compose([Change(one.pk)], [ZH])
    assert news.offered == bob.pk
    assert [news.to(actor(name), ZH)["offered"] for name in ("bob", "alice")] == [True, False]


def test_what_many_changes_cost_does_not_grow(busy, django_assert_max_num_queries):
    for number in range(10, 30):
        busy.arrive(number)
    rows = list(Conversation.objects.all())
    changes = [Change(row.pk, tuple(row.messages.values_list("pk", flat=True))) for row in rows]
    with django_assert_max_num_queries(8):
        compose(changes, [ZH, "en"])


def test_only_the_last_event_says_up_to_where_one_has_everything(busy):
    desk = Desk(actor("alice"), ZH, lambda: None)
    numbers = [conversation(1).pk, conversation(2).pk]
    events = [one.decode() for one in desk.events_of(compose([Change(pk) for pk in numbers], [ZH]), "7-1")]
    assert [one.startswith("id: 7-1\n") for one in events] == [False, True]
    assert [json.loads(one.split("data: ")[1])["id"] for one in events] == numbers


def test_what_comes_while_a_desk_catches_up_stands_back(busy):
    desk = Desk(actor("alice"), ZH, lambda: None)
    desk.push(b"new")
    desk.caught_up([b"old"])
    desk.push(b"newest")
    assert [desk.events.get_nowait() for _ in range(3)] == [b"old", b"new", b"newest"]


@pytest.mark.parametrize(
    ("query", "header", "position"),
    [
        (b"after=5-1", None, "5-1"),
        (b"after=5-1", b"9-0", "9-0"),
        (b"after=x", None, "0-0"),
        (b"", None, "0-0"),
        (b"after=5-1%0a", None, "0-0"),
        (b"", b"1-1; drop", "0-0"),
    ],
)
def test_up_to_where_a_desk_has_everything(query, header, position):
    headers = [(b"last-event-id", header)] if header else []
    assert position_of({"headers": headers, "query_string": query}) == position


# Unread


def unread(name: str, number: int) -> int:
    (found,) = [row for row in feed.listed(actor(name), "mine", "") if row.pk == conversation(number).pk]
    return found.unread  # type: ignore[attr-defined]


def test_what_the_seat_has_not_seen_is_unread(busy):
    busy.arrive(1, text="one")
    busy.arrive(1, text="two")
    assert unread("alice", 1) >= 2
    busy.says("alice", "an answer", 1)
    assert unread("alice", 1) == 0
    busy.arrive(1, text="three")
    assert unread("alice", 1) == 1
    newest = conversation(1).messages.latest("pk").pk
    assert (
        client_of("carol")
        .post(f"/api/conversations/{conversation(1).pk}/read/", {"to": newest}, "application/json")
        .status_code
        == 204
    )
    assert unread("alice", 1) == 1  # a supervisor's look is not the seat's
    before = position()
    client_of("alice").post(f"/api/conversations/{conversation(1).pk}/read/", {"to": newest}, "application/json")
    assert unread("alice", 1) == 0
    told = client().xrange(KEY, f"({before}", "+")
    assert [Change.read(fields) for _id, fields in told] == [Change(conversation(1).pk)], "other desks"
    client_of("alice").post(f"/api/conversations/{conversation(1).pk}/read/", {"to": 1}, "application/json")
    assert unread("alice", 1) == 0  # never backwards
    client_of("alice").post(f"/api/conversations/{conversation(1).pk}/read/", {"to": 2**63 - 1}, "application/json")
    busy.arrive(1, text="four")
    assert unread("alice", 1) == 1  # nothing was read before it was said


def test_a_seat_that_changes_is_told_of_wherever_that_is_done(day):
    def changed() -> list[int]:
        found = [Change.read(fields).seat for _id, fields in client().xrange(KEY)]
        client().delete(KEY)
        return [one for one in found if one]

    alice = day.site.alice
    changed()
    day.site.login("alice")
    assert alice.pk in changed()
    storing.post(seat_lane("alice"), AvailabilityChosen("alice", "busy"))
    day.site.work()
    assert changed() == [alice.pk]
    storing.post(seat_lane("alice"), RoomChanged("alice"))  # as the admin does when a seat is saved
    day.site.work()
    assert changed() == [alice.pk]
