"""Supervise: what those may do who oversee a group."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from bridge.pipeline.actions import Action, Notify, SendContext, Watch, Whisper
from bridge.pipeline.bots import ChatBot, refuse, reply
from bridge.pipeline.commands import command
from bridge.pipeline.serving import Take
from bridge.pipeline.turn import Turn
from bridge.values.wording import gettext as _
from chatbots.records import WORDS
from chatbots.transfer import TARGET, taken, transfer


class SuperviseBot(ChatBot):
    """Lets supervisors into the conversations of their groups. It handles no messages itself."""

    name = "supervise"

    @command("watch", "旁听", remote=True)
    def watch(self, turn: Turn) -> Iterable[Action]:
        """For supervisors: read this conversation along."""
        return self._come_in(turn, speaks=False)

    @command("join", "插话", remote=True)
    def join(self, turn: Turn) -> Iterable[Action]:
        """For supervisors: read along and write to the customer too."""
        return self._come_in(turn, speaks=True)

    @staticmethod
    def _come_in(turn: Turn, *, speaks: bool) -> Iterable[Action]:
        sender = turn.sender
        if refusal := _not_allowed(turn):
            return refuse(refusal)
        if sender is None or not sender.im_id:
            return refuse(_("Only those who have a seat can read along."))
        if turn.is_owner:
            return refuse(_("You have this conversation."))
        agent = turn.conversation.agent if turn.conversation else None
        words = _("%s has joined the conversation.") % sender.name
        told = [Notify(agent, words)] if agent and speaks else []
        done = (
            _("You read along and can write here. #leave ends it.") if speaks else _("You read along. #leave ends it.")
        )
        return [Watch(sender, speaks), *told, *reply(done), SendContext(sender, waiting=True)]

    @command("leave", "退出旁听", remote=True)
    def leave(self, turn: Turn) -> Iterable[Action]:
        """For supervisors: no longer read along."""
        sender, conversation = turn.sender, turn.conversation
        if conversation is None or sender is None or sender.id not in [one.agent.id for one in conversation.watchers]:
            return refuse(_("You do not read along here."))
        return [Watch(sender, on=False), *reply(_("You have left."))]

    @command("whisper", "耳语", flags=[WORDS], remote=True)
    def whisper(self, turn: Turn, text: str) -> Iterable[Action]:
        """For supervisors: say something to the seat that the customer does not see."""
        if refusal := _not_allowed(turn):
            return refuse(refusal)
        if turn.sender is None or turn.conversation is None or turn.conversation.agent is None:
            return refuse(_("No seat has this conversation."))
        return [Whisper(text, turn.sender), *reply(_("Said to %s.") % turn.conversation.agent.name)]

    @command("takeover", "接管", remote=True)
    def takeover(self, turn: Turn) -> Iterable[Action]:
        """For supervisors: take this conversation from its seat."""
        if refusal := _not_allowed(turn):
            return refuse(refusal)
        if turn.sender is None or not turn.sender.im_id:
            return refuse(_("Only those who have a seat can take over."))
        return [Take(turn.sender, then=partial(taken, turn))]

    @command("reassign", "改派", flags=[TARGET], remote=True)
    def reassign(self, turn: Turn, target: str) -> Iterable[Action]:
        """For supervisors: give this conversation to another seat or group."""
        if refusal := _not_allowed(turn):
            return refuse(refusal)
        return transfer(turn, target, "", direct=True)


def _not_allowed(turn: Turn) -> str:
    if turn.conversation is None:
        return _("There is no open conversation here; -c and its number name one, #list shows them.")
    if not turn.oversees(turn.conversation.group):
        return _("Only supervisors of the group can do this.")
    return ""
