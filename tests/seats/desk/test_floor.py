"""The floor and the lists of whom to hand on to, on a day on which everything occurs once: who counts where, and in which order."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import F
from django.utils.translation import override

from bridge.base import clock
from bridge.models import Conversation, Customer, Delivery, Message
from seats.actors import Actor
from seats.desk import handing
from seats.desk.floor import board
from seats.models import Assignment, QueueEntry, Seat, SeatGroup, TransferOffer
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either


def actor(name: str) -> Actor:
    found = Actor.of(Seat.objects.get(user__username=name).user)
    assert found
    return found


@pytest.fixture
def floor(day):
    """Bob oversees both groups. Customers 1 (answered) and 2 are alice's, 3 waits for both groups, 4 has left a message, 5 is
    with a bot, 6 belongs to a group of nobody's, 7 is closed."""
    site = day.site
    for group in (site.sales, site.care):
        group.supervisors.add(site.bob)
    Seat.objects.filter(pk=site.alice.pk).update(capacity=2)
    site.login("alice")
    day.arrive(1, 2, 3, 4, 5, 6, 7)
    day.says("alice", "an answer", 1)
    QueueEntry.objects.filter(conversation=conversation(4)).update(left=True)
    QueueEntry.objects.filter(conversation__in=[conversation(number) for number in (5, 6, 7)]).delete()
    for number, fields in (
        (5, {"status": "bot"}),
        (6, {"group": "other"}),
        (7, {"status": "closed", "open_for": None}),
    ):
        Conversation.objects.filter(pk=conversation(number).pk).update(**fields)
    waits = QueueEntry.objects.get(conversation=conversation(3))
    QueueEntry.objects.create(
        conversation=waits.conversation, group=site.care, account_id=waits.account_id, lane=waits.lane,
        enqueued_at=waits.enqueued_at, overflowed=True,
    )  # fmt: skip
    for name, groups, capacity, load, availability in (
        ("dora", (site.sales, site.care), 3, 0, "busy"),
        ("erin", (site.sales,), 3, 0, "open"),
        ("frank", (site.sales,), 5, 4, "offline"),
        ("gina", (site.sales,), 1, 2, "open"),
        ("hana", (site.sales,), 3, 1, "open"),
    ):
        seat = site.seat(name, *groups, capacity=capacity, online=True)
        Seat.objects.filter(pk=seat.pk).update(load=load, availability=availability)
    User.objects.filter(username="erin").update(is_active=False)
    with override("en"):
        yield day


def test_what_the_tiles_count(floor):
    said = Delivery.objects.get(conversation=conversation(1), message__side="seat", direction="customer")
    Delivery.objects.filter(pk=said.pk).update(state="failed")
    numbers = board(actor("bob"), "", "", floor.now).numbers
    assert numbers == {
        "live": 5, "unanswered": 1, "bots": 1,
        "there": 4, "seats": 6, "busy": 1, "free": 2, "places": 2 + 3 + 1 + 3,
        "queue": 1, "messages": 1, "line": 2, "longest": QueueEntry.objects.filter(conversation=conversation(3)).first().enqueued_at,
        "undelivered": 1, "kept": 0, "late": False,
    }  # fmt: skip


@pytest.mark.parametrize(("left", "seconds", "late"), [(False, 180, True), (False, 179, False), (True, 999, False)])
def test_the_queue_is_late_once_somebody_has_waited_for_the_groups_goal(floor, left, seconds, late):
    floor.site.sales.remind_seat_seconds = 180
    floor.site.sales.save()
    QueueEntry.objects.update(left=left, enqueued_at=floor.now - timedelta(seconds=seconds))
    assert board(actor("bob"), "", "", floor.now).numbers["late"] is late


def test_what_a_seat_said_last_is_to_a_customer_whom_it_has_and_who_may_be_seen(floor):
    said = lambda name: {one.name: one.said for one in board(actor(name), "", "", floor.now).seats}  # noqa: E731
    alice = said("bob")["alice"]
    assert (alice.preview, alice.conversation) == ("an answer", conversation(1))
    floor.says("alice", "a later one", 2)
    assert said("bob")["alice"].conversation == conversation(2)
    # Not the words of the seat before, nor those in a group of others.
    Conversation.objects.filter(pk=conversation(2).pk).update(group="other")
    assert said("bob")["alice"].conversation == conversation(1)
    Assignment.objects.filter(active_for=conversation(1)).update(seat=Seat.objects.get(user__username="hana"))
    assert {name: one for name, one in said("bob").items() if one} == {}


def test_those_who_are_there_stand_first_each_once_and_of_them_those_with_most_work(floor):
    seats = board(actor("bob"), "", "", floor.now).seats
    assert [one.name for one in seats] == ["alice", "gina", "hana", "dora", "frank", "bob"]
    alice, gina, hana = seats[:3]
    assert [one.boxes for one in (alice, gina, hana)] == [[True, True], [True], [True, False, False]]
    assert [one.full for one in (alice, gina, hana)] == [True, True, False]
    assert (alice.waiting, alice.since) == (1, conversation(2).unanswered_since)


def test_conversations_are_those_of_the_own_groups_and_a_line_has_each_once(floor):
    shown = board(actor("bob"), "", "", floor.now)
    # Who waits longest for an answer comes first; number 1 was answered.
    assert [row.conversation.pk for row in shown.rows] == [conversation(number).pk for number in (2, 3, 4, 5, 1)]
    assert [one.conversation_id for one in shown.queue] == [conversation(3).pk, conversation(4).pk]
    assert board(actor("bob"), "care", "", floor.now).rows == []


def marked(language: str = "en") -> dict[str, str]:
    """Return the marks of all rows, and of the queue's places, by their keys."""
    with override(language):
        shown = board(actor("bob"), "", "", clock.now())
    rows = {str(row.conversation.pk): row.mark for row in shown.rows}
    return {**rows, **{f"q{entry.pk}": entry.mark for entry in shown.queue}}


def says_again(day):
    day.says("alice", "another one", 1)


def is_renamed(day):
    Customer.objects.filter(pk=conversation(1).customer_id).update(remark="王敏")


def is_seats_no_more(day):
    Assignment.objects.filter(active_for=conversation(1)).update(seat=Seat.objects.get(user__username="hana"))


def has_one_message_less(day):
    Customer.objects.filter(pk=conversation(1).customer_id).update(window_left=F("window_left") - 1)


def has_not_got_it(day):
    Delivery.objects.filter(conversation=conversation(1), message__side="seat").update(state="failed")


def is_joined(day):
    watchers = [[actor("bob").agent.id, "bob", "bob", True]]
    Conversation.objects.filter(pk=conversation(1).pk).update(watchers=watchers)


@pytest.mark.parametrize(
    "happens",
    [says_again, is_renamed, is_seats_no_more, has_one_message_less, has_not_got_it, is_joined],
)
def test_a_row_has_another_mark_once_anything_of_it_is_another(floor, happens):
    before, key = marked(), str(conversation(1).pk)
    assert marked() == before
    happens(floor)
    after = marked()
    assert after[key] != before[key]
    assert {one for one in before if before[one] != after[one]} == {key}


def test_a_place_in_the_queue_has_another_mark_with_its_place_its_goal_and_its_words(floor):
    first, second = (f"q{entry.pk}" for entry in board(actor("bob"), "", "", clock.now()).queue)
    before = marked()
    Message.objects.create(
        conversation=conversation(3), side="customer", content={"type": "Text"}, preview="?", created_at=clock.now()
    )
    assert (marked()[first] == before[first], marked()[second] == before[second]) == (False, True)
    before = marked()
    SeatGroup.objects.filter(slug="sales").update(remind_seat_seconds=77)
    assert (marked()[first] == before[first], marked()[second] == before[second]) == (False, False)
    before = marked()
    QueueEntry.objects.filter(pk=first[1:]).delete()
    assert marked()[second] != before[second]


def test_in_another_language_every_row_has_another_mark(floor):
    before = marked()
    assert not set(marked("zh-hans").values()) & set(before.values())


def test_a_page_is_sent_the_rows_that_it_has_not(floor, client):
    client.force_login(Seat.objects.get(user__username="bob").user)
    keys, where = list(marked()), "/desk/floor/?rows=1"
    whole = client.get(where).content.decode()
    assert all(f'data-key="{key}" data-mark=' in whole for key in keys)
    have = " ".join(re.findall(r'data-mark="([^"]+)"', whole))
    assert len(have.split()) == len(keys)
    again = client.get(where, headers={"Desk-Rows": have}).content.decode()
    assert all(f'data-key="{key}" data-same></' in again for key in keys)
    assert "data-mark" not in again
    floor.says("alice", "news for the page", 1)
    changed = client.get(where, headers={"Desk-Rows": have}).content.decode()
    assert re.findall(r'data-key="(\d+)" data-mark', changed) == [str(conversation(1).pk)]
    assert "news for the page" in changed


def test_a_page_opens_with_the_first_rows_and_the_others_follow(floor, client, monkeypatch):
    monkeypatch.setattr("seats.desk.views.FIRST", 2)
    client.force_login(Seat.objects.get(user__username="bob").user)
    rows = lambda where: re.findall(r'<tr data-key="(\w+)"', client.get(where).content.decode())  # noqa: E731
    assert rows("/desk/floor/") == [str(conversation(number).pk) for number in (2, 3)]
    assert rows("/desk/floor/?rows=1") == [str(conversation(number).pk) for number in (2, 3, 4, 5, 1)]


VERBS = ("whisper", "join", "takeover")


def verbs(name: str, number: int) -> tuple[str, ...]:
    rows = {row.conversation.pk: row.verbs for row in board(actor(name), "", "", clock.now()).rows}
    return rows[conversation(number).pk]


def test_what_a_supervisor_can_do_from_a_row(floor):
    """Alice supervises her own group; one's own conversation has no verbs. Who oversees without a seat can only whisper."""
    floor.site.sales.supervisors.add(floor.site.alice)
    chief = User.objects.create_user("chief")
    chief.user_permissions.add(Permission.objects.get(codename="oversee"))
    found = Actor.of(chief)
    assert found
    assert [row.verbs for row in board(found, "", "", floor.now).rows if row.seat] == [("whisper",), ("whisper",)]
    assert [verbs(name, 1) for name in ("bob", "alice")] == [VERBS, ()]
    assert [verbs(name, 3) for name in ("bob", "alice")] == [("join",), ("join",)]
    floor.says("bob", "#watch", 1)
    assert verbs("bob", 1) == VERBS
    floor.says("bob", "#join", 1)
    assert verbs("bob", 1) == ("whisper", "takeover")


@pytest.mark.parametrize("verb", [*VERBS, "reassign"])
@pytest.mark.parametrize(("name", "status"), [("bob", 200), ("hana", 404), ("alice", 409)])
def test_what_the_floor_offers_is_done_for_supervisors_and_for_nobody_else(floor, monkeypatch, verb, name, status):
    """Hana is of the group, which is not enough to see what alice has; alice has it, and supervises nothing."""
    Seat.objects.filter(user__username="bob").update(online=True)
    floor.works_at_once(monkeypatch)
    given = {"whisper": {"text": "psst"}, "reassign": {"target": "hana"}}.get(verb, {})
    address = f"/api/conversations/{conversation(1).pk}/commands/{verb}/"
    assert client_of(name).post(address, given, "application/json").status_code == status


CAN = {"hana": "", "dora": "busy", "gina": "full, 2 / 1", "frank": "offline"}


@pytest.mark.parametrize(
    ("name", "number", "why_not"),
    [
        ("alice", 1, CAN),
        # A supervisor may give it to who takes no new ones, one that a seat has or one that waits.
        ("bob", 1, {**CAN, "dora": "", "bob": "offline"}),
        ("bob", 3, {**CAN, "dora": "", "bob": "offline", "alice": "full, 2 / 2"}),
    ],
)
def test_to_whom_it_can_be_handed(floor, name, number, why_not):
    found = handing.targets(actor(name), conversation(number), floor.now)
    assert {one.name: one.why_not for one in found if one.seat} == why_not
    able = [not one.why_not for one in found]
    assert able == sorted(able, reverse=True), "those who can get it stand first"


def test_a_group_says_who_is_there_and_what_is_free(floor):
    groups = {one.value: one for one in handing.anybody(actor("bob"), floor.now) if not one.seat}
    assert (groups["sales"].about, groups["sales"].room) == ("4 online, 2 waiting", "2 places free")
    assert (groups["care"].about, groups["care"].room) == ("1 online, 1 waiting", "the customer waits in line")


def test_an_offer_is_shown_until_it_is_over_with_the_last_words(floor):
    for number, text in ((1, "two"), (1, "three")):
        floor.arrive(number, text=text)
    hana = Seat.objects.get(user__username="hana")
    fields = {"conversation": conversation(1), "seat": hana, "sender_id": floor.site.alice.pk, "group": "sales"}
    TransferOffer.objects.create(**fields, expires_at=floor.now + timedelta(seconds=30), note="please")
    (offer,) = handing.offers(actor("hana"), floor.now)
    assert (offer.sender, offer.note, offer.lines) == ("alice", "please", ["two 1", "three 1"])
    assert handing.offers(actor("hana"), floor.now + timedelta(seconds=30)) == []
    assert handing.offers(actor("dora"), floor.now) == []


def test_whoever_oversees_without_a_seat_is_offered_nothing_that_only_seats_can_do(floor):
    chief = User.objects.create_user("chief", is_staff=True)
    chief.user_permissions.add(Permission.objects.get(codename="oversee"))
    for name, offered in (("chief", False), ("bob", True)):
        page = client_of(name).get(f"/desk/{conversation(1).pk}/").content.decode()
        for command in ("watch", "join", "takeover"):
            assert (f'data-command="{command}"' in page) == offered, (name, command)
        assert ("要回复客户，请联系管理员开通座席" in page) != offered
        assert 'data-dialog="d-whisper"' in page
