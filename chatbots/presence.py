"""Presence: a seat says by hand whether it takes new conversations."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.pipeline.actions import Action
from bridge.pipeline.bots import ChatBot, refuse, reply
from bridge.pipeline.commands import command
from bridge.pipeline.serving import SetAvailability
from bridge.pipeline.turn import Turn
from bridge.values.wording import gettext as _


class PresenceBot(ChatBot):
    """Takes the words of a seat about itself. It handles no messages itself."""

    name = "presence"

    @command("busy", "忙碌")
    def busy(self, turn: Turn) -> Iterable[Action]:
        """Take no new conversations; those you have go on."""
        return _say(turn, "busy", _("You get no new conversations until you write #online."))

    @command("away", "离开")
    def away(self, turn: Turn) -> Iterable[Action]:
        """Be away for a while: no new conversations."""
        return _say(turn, "away", _("You are away and get no new conversations until you write #online."))

    @command("online", "上线")
    def online(self, turn: Turn) -> Iterable[Action]:
        """Take new conversations again."""
        return _say(turn, "open", _("You get new conversations again."))

    @command("offline", "下线")
    def offline(self, turn: Turn) -> Iterable[Action]:
        """Sign off: no new conversations, and whoever waits for your answer goes to another seat."""
        return _say(turn, "offline", _("You have signed off. #online signs on again."))


def _say(turn: Turn, availability: str, words: str) -> list[Action]:
    if turn.sender is None:
        return refuse(_("Only seats can do this."))
    return [SetAvailability(turn.sender.im_id, availability), *reply(words)]
