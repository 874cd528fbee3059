"""Notices: seats call customers back by a template when WeChat allows no message."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy, gettext_noop

from bridge.pipeline.actions import Action, SendTemplate
from bridge.pipeline.bots import ChatBot, refuse, reply
from bridge.pipeline.commands import Flag, command
from bridge.pipeline.turn import Turn
from bridge.values.wording import gettext as _
from chatbots.records import not_allowed

TEMPLATE = Flag("n", "template", gettext_noop("number or title of the template"), required=True)
REASON = Flag("r", "reason", gettext_noop("reason"), required=True, rest=True)
LONGEST_REASON = 100


class NoticesBot(ChatBot):
    """Sends notices by template. It handles no messages itself."""

    name = "notices"
    label = gettext_lazy("Notice")

    @command("notice", "通知", flags=[REASON, TEMPLATE], remote=True)
    def notice(self, turn: Turn, template: str, reason: str) -> Iterable[Action]:
        """Call the customer back by a notice when WeChat allows no message, and say why; never as advertising."""
        if refusal := not_allowed(turn):
            return refuse(refusal)
        about = turn.conversation.id if turn.conversation else turn.recent.id if turn.recent else None
        if about is None:
            return refuse(_("There was no conversation here yet."))
        if len(reason) > LONGEST_REASON:
            return refuse(_("At most %d characters.") % LONGEST_REASON)

        def sent(why: str) -> Iterable[Action]:
            if why:
                return refuse(_("No notice was sent: %s.") % why)
            return reply(_("The notice is sent. When the customer writes, they come back to this conversation."))

        name = turn.sender.name if turn.sender else ""
        return [SendTemplate(about, template, reason, name, sent)]
