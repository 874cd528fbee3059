"""The survey after a conversation: one question with five answers to tap. Pure functions.

WeChat sends a tap on a msgmenu back as a text with the item's id (developers.weixin.qq.com, "客服消息", msgmenu); clients
that show no menu leave people to type, so the number or the words of an answer count too, for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bridge.pipeline.turn import ClosedConversation, Turn
from bridge.values.content import Menu, Text
from bridge.values.texts import text

SCORES = (5, 4, 3, 2, 1)
TYPED_WITHIN = timedelta(minutes=30)
_PREFIX = "score"


def menu(texts: Mapping[str, str], conversation: int) -> Menu | None:
    """Return the question about the conversation; None where the account has switched it off."""
    head = text(texts, "survey")
    if not head:
        return None
    items = [{"id": f"{_PREFIX}-{conversation}-{score}", "text": _label(texts, score)} for score in SCORES]
    return Menu(head, tuple(items))


def _label(texts: Mapping[str, str], score: int) -> str:
    return text(texts, f"score_{score}") or str(score)


def tapped(menu_id: str) -> tuple[int, int] | None:
    """Return conversation and score of a menu item's id; None where it is of another menu.

    >>> tapped("score-12-5")
    (12, 5)
    """
    parts = menu_id.split("-")
    if len(parts) != 3 or parts[0] != _PREFIX or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    conversation, score = int(parts[1][:18]), int(parts[2][:2])
    return (conversation, score) if score in SCORES else None


def answered(turn: Turn) -> tuple[int, int] | None:
    """Return conversation and score where the customer's message is the answer to a survey."""
    contents, recent = turn.incoming.contents, turn.recent
    if len(contents) != 1 or not isinstance(contents[0], Text):
        return None
    said = contents[0]
    if said.menu_id and (found := tapped(said.menu_id)):
        return found
    return _typed(turn, recent, said.text.strip()) if recent else None


def _typed(turn: Turn, recent: ClosedConversation, words: str) -> tuple[int, int] | None:
    if recent.surveyed_at is None or recent.score or turn.now - recent.surveyed_at > TYPED_WITHIN:
        return None
    texts = turn.texts
    for score in SCORES:
        if words in (str(score), _label(texts, score)):
            return recent.id, score
    return None
