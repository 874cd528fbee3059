"""A bot that time wakes: in a script as in the product, once, and no more when somebody else has the conversation."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from bridge import worker as turns
from bridge.base import clock
from bridge.inbox.events import BotWoken
from bridge.models import Conversation, InboundEvent, Message
from bridge.pipeline.actions import Answer, HandOver, Record, SwitchMode, Wake
from bridge.pipeline.bots import ChatBot, Setting, beside
from bridge.values.content import Text
from chatbots.testing import Script
from chatbots.tryout import try_out
from seats.models import SeatGroup
from seats.tasks import tick
from tests.support.actors import Site
from tests.support.routing import conversation, owner, someone

pytestmark = pytest.mark.once
CUSTOMERS = 20
SCRIPTS = {
    "reminds, then hands over": ["hi", 299, 1, 299, 1, 3600],
    "an answer puts it off": ["hi", 200, "me", 200, 100],
    "hands over by itself": ["hi", "a person", 3600],
}


class Patient(ChatBot):
    """Asks, reminds whoever says nothing once, and then leaves them to the group `care`."""

    name, greets = "patient", True
    settings = (Setting("wait", "Wait.", default=timedelta(minutes=5)),)

    def on_message(self, turn, loaded):
        if turn.incoming.contents[0].text.startswith("a person"):
            return [HandOver(group="care")]
        heard = Record(turn.incoming.contents[0], "customer", handled=True)
        return [heard, *self._says("Which order?", turn, reminded=False)]

    def on_event(self, turn, event):
        if not isinstance(event, BotWoken):
            return []
        if turn.conversation.data["reminded"]:
            return [HandOver(group="care")]
        return self._says("Still there?", turn, reminded=True)

    def _says(self, words, turn, *, reminded):
        asked = SwitchMode(self.name, {"reminded": reminded})
        return [Wake(self.setting(turn, "wait")), Answer(Text(words), self.name), asked]


@pytest.fixture
def patient(day):
    day.site.account.bots = [{"name": "patient", "on": True}]
    day.site.account.save()
    care = SeatGroup.objects.get(slug="care")
    day.site.seat("carol", care, online=True)
    with beside(Patient):
        yield day


def script() -> Script:
    talk = Script(bots=[Patient], seats={"sales": ["alice"], "care": ["carol"]})
    talk.world.survey = False
    return talk


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_wakes_as_the_product_does(patient, name):
    talk = script()
    for step in SCRIPTS[name]:
        if isinstance(step, int):
            patient.later(step)
            talk.after(seconds=step)
        else:
            patient.arrive(1, text=step)
            talk.after(seconds=1).customer(f"{step} 1")
        assert patient.told(1) == talk.customer.has_read, step
        row = conversation(1)
        assert (row.status, row.group) == (talk.status, talk.world.conversation.group), step


def test_it_is_woken_at_its_time_and_then_no_more():
    talk = script()
    talk.customer("hi")
    assert talk.after(minutes=4).customer.has_read == ["Which order?"]
    assert talk.after(minutes=1).customer.reads == ["Still there?"]
    talk.after(hours=1)
    assert (talk.owner, talk.seat("carol").reads, talk.acted(Wake)) == (
        "carol",
        talk.seat("carol").has_read,
        [Wake(None)],
    )
    assert talk.customer.has_read == ["Which order?", "Still there?"]


def test_who_takes_the_conversation_ends_it(patient):
    patient.site.login("alice")
    patient.arrive(1)
    assert conversation(1).wake_at
    patient.says("alice", "#take", 1)
    assert (owner(1), conversation(1).wake_at) == ("alice", None)


def test_what_closes_the_conversation_ends_it(patient):
    patient.arrive(1)
    patient.later(86400)
    assert (conversation(1).status, conversation(1).wake_at) == ("closed", None)


def test_a_group_that_is_not_there_leaves_it_to_the_accounts_own(patient, caplog):
    class Lost(Patient):
        name = "patient"

        def on_message(self, turn, loaded):
            return [HandOver(group="nobody")]

    patient.site.login("alice")
    with beside(Lost):
        patient.arrive(1)
    assert (owner(1), conversation(1).group) == ("alice", "sales")
    assert "over to the group 'nobody', which is not there" in caplog.text
    talk = Script(bots=[Lost], seats=["alice"])
    talk.customer("hi")
    assert (talk.owner, talk.world.conversation.group) == ("alice", "sales")


def test_a_bot_that_is_woken_on_and_on_is_told_of():
    class Restless(Patient):
        def on_event(self, turn, event):
            return [Wake(timedelta(0))]

    talk = Script(bots=[Restless], seats=["alice"])
    talk.customer("hi")
    with pytest.raises(RuntimeError, match="the bot patient has been woken 1000 times"):
        talk.after(minutes=5)


def test_trying_out_goes_the_way_that_the_bot_names(patient):
    handed, seat = try_out(patient.site.account, "a person")
    assert (handed.kind, seat.kind) == ("wait", "stop")
    assert "售后" in seat.text


@pytest.mark.services
def test_timers_and_workers_at_once_wake_it_once(transactional_db, platforms, client):
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    began, late = clock.now(), [0]
    site = Site(client, platforms)
    site.account.bots = [{"name": "patient", "on": True}]
    site.account.save()
    with clock.fixed(lambda: began + timedelta(minutes=late[0])), beside(Patient):
        for number in range(CUSTOMERS):
            site.customer_says("hi", someone(number))
        _at_once()
        late[0] = 5
        _at_once()
        said = Message.objects.filter(preview="Still there?").values_list("conversation__customer__openid", flat=True)
        assert sorted(said) == [someone(number) for number in range(CUSTOMERS)]
        assert set(Conversation.objects.values_list("wake_at", flat=True)) == {began + timedelta(minutes=10)}


def _at_once() -> None:
    """Let four workers find what is due and do all there is to do."""

    def worker() -> None:
        try:
            tick()
            turns.work_all(limit=500)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker()
    assert not InboundEvent.objects.filter(state__in=(InboundEvent.State.NEW, InboundEvent.State.FAILED)).exists()
