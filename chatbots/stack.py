"""Stack: lets customers wait in order, by the seats' capacity."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy

from bridge.inbox.events import ConversationEvent
from bridge.inbox.serving_events import OverflowDue, PlaceFree, WaitOver
from bridge.pipeline.actions import Action, Answer, Record
from bridge.pipeline.bots import ChatBot, refuse, reply
from bridge.pipeline.commands import command
from bridge.pipeline.serving import (
    Assign,
    ConversationLine,
    Enqueue,
    NotifyOfPlace,
    Outcome,
    Overflow,
    Queued,
    QueueLine,
    ReportConversations,
    ReportQueue,
    TooLong,
)
from bridge.pipeline.turn import Turn
from bridge.values import texts as texts_module
from bridge.values.content import Notice
from bridge.values.text import duration
from bridge.values.wording import Wording
from bridge.values.wording import gettext as _
from chatbots.handing import handed_over
from chatbots.leave import leave_message


class StackBot(ChatBot):
    """Keeps what a waiting customer writes, and hands the conversation over when its turn has come."""

    name = "stack"
    label = gettext_lazy("In the queue")

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        records = [Record(content, turn.incoming.side) for content in turn.incoming.contents]
        return [*records, NotifyOfPlace(then=partial(_placed, turn, ""))]

    def on_event(self, turn: Turn, event: ConversationEvent) -> Iterable[Action]:
        assert turn.conversation is not None
        group = turn.conversation.group
        match event:
            case PlaceFree():
                return [Assign(group, then=handed_over)]
            case OverflowDue():
                return [Overflow()]
            case WaitOver():
                return [Assign(group, then=partial(_given_up, turn, group))]
        return []

    @command("queue", "排队", sides=("seat", "customer"))
    def queue(self, turn: Turn) -> Iterable[Action]:
        """Show how many customers wait, and how long."""
        if turn.sender is None and turn.conversation is None:
            return []
        return [ReportQueue(turn.sender, then=lambda lines: reply(Wording(partial(report, lines))))]

    @command("list", "列表")
    def list(self, turn: Turn) -> Iterable[Action]:
        """List your conversations with their numbers, and those of the groups you supervise."""
        if turn.sender is None:
            return refuse(_("Only seats can do this."))
        # Elsewhere than on IM the answer stays with the event, and who reads it has the names.
        named = not turn.quiet
        return [
            ReportConversations(turn.sender, then=lambda lines: reply(Wording(partial(listing, lines, named=named))))
        ]


def wait(turn: Turn, group: str) -> Action:
    """Return the action that lets the customer wait for `group` and tells them their place, once."""
    return Enqueue(group, then=partial(_placed, turn, group))


def _placed(turn: Turn, group: str, outcome: Outcome) -> Iterable[Action]:
    if isinstance(outcome, TooLong):
        return leave_message(turn, group, outcome)
    assert isinstance(outcome, Queued)
    texts = turn.texts
    said = texts_module.place(texts, outcome.place, outcome.seconds)
    return [Answer(Notice(said), author=StackBot.name)] if said else []


def _given_up(turn: Turn, group: str, outcome: Outcome) -> Iterable[Action]:
    """Nobody in all this time: unless just now, a message is taken."""
    return handed_over(outcome) or leave_message(turn, group, outcome)


def report(lines: Iterable[QueueLine]) -> str:
    """Return how queues stand, one line each."""
    return "\n".join(_line(line) for line in lines) or _("Nobody is waiting.")


def _line(line: QueueLine) -> str:
    seats = {"group": line.group, "online": line.online, "free": line.free}
    if line.place:
        total = line.waiting + line.left
        return _("You are number %(place)d of %(waiting)d in line.") % {"place": line.place, "waiting": total}
    left = _("; %d messages were left") % line.left if line.left else ""
    if not line.waiting:
        return _("%(group)s: nobody is waiting; %(online)d seats online, %(free)d places free") % seats + left
    waiting = {"waiting": line.waiting, "longest": duration(line.longest)}
    return (
        _("%(group)s: %(waiting)d waiting, the longest for %(longest)s; %(online)d seats online, %(free)d places free")
        % {**seats, **waiting}
        + left
    )


def listing(lines: Iterable[ConversationLine], *, named: bool = True) -> str:
    """Return conversations, one line each, the longest unanswered first. `named`: with the customers' names."""
    return "\n".join(_conversation_line(line, named=named) for line in lines) or _("There is no open conversation.")


def _conversation_line(line: ConversationLine, *, named: bool) -> str:
    customer = f" · {line.customer}" if named else ""
    who = f"#{line.id} {line.account}{customer} · {line.seat or line.status}"
    return who + (_(", unanswered for %s") % duration(line.unanswered) if line.unanswered else "")
