"""FAQ: answers by keyword, and hands everything else to a person. The example of a bot of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from bridge.actions import Action, Answer, HandOver, Record
from bridge.bots import ChatBot
from bridge.content import Text
from bridge.turn import Turn
from chatbots.models import FaqEntry


@dataclass(frozen=True)
class Entry:
    """One FAQ entry as the bot decides on it."""

    keywords: tuple[str, ...]
    answer: str


class FaqBot(ChatBot):
    """Answers a text that holds a known keyword; anything else goes to the transform bot, that is, to a seat.

    An account whose first mode is `faq` begins here.
    """

    name = "faq"

    def load(self, turn: Turn) -> list[Entry]:
        account = turn.account.id if turn.account else None
        rows = FaqEntry.objects.filter(Q(account=account) | Q(account=None), enabled=True)
        return [Entry(tuple(row.keywords.lower().split()), row.answer) for row in rows]

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        contents = turn.incoming.contents
        if len(contents) == 1 and isinstance(contents[0], Text):
            answer = find_answer(contents[0].text, loaded)
            if answer:
                return [Record(contents[0], "customer", handled=True), Answer(Text(answer), self.name)]
        return [HandOver("transform")]


def find_answer(text: str, entries: Iterable[Entry]) -> str:
    """Return the answer of the first entry with a keyword that stands in `text`, "" where none fits.

    >>> find_answer("几点营业？", [Entry(("营业", "时间"), "9:00-18:00")])
    '9:00-18:00'
    """
    lowered = text.lower()
    return next((entry.answer for entry in entries if any(word in lowered for word in entry.keywords)), "")
