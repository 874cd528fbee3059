"""Transfer: passes conversations from one seat to another, and takes them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.utils.translation import gettext_noop

from bridge.pipeline.actions import Action, Answer, Effect, Notify, Record, SwitchMode
from bridge.pipeline.bots import LAST, ChatBot, greeters, refuse, reply
from bridge.pipeline.commands import Flag, command
from bridge.pipeline.serving import (
    Assigned,
    Full,
    Offered,
    Outcome,
    Queued,
    Release,
    SettleOffer,
    Take,
    TakeNext,
    Transfer,
)
from bridge.pipeline.turn import Turn
from bridge.values import texts
from bridge.values.agents import Agent
from bridge.values.content import Notice, Text
from bridge.values.wording import gettext as _
from chatbots.handing import handed_over

SYSTEM = ("system", "系统")
TARGET = Flag("n", "target", gettext_noop("seat or group"), required=True)


class TransferBot(ChatBot):
    """Passes conversations on. It handles no messages itself."""

    name = "transfer"

    @command(
        "transfer", "transfor", "trasfor", "转接", flags=[TARGET, Flag("t", "note", gettext_noop("note"))], remote=True
    )
    def transfer(self, turn: Turn, target: str, note: str) -> Iterable[Action]:
        """Hand this conversation to another seat or group, or to "system", the account's chatbots."""
        if turn.conversation is None or turn.sender is None:
            return refuse(_("There is no open conversation here to transfer."))
        if not turn.is_owner and not turn.oversees(turn.conversation.group):
            return refuse(_("Only the seat that has a conversation can transfer it."))
        return transfer(turn, target, note)

    @command("take", "接入", remote=True)
    def take(self, turn: Turn) -> Iterable[Action]:
        """Take this waiting customer; with no customer here, the one who waits longest."""
        sender, conversation = turn.sender, turn.conversation
        if sender is None:
            return refuse(_("Only seats can do this."))
        if turn.customer is None:
            return [
                TakeNext(sender, then=lambda taken: [] if taken is Effect.DONE else refuse(_("Nobody is waiting.")))
            ]
        if conversation is None:
            return refuse(_("There is no open conversation here."))
        if conversation.agent and not turn.is_owner:
            return refuse(_("%s has this conversation; a supervisor can #takeover.") % conversation.agent.name)
        group = conversation.group
        if not turn.is_owner and group not in turn.roles_of(sender.id).serves and not turn.oversees(group):
            return refuse(_("You are not in the group this customer waits for."))
        return [Take(sender, then=partial(taken, turn))]

    @command("accept", "接受", remote=True)
    def accept(self, turn: Turn) -> Iterable[Action]:
        """Accept the conversation that is offered to you."""
        return self._settle(turn, accept=True)

    @command("refuse", "拒绝", remote=True)
    def refuse(self, turn: Turn) -> Iterable[Action]:
        """Refuse the conversation that is offered to you."""
        return self._settle(turn, accept=False)

    @staticmethod
    def _settle(turn: Turn, *, accept: bool) -> Iterable[Action]:
        if turn.conversation is None or turn.sender is None:
            return refuse(_("There is no open conversation here."))
        return [SettleOffer(turn.sender, accept, then=partial(_settled, turn, accept=accept))]


def transfer(turn: Turn, target: str, note: str, *, direct: bool = False) -> list[Action]:
    """Return what hands the conversation on, with the note for whoever gets it; "system" is the account's chatbots."""
    assert turn.sender is not None
    if target.strip().lstrip("@").lower() in SYSTEM:
        return _to_bots(turn, note)
    then = partial(_transferred, turn, target, note)
    return [Transfer(target, turn.sender, then, note=note, direct=direct)]


def _to_bots(turn: Turn, note: str) -> list[Action]:
    """Return what hands the conversation back to the account's first chatbot, which has the customer's next message."""
    assert turn.sender is not None
    *before, _last = greeters(turn.account.bots, turn.account.first_mode) if turn.account else [LAST]
    if not before:
        return refuse(_("This account has no chatbots in front of its seats; the conversation stays where it is."))
    written = [Record(Text(note), "note", turn.sender.name)] if note.strip() else []
    done = reply(_("The chatbot %s has the conversation now; #take takes it back.") % before[0])
    return [*written, Release(), SwitchMode(before[0]), *done]


def _moved(sender: Agent | None, to: str, note: str) -> list[Action]:
    """Return the line in the chat that it went on to `to`, and the note: once, where it was carried out."""
    if sender is None:
        return []
    line = Notice(_("%(sender)s handed over to %(to)s.") % {"sender": sender.name, "to": to})
    written = [Record(Text(note), "note", sender.name)] if note.strip() else []
    return [Record(line, "system", sender.name, handled=True), *written]


def _notify_customer(turn: Turn, outcome: Queued) -> list[Action]:
    """Return what the customer hears on joining the queue, as at a first contact: their place, or that nobody is there."""
    if outcome.closed:
        closed = outcome.closed
        said = texts.closed(turn.texts, closed.text, closed.opens, turn.now)
    elif outcome.left:
        said = texts.text(turn.texts, "leave_message")
    else:
        said = texts.place(turn.texts, outcome.place, outcome.seconds)
    return [Answer(Notice(said), author=TransferBot.name)] if said else []


def taken(turn: Turn, outcome: Outcome) -> Iterable[Action]:
    """Return what follows when an agent wanted the conversation for itself."""
    match outcome:
        case Assigned():
            before = turn.conversation.agent if turn.conversation else None
            told = _notify_before(before, outcome.agent)
            return [*handed_over(outcome), *told, *reply(_("The conversation is yours."))]
        case Full():
            return refuse(_("You have no room: close a conversation first, or ask for a higher capacity."))
    return refuse(_("Only seats can do this."))


def _notify_before(before: Agent | None, now: Agent) -> list[Action]:
    if before is None or before.id == now.id:
        return []
    return [Notify(before, _("%s has this conversation now.") % now.name)]


def _transferred(turn: Turn, target: str, note: str, outcome: Outcome) -> Iterable[Action]:
    sender = turn.sender
    before = turn.conversation.agent if turn.conversation else None
    match outcome:
        case Assigned(agent=agent) if before and agent.id == before.id:
            return refuse(_("%s has this conversation already.") % agent.name)
        case Assigned(agent=agent):
            told = _notify_before(before, agent) if before and sender and before.id != sender.id else []
            moved = _moved(sender, agent.name, note)
            return [*moved, *handed_over(outcome), *told, *reply(_("Transferred to %s.") % agent.name)]
        case Offered():
            return _offered(sender, note, outcome)
        case Queued():
            return _queued(turn, note, outcome)
        case Full():
            return refuse(_("%s is away or has no room; the conversation stays where it is.") % target)
    return refuse(_("There is no seat and no group called %s.") % target)


def _offered(sender: Agent | None, note: str, offer: Offered) -> list[Action]:
    words = _("%(sender)s offers you this conversation%(note)s. #accept or #refuse, within %(seconds)d seconds.")
    by = sender.name if sender else ""
    told = words % {"sender": by, "note": f"：{note}" if note else "", "seconds": offer.seconds}
    kept = _("Offered to %s; it stays with you until then.") % offer.agent.name
    return [Notify(offer.agent, told), *reply(kept)]


def _queued(turn: Turn, note: str, waiting: Queued) -> list[Action]:
    words = (
        _("%(group)s is closed now; the customer waits there at place %(place)d.")
        if waiting.left
        else _("Nobody of %(group)s is free; the customer waits there at place %(place)d.")
    )
    mode = SwitchMode("leave" if waiting.left else "stack")
    moved, told = _moved(turn.sender, waiting.group, note), _notify_customer(turn, waiting)
    return [mode, *moved, *told, *reply(words % {"group": waiting.group, "place": waiting.place})]


def _settled(turn: Turn, sender: Agent | None, agent: Agent | None, note: str, *, accept: bool) -> Iterable[Action]:
    if agent is None:
        return refuse(_("Nothing is offered to you here, or no longer."))
    told = _("%s has accepted the conversation.") if accept else _("%s has refused; the conversation stays with you.")
    to_sender = [Notify(sender, told % agent.name)] if sender else []
    if not accept:
        return [*to_sender, *reply(_("You have refused."))]
    return [*_moved(sender, agent.name, note), *handed_over(Assigned(agent)), *to_sender]


def offer_over(sender: Agent | None, agent: Agent | None, note: str) -> Iterable[Action]:
    """Return what follows when an offer has run out."""
    if agent is None:
        return []
    gone = Notify(agent, _("The offer of this conversation has run out."))
    back = _("%s has not accepted; the conversation stays with you.") % agent.name
    return [gone, *([Notify(sender, back)] if sender else [])]
