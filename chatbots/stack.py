"""Stack: lets customers wait in order, by the seats' capacity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from bridge import texts as texts_module
from bridge.actions import (
    Action,
    Answer,
    Assign,
    Assigned,
    Enqueue,
    Outcome,
    QueueLine,
    Record,
    RelayBacklog,
    ReportQueue,
    SendContext,
    SwitchMode,
    Waiting,
)
from bridge.bots import ChatBot, reply
from bridge.commands import command
from bridge.content import Notice
from bridge.text import duration
from bridge.turn import Turn


class StackBot(ChatBot):
    """Keeps what a waiting customer writes, and hands the conversation over when its turn has come."""

    name = "stack"

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        return [Record(content, turn.incoming.side) for content in turn.incoming.contents]

    def on_event(self, turn: Turn) -> Iterable[Action]:
        assert turn.conversation is not None
        return [Assign(turn.conversation.group, then=_handed_over)]

    @command("queue", "排队", sides=("seat", "customer"))
    def queue(self, turn: Turn) -> Iterable[Action]:
        """Show how many customers wait, and how long."""
        if turn.sender is None and turn.conversation is None:
            return []
        return [ReportQueue(turn.sender, then=lambda lines: reply(turn, report(lines)))]


def wait(turn: Turn, group: str) -> Action:
    """Return the action that lets the customer wait for `group` and tells them their place, once."""
    return Enqueue(group, then=partial(_placed, turn.account.texts if turn.account else {}))


def _placed(texts: Mapping[str, str], outcome: Outcome) -> Iterable[Action]:
    assert isinstance(outcome, Waiting)
    said = texts_module.text(texts, "queued", place=outcome.place)
    return [Answer(Notice(said), author=StackBot.name)] if said else []


def _handed_over(outcome: Outcome) -> Iterable[Action]:
    if not isinstance(outcome, Assigned):
        return []
    return [SwitchMode("send"), SendContext(outcome.agent), RelayBacklog(outcome.agent)]


def report(lines: list[QueueLine]) -> str:
    """Return how queues stand, one line each."""
    return "\n".join(_line(line) for line in lines) or _("Nobody is waiting.")


def _line(line: QueueLine) -> str:
    seats = {"group": line.group, "online": line.online, "free": line.free}
    if line.place:
        return _("You are number %(place)d of %(waiting)d in line.") % {"place": line.place, "waiting": line.waiting}
    if not line.waiting:
        return _("%(group)s: nobody is waiting; %(online)d seats online, %(free)d places free") % seats
    waiting = {"waiting": line.waiting, "longest": duration(line.longest)}
    return _(
        "%(group)s: %(waiting)d waiting, the longest for %(longest)s; %(online)d seats online, %(free)d places free"
    ) % {**seats, **waiting}
