"""The test kit tells the truth: what happens in a script happens in the product too."""

from __future__ import annotations

import re

import pytest

from bridge.models import AutoAnswer, Conversation
from bridge.pipeline.actions import Answer, HandOver
from bridge.pipeline.bots import ChatBot, bots
from bridge.values.content import Text
from chatbots.faq import Entry
from chatbots.models import FaqEntry
from chatbots.replies import Reply
from chatbots.testing import Script
from seats.models import Seat, SeatGroup
from tests.support.routing import conversation, owner

WAIT = re.compile("预计等待 [^，]*，请稍候。")
pytestmark = pytest.mark.once
SCRIPTS = {
    "a conversation": ["hi", "alice: hello", "a question", "alice: an answer", "alice: #close thanks", "again"],
    "leaving to another": ["hi", "alice: #quit", "carol: hello", "more"],
    "leaving to the queue": ["hi", "alice busy", "carol busy", "alice: #quit", "still there?", "alice: #take"],
    "leaving where nobody else is": ["hi", "carol busy", "alice: #quit", "more"],
    "waiting": [
        "alice busy",
        "carol busy",
        "hi",
        "anyone?",
        "#排队",
        "#退出",
        "hi again",
        "alice: #take",
        "alice: yes?",
    ],
    "transfer": [
        "hi",
        "alice: #transfer -n carol",
        "alice: #transfer -n carol",
        "carol: hello",
        "carol: #transfer nobody",
    ],
    "to the bots": ["人工", "alice: #transfer -n system", "营业时间", "人工", "alice: hello"],
    "back to a bot that is busy": ["营业时间", "人工", "alice: #block spam", "hello?"],
    "commands that are wrong": ["hi", "alice: #nonsense", "alice: #transfer", "carol: #close", "alice: ##1", "#忙碌"],
    "notes": [
        "hi",
        "alice: #note call back",
        "alice: #name Mrs Wang",
        "alice: #summary x",
        "alice: #close",
        "alice: #note x",
    ],
}


class Product:
    """The same steps as a script's, through doors, database and workers."""

    def __init__(self, day) -> None:
        self.day = day
        day.site.seat("carol", day.site.sales, online=True)
        day.site.login("alice")
        # The order in which a script's office asks them.
        Seat.objects.filter(user__username="carol").update(served=100)
        SeatGroup.objects.update(retell_seconds=1)
        FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))

    def do(self, who: str, said: str) -> None:
        if said == "busy":
            Seat.objects.filter(user__username=who).update(availability="busy")
        elif who:
            self.day.says(who, said, 1)
        else:
            self.day.arrive(1, text=said)

    def stands(self) -> tuple[str, ...]:
        if not Conversation.objects.exists():
            return ("", "", "")
        one, name = conversation(1), owner(1)
        return (one.status, one.mode if one.status != "closed" else "", name if one.status == "assigned" else "")

    def read(self, who: str) -> list[str]:
        read = self.day.platforms.to_seat(who) if who else self.day.told(1)
        return [text.removeprefix("【系统】") for text in read]


class Kit:
    """The same steps in a script."""

    def __init__(self) -> None:
        self.conversation = Script(
            bots=["faq"], seats=["alice", "carol"], loads={"faq": [Entry(("营业",), Reply(Text("9:00-18:00")))]}
        )
        self.conversation.world.survey = False

    def do(self, who: str, said: str) -> None:
        if said == "busy":
            self.conversation.seat(who).seat.takes = False
        elif who:
            self.conversation.seat(who).says(said)
        else:
            self.conversation.customer(f"{said} 1")

    def stands(self) -> tuple[str, ...]:
        return (self.conversation.status, self.conversation.mode, self.conversation.owner)

    def read(self, who: str) -> list[str]:
        return self.conversation.seat(who).has_read if who else self.conversation.customer.has_read


def steps(script: list[str]) -> list[tuple[str, str]]:
    found = []
    for line in script:
        who, colon, said = line.partition(": ")
        found.append((who, said) if colon else tuple(line.split()) if line.endswith(" busy") else ("", line))
    return found


def in_general(texts: list[str]) -> list[str]:
    """Without what a script cannot know: how the context's lines begin, and how long a wait is to be expected."""
    return ["(context)" if "最近" in text else WAIT.sub("请稍候，客服会在这里回复您。", text) for text in texts]


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_agrees_with_the_product(day, name):
    day.site.account.bots = [{"name": "faq", "on": True}]
    day.site.account.save()
    product, kit = Product(day), Kit()
    for who, said in steps(SCRIPTS[name]):
        product.do(who, said)
        kit.do(who, said)
        assert kit.stands() == product.stands(), (who, said)
        for side in ("", "alice", "carol"):
            assert in_general(kit.read(side)) == in_general(product.read(side)), (who, said, side)


class NewsBot(ChatBot):
    """Answers with what it has loaded."""

    name, greets = "news", True

    def load(self, turn):
        raise AssertionError("a script reads nothing")

    def on_message(self, turn, loaded):
        return [Answer(Text(loaded), self.name), HandOver("gone")]


def test_what_a_bot_loads_is_given_to_the_script():
    with pytest.raises(LookupError, match=r"NewsBot loads something: .* loads=\{'news'"):
        Script(bots=[NewsBot]).customer("hi")
    conversation = Script(bots=[NewsBot], seats=["alice"], loads={"news": "it rains"})
    conversation.customer("hi")
    assert conversation.customer.reads == ["it rains"]


def test_a_bot_that_is_not_installed_leaves_the_customer_to_a_seat():
    conversation = Script(bots=[NewsBot], seats=["alice"], loads={"news": "it rains"})
    conversation.customer("hi")
    assert (conversation.mode, conversation.owner) == ("send", "alice"), "handed over to a bot there is not"
    conversation.seat("alice").says("#close")
    conversation.world.account.bots[0]["on"] = False
    conversation.customer("hi")
    conversation.world.conversation.mode = "uninstalled"
    conversation.world.conversation.seat = None
    conversation.customer("still there?")
    assert (conversation.mode, conversation.owner) == ("send", "alice")


def test_a_scripts_bots_are_gone_after_each_step():
    Script(bots=[NewsBot], loads={"news": "x"}, seats=["alice"]).customer("hi")
    assert "news" not in bots()


def test_who_gets_a_conversation_reads_first_when_the_bot_said_what():
    talk = Script(bots=["faq"], seats=["alice"], loads={"faq": [Entry(("hours",), Reply(Text("9 to 18")))]})
    talk.customer("hours")
    talk.after(minutes=3).customer("hours?")
    talk.after(minutes=1).customer("a person")
    context, asked = talk.seat("alice").reads
    assert [line.partition("：")[0] for line in context.splitlines()[1:]] == [
        "10:00 customer", "10:00 faq", "10:03 customer", "10:03 faq",
    ]  # fmt: skip
    assert asked == "a person"
