"""Sources: a code leads to its group, its seat or its bot, puts tags on, and has a welcome of its own."""

from __future__ import annotations

import pytest

from bridge.pipeline.actions import OpenConversation, TagWith, UpdateCustomer
from bridge.pipeline.turn import SourceState
from bridge.values.content import Text
from chatbots.faq import Entry
from chatbots.replies import Reply
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
SEATS = {"sales": ["alice"], "care": ["bob", "carol"]}
HELLO = Text("Welcome to the shop at the station.")


def script(source: SourceState, **more) -> Script:
    loads = {"welcome": [Reply(Text("Hello."))], "faq": [Entry(("hours",), Reply(Text("9 to 18")))]}
    return Script(seats=SEATS, sources={"station": source}, loads=loads, **more)


@pytest.mark.parametrize("event", ["follow", "scan"])
def test_the_next_message_goes_to_its_group(event):
    talk = script(SourceState(group="care"))
    talk.customer.does(event, "station")
    assert (talk.status, talk.dropped) == ("", "")
    talk.customer("hello")
    assert talk.owner == "bob"
    assert talk.acted(OpenConversation) == [OpenConversation("transform", "care", "station", "station")]
    assert talk.world.customer.led_by == ""


def test_it_leads_once():
    talk = script(SourceState(group="care"))
    talk.customer.does("scan", "station")
    talk.customer("hello")
    talk.seat("bob").says("#close")
    talk.customer("hello again")
    assert talk.owner == "alice"


def test_a_seat_of_its_own_gets_the_customer_and_another_where_it_is_not_free():
    talk = script(SourceState(group="care", seat=3))
    talk.customer.does("scan", "station")
    talk.customer("hello")
    assert talk.owner == "carol"
    other = script(SourceState(group="care", seat=3))
    other.seat("carol").seat.takes = False
    other.customer.does("scan", "station")
    other.customer("hello")
    assert other.owner == "bob"


def test_a_bot_of_its_own_answers():
    talk = script(SourceState(mode="faq"))
    talk.customer.does("scan", "station")
    talk.customer("hours")
    assert (talk.mode, talk.customer.reads[-1]) == ("faq", "9 to 18")


def test_it_may_open_a_conversation_at_once():
    talk = script(SourceState(group="care", opens=True, welcome=HELLO))
    talk.customer.does("follow", "station")
    assert (talk.owner, talk.customer.reads) == ("bob", [HELLO.text])
    assert talk.seat("bob").reads[-1] == "[Follows now] station"


def test_its_welcome_goes_before_the_accounts_and_is_said_at_a_scan_too():
    talk = script(SourceState(welcome=HELLO))
    talk.customer.does("follow", "station")
    assert talk.customer.reads == [HELLO.text]
    talk.customer.does("scan", "station")
    assert talk.customer.reads == [HELLO.text]
    other = script(SourceState())
    other.customer.does("follow", "station")
    assert other.customer.reads == ["Hello."]


def test_its_tags_are_put_on():
    talk = script(SourceState(tags=("station", "new")))
    talk.customer.does("scan", "station")
    assert [one.name for one in talk.acted(TagWith)] == ["station", "new"]
    assert talk.dropped == ""


def test_an_open_conversation_stays_where_it_is():
    talk = script(SourceState(group="care"))
    talk.customer("hello")
    talk.customer.does("scan", "station")
    assert talk.owner == "alice"
    assert not [one for one in talk.acted(UpdateCustomer) if one.led_by]


def test_a_scene_of_no_source_changes_nothing():
    talk = script(SourceState(group="care"))
    talk.customer.does("scan", "elsewhere")
    assert "elsewhere" in talk.dropped
    talk.customer("hello")
    assert talk.owner == "alice"


def test_a_code_goes_before_the_seat_that_had_the_last_conversation():
    talk = script(SourceState(group="care"), reopen_minutes=10)
    talk.customer("hello")
    talk.seat("alice").says("#close")
    talk.customer.does("scan", "station")
    talk.customer("hello again")
    assert talk.owner == "bob"
