"""FAQ: answers by keyword, and hands everything else to a person. The example of a bot of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bridge.live.endpoints import endpoints
from bridge.pipeline.actions import Action, Answer, HandOver, Record, SwitchMode
from bridge.pipeline.bots import ChatBot, Setting
from bridge.pipeline.turn import Turn
from bridge.values.content import Text
from chatbots.models import FaqEntry
from chatbots.replies import Reply, reply_of


@dataclass(frozen=True)
class Entry:
    """One FAQ entry as the bot decides on it; `exact`: a keyword must be the whole message."""

    keywords: tuple[str, ...]
    reply: Reply
    id: int = 0
    exact: bool = False

    def word_in(self, text: str) -> str:
        """Return the keyword that stands in the text, "" where none does. Upper and lower case are the same."""
        said = text.strip().lower()
        fits = said.__eq__ if self.exact else said.__contains__
        return next((word for word in self.keywords if fits(word)), "")


class FaqBot(ChatBot):
    """Answers a text that holds a known keyword; anything else goes to the account's next bot, in the end to a seat.

    It greets the customers of the accounts that have put it before their seats.
    """

    name = "faq"
    label = _("FAQ")
    greets = True
    settings = (
        Setting(
            "most", _("After so many answers the next message goes to a person. 0: no limit."), default=0, high=100
        ),
    )

    def load(self, turn: Turn) -> list[Entry]:
        return entries_of(turn.account.id if turn.account else None)

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        contents, given = turn.incoming.contents, _given(turn)
        most = self.setting(turn, "most")
        found = None if most and given >= most else _found(turn, loaded)
        if found is None:
            return [HandOver()]
        counted = [SwitchMode(self.name, {"given": given + 1})] if most else []
        content, variant = found[0].reply.to(turn.event.lane)
        return [Record(contents[0], "customer", handled=True), Answer(content, self.name + variant), *counted]

    def explain(self, turn: Turn, loaded: Any) -> str:
        found = _found(turn, loaded)
        if found is None:
            return gettext("none of the keywords stands in it")
        return gettext("“%(word)s” stands in it, a keyword of entry %(number)d") % {
            "word": found[1], "number": found[0].id,
        }  # fmt: skip


def _found(turn: Turn, entries: Iterable[Entry]) -> tuple[Entry, str] | None:
    contents = turn.incoming.contents
    if len(contents) != 1 or not isinstance(contents[0], Text):
        return None
    return find_entry(contents[0].text, entries, turn.now)


def _given(turn: Turn) -> int:
    """Return how many answers the conversation has had already."""
    return int(turn.conversation.data.get("given", 0)) if turn.conversation else 0


def entries_of(account: int | None) -> list[Entry]:
    """Return the entries that hold for an account, in order."""
    row_of = endpoints.account(account)
    return [
        Entry(tuple(row.keywords.lower().split()), reply_of(row, row_of), row.pk, row.match == FaqEntry.Match.EXACT)
        for row in FaqEntry.rows_for(account)
    ]


def find_entry(text: str, entries: Iterable[Entry], now: datetime) -> tuple[Entry, str] | None:
    """Return the first entry that holds now with a keyword that stands in `text`, and that keyword; None where none fits."""
    for entry in entries:
        if (word := entry.word_in(text)) and entry.reply.holds(now):
            return entry, word
    return None
