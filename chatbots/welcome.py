"""Welcome: what a customer reads who begins to follow an account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy

from bridge.live.endpoints import endpoints
from bridge.pipeline.actions import Action, Answer
from bridge.pipeline.bots import ChatBot
from bridge.pipeline.turn import Turn
from chatbots.models import Welcome
from chatbots.replies import Reply, reply_of


class WelcomeBot(ChatBot):
    """Says the welcome of the code by which a customer came, else, to a new follower, the first of the account that holds now."""

    name = "welcome"
    label = gettext_lazy("Welcome")

    def load(self, turn: Turn) -> list[Reply]:
        account = endpoints.account(turn.account.id) if turn.account else None
        rows: Iterable[Welcome] = Welcome.rows_for(account.pk if account else None)
        return [reply_of(row, account) for row in rows]

    def on_arrival(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        source = turn.source(turn.incoming.facts.get("key", ""))
        if source and source.welcome:
            return [Answer(source.welcome, self.name)]
        if turn.incoming.event != "follow":
            return []
        reply = next((one for one in loaded if one.holds(turn.now)), None)
        if reply is None:
            return []
        content, variant = reply.to(turn.event.lane)
        return [Answer(content, self.name + variant)]
