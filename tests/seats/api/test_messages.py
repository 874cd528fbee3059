"""Messages by the API: what became of them can be known, and what is sent twice is written once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile

from bridge.models import Conversation, Delivery, InboundEvent, Message
from bridge.values.incoming import INTERNAL
from seats.api import outcomes
from tests.support.routing import client_of, conversation, someone

BLOCKED = {"errcode": 87014, "errmsg": "risky content"}


@pytest.fixture
def floor(day, monkeypatch):
    """Alice has customers 1 and 2; a worker that is called does its work at once."""
    day.site.login("alice")
    day.arrive(1, 2)
    day.works_at_once(monkeypatch)
    return day


def post(address: str, **body: object):
    return client_of("alice").post(f"/api/{address}", body, content_type="application/json")


def write(number: int, text: str = "hello", **more: object):
    return post(f"conversations/{conversation(number).pk}/messages/", text=text, **more)


def get(address: str):
    answer = client_of("alice").get(f"/api/{address}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_done_is_what_the_customer_has_got(floor):
    answer = write(1)
    said = answer.json()
    assert (answer.status_code, said["outcome"], said["message"]["state"]) == (200, "done", "delivered")
    assert floor.told(1) == ["hello"]
    assert get(f"messages/{said['message']['id']}/")["delivery"] == {"state": "delivered", "reason": ""}


def test_what_wechat_refuses_is_not_done(floor):
    floor.platforms.answer("/message/custom/send", BLOCKED)
    answer = write(1)
    said = answer.json()
    assert (answer.status_code, said["outcome"], said["message"]["state"]) == (409, "undelivered", "failed")
    assert "87014" in said["message"]["reason"] or said["message"]["reason"]
    assert get(f"messages/{said['message']['id']}/")["delivery"]["state"] == "failed"
    listed = get(f"conversations/{conversation(1).pk}/messages/")["results"]
    assert [one["delivery"]["state"] for one in listed if one["side"] == "seat"] == ["failed"]
    assert all(one["delivery"] is None for one in listed if one["side"] == "customer")


def test_without_waiting_it_is_taken_in_and_can_be_asked_for(floor):
    floor.platforms.answer("/message/custom/send", BLOCKED)
    answer = write(1, wait=False)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "done")
    assert get(f"events/{answer.json()['event']}/")["outcome"] == "undelivered"


def test_an_event_that_waits_can_be_asked_for_later(day, monkeypatch):
    day.site.login("alice")
    day.arrive(1)
    monkeypatch.setattr("seats.api.commands.parameters.API_WAIT_SECONDS", 0, raising=False)
    answer = write(1)
    assert (answer.status_code, answer.json()["outcome"], answer.json()["message"]) == (202, "waiting", None)
    day.site.work()
    said = get(f"events/{answer.json()['event']}/")
    assert (said["outcome"], said["message"]["state"]) == ("done", "delivered")


def test_a_client_id_belongs_to_the_conversation(floor):
    """Another customer's message under a used id is another message."""
    write(1, client_id="one")
    assert write(2, client_id="one").status_code == 200
    assert (floor.told(1), floor.told(2)) == (["hello"], ["hello"])


def test_the_same_again_is_sent_once_and_answered_alike(floor):
    first, second = write(1, client_id="one").json(), write(1, client_id="one").json()
    assert first == second
    assert floor.told(1) == ["hello"]


def test_other_content_under_a_used_id_is_refused(floor):
    write(1, client_id="one")
    answer = write(1, "something else", client_id="one")
    assert (answer.status_code, floor.told(1)) == (409, ["hello"])
    note = post(f"conversations/{conversation(1).pk}/commands/note/", text="x", client_id="one")
    assert note.status_code == 409


def test_a_note_is_written_once(floor):
    address = f"conversations/{conversation(1).pk}/commands/note/"
    for _time in range(2):
        assert post(address, text="careful", client_id="n").status_code == 200
    assert Message.objects.filter(side=Message.Side.NOTE).count() == 1


@pytest.mark.parametrize("times", [1, 3])
def test_what_was_refused_may_be_tried_again(floor, times):
    for _time in range(times):
        floor.platforms.answer("/message/custom/send", BLOCKED)
        assert write(1, client_id="one").status_code == 409
    answer = write(1, client_id="one")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "done")
    assert Delivery.objects.filter(direction="customer", message__side="seat", state=Delivery.State.DONE).count() == 1
    assert write(1, client_id="one").json() == answer.json(), "and is not sent once more"
    assert InboundEvent.objects.filter(platform=INTERNAL, kind="written").count() == times + 1


def test_a_file_that_is_sent_twice_is_sent_once(floor):
    address = f"/api/conversations/{conversation(1).pk}/files/"

    def send(name: str, body: bytes):
        file = SimpleUploadedFile(name, body, "text/plain")
        return client_of("alice").post(address, {"file": file, "client_id": "f"})

    first = send("a.txt", b"hello")
    assert send("a.txt", b"hello").json()["event"] == first.json()["event"]
    assert send("b.txt", b"hello there").status_code == 409
    assert send("a.txt", b"jello").status_code == 409, "of the same name, type and length"
    assert Message.objects.filter(side="seat").count() == 1


def test_others_messages_and_events_are_not_there(floor):
    said = write(1).json()
    floor.site.seat("carol", floor.site.care, online=True)
    for address in (f"messages/{said['message']['id']}/", f"events/{said['event']}/"):
        assert client_of("carol").get(f"/api/{address}").status_code == 404
    assert Conversation.objects.filter(customer__openid=someone(1)).count() == 1


def test_what_an_error_of_ours_kept_from_being_written_may_be_tried_again(floor, monkeypatch):
    def broken(*_what: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("bridge.apply.handlers.messages._read_along", broken)
        assert write(1, client_id="mine").json()["outcome"] == "failed"
    assert write(1, client_id="mine").json()["outcome"] == "done"
    assert floor.told(1) == ["hello"]


State = Delivery.State


@pytest.mark.parametrize(
    ("parts", "state", "reason"),
    [
        ([(State.DONE, ""), (State.DONE, "converted")], "delivered", ""),
        ([(State.DONE, ""), (State.QUEUED, "busy")], "waiting", "busy"),
        ([(State.ASIDE, "no room"), (State.DONE, "")], "waiting", "no room"),
        ([(State.QUEUED, ""), (State.UNKNOWN, "timed out")], "unknown", "timed out"),
        ([(State.HELD, "window"), (State.UNKNOWN, "timed out")], "held", "window"),
        ([(State.FAILED, "refused"), (State.HELD, "window")], "failed", "refused"),
        ([(State.DROPPED, "recalled"), (State.DONE, "")], "failed", "recalled"),
    ],
)
def test_a_message_is_as_far_as_its_part_that_is_furthest_back(floor, parts, state, reason):
    message = conversation(1).messages.first()
    assert _owed(message, *parts) == {"state": state, "reason": reason}


@pytest.mark.parametrize(
    ("carrier", "state", "reason"),
    [(State.DONE, "delivered", ""), (State.FAILED, "failed", "x"), (State.HELD, "held", "x")],
)
def test_what_went_out_with_another_is_as_far_as_that_one(floor, carrier, state, reason):
    first, second = (conversation(number).messages.first() for number in (1, 2))
    _owed(first, (carrier, "x"))
    assert _owed(second, (State.JOINED, f"#{Delivery.objects.get(message=first).pk}")) == {
        "state": state,
        "reason": reason,
    }


def _owed(message: Message, *parts: tuple[str, str]) -> dict[str, str]:
    """Owe the customer the message in these parts instead of what is owed; return how far it is then."""
    now = message.created_at
    Delivery.objects.filter(message=message).delete()
    for state, reason in parts:
        fields = {
            "lane": message.conversation.customer.im_id,
            "direction": Delivery.Direction.CUSTOMER,
            "platform": "wechat",
        }
        Delivery.objects.create(
            **fields, message=message, state=state, reason=reason, payload={}, random=0, due_at=now, created_at=now
        )
    return outcomes.deliveries_of([message.pk])[message.pk]


def test_two_who_have_no_seat_may_choose_the_same_client_id(floor):
    address = f"/api/conversations/{conversation(1).pk}/commands/note/"
    for name in ("dave", "erin"):
        user = User.objects.create_user(name)
        user.user_permissions.add(Permission.objects.get(codename="oversee"))
        given = {"text": f"{name} looked", "client_id": "one"}
        assert client_of(name).post(address, given, content_type="application/json").status_code == 200
    assert Message.objects.filter(side=Message.Side.NOTE).count() == 2
