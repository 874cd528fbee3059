"""What a seat may read: what it serves, what waits for its groups, and what it had until it gave it away. Each way in."""

from __future__ import annotations

import json

import pytest

from bridge.conversation.changes import Change
from bridge.inbox import storing
from bridge.inbox.events import CommandGiven
from bridge.models import Conversation, Customer, InboundEvent, Media, Message, Tag
from seats.actors import Actor
from seats.desk import handing
from seats.desk.news import LISTS_CHANGED, compose
from seats.models import Seat, TransferOffer
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either
EARLY, LATER, NOTED = "early-word", "later-word", "noted-word"


@pytest.fixture
def given(day):
    """Alice (sales) had customer 1 and gave them to bob's group; afterwards customer, seat and note say later words."""
    day.site.bob.groups.set([day.site.care])
    day.site.login("alice")
    day.arrive(1, text=EARLY)
    day.site.login("bob")
    day.says("alice", "#transfer care", 1)
    day.now += day_step()
    day.site.customer_says(LATER, conversation(1).customer.openid)
    day.site.work()
    day.says("bob", f"{LATER} answer", 1)
    day.says("bob", f"#note {NOTED}", 1)
    day.says("bob", f"#summary {LATER} sum", 1)
    return day


def day_step():
    from datetime import timedelta

    return timedelta(minutes=1)


def readings(name: str, number: int) -> dict[str, str]:
    """Return what each way in says to the seat about the conversation; "" where it is refused."""
    page, pk = client_of(name), conversation(number).pk
    ways = {
        "desk chat": f"/desk/{pk}/",
        "desk messages": f"/desk/{pk}/messages/",
        "desk customer": f"/desk/{pk}/customer/",
        "desk lists": "/desk/list/?tab=all",
        "desk closed": "/desk/list/?tab=closed",
        "desk beside": f"/desk/im/{conversation(number).customer.im_id}/",
        "api": f"/api/conversations/{pk}/",
        "api messages": f"/api/conversations/{pk}/messages/",
        "api list": "/api/conversations/",
        **{f"api message {one.pk}": f"/api/messages/{one.pk}/" for one in Message.objects.filter(conversation=pk)},
        "search later": f"/desk/list/?tab=all&q={LATER}",
    }
    answers = {name: page.get(address) for name, address in ways.items()}
    return {name: answer.content.decode() if answer.status_code == 200 else "" for name, answer in answers.items()}


# MariaDB finds only words that are committed.
@pytest.mark.django_db(transaction=True)
def test_what_was_said_after_it_was_given_away_is_not_read(given):
    read = readings("alice", 1)
    assert EARLY in read["desk chat"]
    assert EARLY in read["api messages"]
    assert {
        way for way, text in read.items() if (LATER in text.replace(f"q={LATER}", "") and way != "search later")
    } == set()
    assert {way for way, text in read.items() if NOTED in text} == set()
    assert "data-row" not in read["search later"]
    assert "data-row" in client_of("alice").get(f"/desk/list/?tab=all&q={EARLY}").content.decode()
    whole = readings("bob", 1)
    assert LATER in whole["desk chat"]
    assert NOTED in whole["desk customer"]
    assert "data-row" in whole["search later"]


def test_when_the_customer_wrote_later_is_not_told_by_the_window_either(given):
    """The window reaches so long from the customer's last message."""

    def window(name: str) -> dict[str, object]:
        return client_of(name).get(f"/api/conversations/{conversation(1).pk}/").json()["window"]

    assert window("bob")["until"]
    assert window("alice") == {"until": None, "left": None}
    listed = client_of("alice").get("/api/conversations/").json()["results"]
    assert [one["window"]["until"] for one in listed] == [None]


def test_todays_tags_watchers_and_block_are_not_told_nor_looked_for(given):
    """They are kept only as they stand today: who gave it away sees none of them, and finds nothing by them."""
    pk, customer = conversation(1).pk, conversation(1).customer
    for tag, bearer in (("topic-tag", conversation(1)), ("customer-tag", customer)):
        bearer.tags.add(Tag.objects.create(name=tag, of="customer" if bearer == customer else "conversation"))
    Customer.objects.filter(pk=customer.pk).update(blocked_at=given.now, blocked_reason="later-reason")
    Conversation.objects.filter(pk=pk).update(watchers=[[999, "watching-name", "x", False]])
    told = {name: client_of(name).get(f"/api/conversations/{pk}/").json() for name in ("alice", "bob")}
    shown = ("tags", "customer_tags", "watchers")
    assert [told["alice"][one] for one in shown] == [[], [], []]
    assert told["alice"]["customer"]["blocked"] is False
    assert [told["bob"][one] for one in shown[:2]] == [["topic-tag"], ["customer-tag"]]
    assert (len(told["bob"]["watchers"]), told["bob"]["customer"]["blocked"]) == (1, True)
    words = ("topic-tag", "customer-tag", "later-reason")
    pages = {name: client_of(name).get(f"/desk/{pk}/customer/").content.decode() for name in ("alice", "bob")}
    assert [word in pages["alice"] for word in words] == [False] * 3
    assert [word in pages["bob"] for word in words] == [True] * 3

    def found(name: str) -> list[bool]:
        page = client_of(name)
        api = [page.get(f"/api/conversations/?tag={tag}").json()["results"] for tag in words[:2]]
        desk = [page.get(f"/desk/list/?tab=all&{asked}").content.decode() for asked in ("tag=topic-tag", "waits=1")]
        return [*map(bool, api), *("data-row" in one for one in desk)]

    Conversation.objects.filter(pk=pk).update(unanswered_since=given.now)
    assert found("bob") == [True] * 4
    assert found("alice") == [False] * 4


def test_who_was_blocked_before_is_shown_so(given):
    customer = conversation(1).customer
    Customer.objects.filter(pk=customer.pk).update(blocked_at=given.now - 2 * day_step())
    assert client_of("alice").get(f"/api/conversations/{conversation(1).pk}/").json()["customer"]["blocked"] is True


def test_an_offer_that_is_over_by_now_shows_no_later_lines(given):
    """The offer was still there when it was looked up, and went to somebody else before its lines were read."""
    alice = Actor.of(Seat.objects.get(user__username="alice").user)
    assert handing._lines(alice, conversation(1)) == [f"{EARLY} 1"]


def test_files_that_came_after_are_linked_nowhere(given):
    row = Message.objects.filter(preview=LATER).get()
    media = Media.objects.create(
        kind="image", mime="image/png", ready=True, size=1, created_at=given.now, used_at=given.now
    )
    Message.objects.filter(pk=row.pk).update(content={"type": "Image", "media": media.pk})
    assert f"/media/{media.pk}." in readings("bob", 1)["desk chat"]
    assert {way for way, text in readings("alice", 1).items() if f"/media/{media.pk}." in text} == set()


def test_who_left_all_groups_reads_nothing_of_before(given):
    Seat.objects.get(user__username="alice").groups.clear()
    given.arrive(2)
    read = readings("alice", 1)
    assert {way for way, text in read.items() if EARLY in text or "data-row" in text} == set()
    assert read["desk chat"] == read["api"] == ""
    assert json.loads(read["api list"])["results"] == []


def test_what_one_has_stays_in_sight_without_a_group(talking):
    """Its customers would wait for nobody otherwise."""
    Seat.objects.get(user__username="alice").groups.clear()
    pk = Conversation.objects.get().pk
    assert client_of("alice").get(f"/desk/{pk}/").status_code == 200


@pytest.mark.parametrize(("name", "sees"), [("alice", True), ("bob", False)])
def test_what_waits_is_for_its_own_group(day, name, sees):
    day.site.bob.groups.set([day.site.care])
    Seat.objects.update(availability="busy")
    day.site.login("alice")
    day.arrive(1)
    assert conversation(1).status == "queued"
    assert (client_of(name).get(f"/desk/{conversation(1).pk}/").status_code == 200) is sees
    assert ("data-row" in client_of(name).get("/desk/list/?tab=queue").content.decode()) is sees


def test_what_waits_from_another_group_is_seen_too(day):
    from seats.models import QueueEntry

    day.site.bob.groups.set([day.site.care])
    Seat.objects.update(availability="busy")
    day.site.login("alice")
    day.arrive(1)
    pk = conversation(1).pk
    entry = QueueEntry.objects.get(conversation=pk)
    entry.pk, entry.group, entry.overflowed = None, day.site.care, True
    entry.save()
    assert client_of("bob").get(f"/desk/{pk}/").status_code == 200
    (news,) = compose([Change(pk, moved=True)], ["en"])
    assert news.tabs(actor("bob")) == ["queue", "all"]


def test_what_one_closed_is_read_until_another_has_it(given):
    given.says("bob", "#close", 1)
    assert LATER in readings("bob", 1)["desk chat"]
    assert LATER not in readings("alice", 1)["desk chat"]


def test_what_was_offered_is_no_longer_seen_once_it_is_over(given):
    pk = conversation(1).pk
    zoe = given.site.seat("zoe", given.site.sales)
    assert client_of("zoe").get(f"/desk/{pk}/").status_code == 404
    offer = TransferOffer.objects.create(conversation_id=pk, seat=zoe, sender_id=1, expires_at=given.now)
    assert client_of("zoe").get(f"/desk/{pk}/").status_code == 200
    offer.delete()
    assert client_of("zoe").get(f"/desk/{pk}/").status_code == 404


def actor(name: str) -> Actor:
    found = Actor.of(Seat.objects.get(user__username=name).user)
    assert found
    return found


def test_the_stream_names_no_conversation_that_one_may_not_see(given):
    given.site.seat("zoe", given.site.sales)
    pk = conversation(1).pk
    later = tuple(Message.objects.filter(conversation=pk).values_list("pk", flat=True))
    (said,) = compose([Change(pk, later)], ["en"])
    assert [said.to(actor(name), "en") for name in ("alice", "zoe")] == [None, None]
    assert len(said.to(actor("bob"), "en")["bubbles"]) == len(later)
    (moved,) = compose([Change(pk, later, moved=True)], ["en"])
    assert moved.to(actor("alice"), "en") == {**LISTS_CHANGED, "left": True}
    assert moved.to(actor("zoe"), "en") is None
    Conversation.objects.filter(pk=pk).update(group="sales")
    (moved,) = compose([Change(pk, later, moved=True)], ["en"])
    assert moved.to(actor("zoe"), "en") == LISTS_CHANGED


@pytest.mark.parametrize(("name", "status"), [("bob", 200), ("alice", 404)])
def test_what_came_of_it_is_told_who_gave_it_and_who_sees_all(given, name, status):
    """What alice gave before is hers to ask for, what bob gave since is not."""
    pk, lane = conversation(1).pk, conversation(1).customer.im_id
    keys = {
        who: storing.post(lane, CommandGiven(actor(who).author, "note", {"text": NOTED}, pk))
        for who in ("alice", "bob")
    }
    given.site.work()
    events = {who: InboundEvent.objects.get(dedup=key).pk for who, key in keys.items()}
    assert client_of("alice").get(f"/api/events/{events['alice']}/").status_code == 200
    assert client_of(name).get(f"/api/events/{events['bob']}/").status_code == status


def test_a_strangers_command_writes_no_line(given):
    """Neither on IM in the chat with a customer of somebody else, nor by the API where one once had them."""
    pk = conversation(1).pk
    given.site.seat("zoe", given.site.sales)
    before = list(Message.objects.filter(conversation=pk).values_list("pk", flat=True))
    for words in ("#note secret-word", "#list", "#nonsense", "#close", "#tag VIP", "plain words"):
        for name in ("zoe", "alice"):
            assert given.says(name, words, 1), "the stranger is told"
    page = client_of("alice")
    page.post(f"/api/conversations/{pk}/commands/note/", {"text": "secret-word"}, "application/json")
    page.post(f"/api/conversations/{pk}/messages/", {"text": "secret-word"}, "application/json")
    given.site.work()
    after = list(Message.objects.filter(conversation=pk).values_list("pk", "author", "preview"))
    assert [row for row in after if row[0] not in before] == []


@pytest.mark.parametrize(("name", "status"), [("bob", 200), ("alice", 404)])
def test_whose_words_are_gone_it_is_told_who_sees_all(given, name, status):
    """Nobody can tell any more who gave it, so to whom it was given away it is not there."""
    pk, lane = conversation(1).pk, conversation(1).customer.im_id
    key = storing.post(lane, CommandGiven(actor("alice").author, "note", {"text": NOTED}, pk))
    given.site.work()
    InboundEvent.objects.filter(dedup=key).update(body="")
    assert client_of(name).get(f"/api/events/{InboundEvent.objects.get(dedup=key).pk}/").status_code == status
