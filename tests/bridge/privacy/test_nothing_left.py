"""What seats and supervisors read of a customer elsewhere than in the chat with them leaves nothing behind once they are erased."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from bridge import http, worker
from bridge.http import calls
from bridge.inbox import storing
from bridge.models import Delivery, Exchange, InboundEvent, Message
from bridge.observe import exchanges
from bridge.pipeline.bots import command_table
from bridge.privacy import export, retention, where
from bridge.tasks import warn_of_windows
from bridge.values.outcomes import DeliveryError, Outcome
from tests.support.actors import seat_message
from tests.support.routing import client_of, conversation, owner, someone

WORD = "欧阳不悔"
# What a seat writes about the customer whose chat it is: there the word is that customer's.
OWN_WORDS = ("note", "summary", "name", "block", "close", "whisper")
COMMANDS = sorted({command.names[0] for _bot, command in command_table().values() if "seat" in command.sides})


@pytest.fixture
def floor(day, platforms, monkeypatch):
    """Alice, who has customers 1 and 2; bob supervises her group. Customer 1 is called by the word. HTTP is kept in the log."""

    def answer(self: Any, method: str, url: str, **words: Any) -> Any:
        fake = platforms.post_json if method == "POST" else platforms.get_json
        told = (json.loads(words["data"]),) if method == "POST" else ()
        said = fake(url, words.get("params") or {}, *told)
        return SimpleNamespace(status_code=200, content=json.dumps(said).encode(), headers={})

    day.site.sales.supervisors.add(day.site.bob)
    day.site.login("alice", "bob")
    day.arrive(1, 2)
    for name in ("post_json", "get_json"):
        monkeypatch.setattr(http, name, getattr(calls, name))
    monkeypatch.setattr(requests.Session, "request", answer)
    day.says("alice", f"#name {WORD}", 1)
    assert places(), "the word is planted"
    return day


def places() -> list[tuple[str, str]]:
    exchanges.recorder.flush()
    return [(one.table, one.column) for one in where.find(WORD)]


def erase(day) -> None:
    """Erase customer 1, and let the next purge come."""
    export.erase(day.customer(1))
    day.site.work()
    exchanges.recorder.flush()
    retention.run(day.now + timedelta(minutes=5))


def to_system(day, words: str) -> None:
    day.site.im_callback("C2C.CallbackAfterSendMsg", seat_message("alice", "bridge_system", words))
    day.site.work()


@pytest.mark.parametrize("names", [COMMANDS[::2], COMMANDS[1::2]], ids=["odd", "even"])
def test_commands_given_elsewhere(floor, names):
    for name in names:
        one, target = conversation(1).pk, "-n bob -t" if name == "transfer" else ""
        to_system(floor, f"#{name} {WORD}")
        if name not in OWN_WORDS:
            floor.says("alice", f"#{name} {WORD}", 2)
            floor.says("alice", f"#{name}", 2)
        floor.says("alice", f"#{name} -c {one} {target} {WORD}", 2)
        to_system(floor, f"#{name} -c {one}")
        floor.arrive(1, 2)
    floor.says(owner(1) or "alice", f"#name {WORD}", 1)
    assert ("bridge_customer", "remark") in places()
    erase(floor)
    assert places() == []


def test_the_list_is_read_and_not_kept(floor):
    before = Message.objects.filter(conversation=conversation(2)).count()
    assert WORD in floor.says("alice", "#list", 2)
    assert Message.objects.filter(conversation=conversation(2)).count() == before
    erase(floor)
    assert places() == []


@pytest.mark.parametrize(
    "words", ["#tkae {0}", "#take {0} {0}", "#transfer -n {0}", "#tag {0}", "#{0}", "#name -c {0}"]
)
def test_a_wrong_command(floor, words):
    floor.says("alice", words.format(WORD), 2)
    erase(floor)
    assert places() == []


@pytest.mark.parametrize(
    "answer",
    [
        DeliveryError("7", "refused", Outcome.FAIL),
        DeliveryError("timeout", "no answer", Outcome.UNKNOWN),
        DeliveryError("7", "later", Outcome.RETRY),
    ],
    ids=["refused", "unknown", "later"],
)
def test_an_answer_that_fails_first(floor, platforms, answer):
    platforms.answer("openim/sendmsg", answer)
    floor.says("alice", "#list", 2)
    floor.later(10)
    erase(floor)
    assert places() == []
    assert not Delivery.objects.filter(state__in=("failed", "unknown", "queued")).exists()


def test_a_command_that_fails_of_itself(floor, monkeypatch):
    def broken(*_args: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(worker, "apply_event", broken)
        floor.says("alice", f"#name -c {conversation(1).pk} {WORD}", 2)
    floor.site.work()
    assert WORD in floor.platforms.to_seat("alice")[-1], "the seat is told which it was"
    erase(floor)
    assert places() == []
    failed = InboundEvent.objects.filter(state=InboundEvent.State.FAILED)
    assert storing.replay(failed.values_list("pk", flat=True)) == 0, "there is nothing left to work on"


def test_alarms_that_name_a_customer(floor):
    customer = floor.customer(1)
    floor.now = customer.window_until - timedelta(minutes=5)
    warn_of_windows()
    floor.site.work()
    assert any(WORD in said for said in floor.platforms.to_seat("bob"))
    floor.site.account.survey = True
    floor.site.account.save()
    floor.says("alice", "good day", 1)
    floor.says("alice", "#close", 1)
    before = len(floor.platforms.to_seat("bob"))
    floor.site.customer_says("1", someone(1))
    floor.site.work()
    assert any(WORD in said for said in floor.platforms.to_seat("bob")[before:]), "a low score"
    erase(floor)
    assert places() == []


def test_by_the_api(floor, monkeypatch):
    floor.works_at_once(monkeypatch)
    alice = client_of("alice")

    def give(command: str, **arguments: str) -> dict[str, Any]:
        address = f"/api/conversations/{conversation(2).pk}/commands/{command}/"
        return alice.post(address, {**arguments, "client_id": command}, "application/json").json()

    listed = give("list")["detail"]
    assert f"#{conversation(1).pk} " in listed
    assert WORD not in listed, "the client has the names, by the number"
    refused = give("transfer", target=WORD)
    assert WORD in refused["detail"]
    assert give("tag", name=WORD)["outcome"] == "refused"
    assert give("take")["outcome"] == "done"
    erase(floor)
    floor.later(0)
    retention.run(floor.now + timedelta(hours=2))
    assert places() == []
    assert alice.get(f"/api/events/{refused['event']}/").json()["outcome"] == "refused"
    # What was refused may be tried again, though nobody knows any more what it was.
    assert give("tag", name="other")["outcome"] == "refused"
    assert give("take")["outcome"] == "done"


def test_what_waits_to_be_written_when_they_are_erased(floor):
    floor.says("alice", f"I greet {WORD}", 1)
    export.erase(floor.customer(1))
    floor.site.work()
    assert ("bridge_exchange", "request") in places()
    retention.run(floor.now + timedelta(minutes=5))
    assert places() == []
    assert Exchange.objects.exists(), "those of others stay"
