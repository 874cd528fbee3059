"""Records: what seats write down about customers and conversations."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_noop

from bridge.pipeline.actions import Action, Block, CloseConversation, Rename, Summarize, TagWith, Whisper
from bridge.pipeline.bots import ChatBot, refuse, reply
from bridge.pipeline.commands import Flag, command
from bridge.pipeline.serving import Release
from bridge.pipeline.turn import Turn
from bridge.values.wording import gettext as _

NAME = Flag("n", "name", gettext_noop("tag"), required=True)
LONGEST_NAME = 100  # characters, as the field takes
WORDS = Flag("t", "text", gettext_noop("text"), required=True, rest=True)


class RecordsBot(ChatBot):
    """Takes notes. It handles no messages itself."""

    name = "records"

    @command("note", "备注", flags=[WORDS], remote=True)
    def note(self, turn: Turn, text: str) -> Iterable[Action]:
        """Write a note that only seats see; the next seat reads it too."""
        if turn.sender is None or turn.conversation is None:
            return refuse(_("There is no open conversation here."))
        if refusal := not_allowed(turn):
            return refuse(refusal)
        return [Whisper(text, turn.sender), *reply(_("Noted."))]

    @command("tag", "标签", flags=[NAME], remote=True)
    def tag(self, turn: Turn, name: str) -> Iterable[Action]:
        """Put a tag on the customer or the conversation."""
        return self._tag(turn, name, on=True)

    @command("untag", "去标签", flags=[NAME], remote=True)
    def untag(self, turn: Turn, name: str) -> Iterable[Action]:
        """Take a tag off."""
        return self._tag(turn, name, on=False)

    @staticmethod
    def _tag(turn: Turn, name: str, *, on: bool) -> Iterable[Action]:
        if refusal := not_allowed(turn):
            return refuse(refusal)

        def done(tag: str | None, known: list[str]) -> Iterable[Action]:
            if tag is not None:
                return reply(_("Tagged: %s") % tag if on else _("No longer tagged: %s") % tag)
            if not known:
                return refuse(_("There are no tags yet; they are made in the admin."))
            return refuse(
                _("There is no tag “%(tag)s”. There are: %(known)s") % {"tag": name, "known": "、".join(known)}
            )

        return [TagWith(name, done, on)]

    @command("summary", "小结", flags=[WORDS], remote=True)
    def summary(self, turn: Turn, text: str) -> Iterable[Action]:
        """Write down what the conversation was about, also after it is closed."""
        if refusal := not_allowed(turn):
            return refuse(refusal)
        about = turn.conversation.id if turn.conversation else turn.recent.id if turn.recent else None
        if about is None:
            return refuse(_("There was no conversation here yet."))
        return [Summarize(about, text), *reply(_("The summary is written down."))]

    @command("name", "客户备注名", flags=[Flag("t", "text", gettext_noop("name"), rest=True)], remote=True)
    def rename(self, turn: Turn, text: str) -> Iterable[Action]:
        """Write down what the customer is called; without a name, nothing."""
        if refusal := not_allowed(turn):
            return refuse(refusal)
        remark = " ".join(text.split())
        if len(remark) > LONGEST_NAME:
            return refuse(_("At most %d characters.") % LONGEST_NAME)
        return [Rename(remark), *reply(_("The name is written down.") if remark else _("The name is taken away."))]

    @command("block", "拉黑", flags=[Flag("r", "reason", gettext_noop("reason"), rest=True)], remote=True)
    def block(self, turn: Turn, reason: str) -> Iterable[Action]:
        """Close the conversation and take nothing of this customer any more."""
        if refusal := not_allowed(turn):
            return refuse(refusal)
        name = turn.sender.name if turn.sender else ""
        closing: list[Action] = []
        if turn.conversation:
            closing = [Release(), CloseConversation(_("blocked by %s") % name)]
        return [*reply(_("Blocked. #unblock takes the customer's messages again.")), *closing, Block(reason)]

    @command("unblock", "解除拉黑", remote=True)
    def unblock(self, turn: Turn) -> Iterable[Action]:
        """Take this customer's messages again."""
        if refusal := not_allowed(turn):
            return refuse(refusal)
        return [Block("", on=False), *reply(_("Unblocked."))]


def not_allowed(turn: Turn) -> str:
    """Return why the sender may not write about this customer, "" where it may: its seat, now or last, or a supervisor."""
    if turn.customer is None:
        return _("Write this in the chat with a customer, or add -c and the number of the conversation.")
    conversation, recent, sender = turn.conversation, turn.recent, turn.sender
    if sender and conversation and sender.id in [agent.id for agent in conversation.others(None)]:
        return ""
    if sender and recent and recent.agent and recent.agent.id == sender.id:
        return ""
    group = conversation.group if conversation else recent.group if recent else ""
    if turn.oversees(group):
        return ""
    return _("Only the seat that has the customer, or had them last, and supervisors can do this.")
