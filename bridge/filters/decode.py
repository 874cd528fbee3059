"""Decode: from the platform's words to ours."""

from __future__ import annotations

import json

from bridge.characters import clean_all
from bridge.filters.base import Filter, Proceed
from bridge.inbox import INTERNAL
from bridge.platforms.base import Incoming
from bridge.platforms.registry import get_platform
from bridge.turn import Turn


class Decode(Filter):
    """Reads the event. The door has verified and decrypted it; what is of no use to anyone ends here, with the reason.

    What people write on the desk or through the API comes by no door: what nobody can show is taken out of it here.
    """

    def process(self, turn: Turn, proceed: Proceed) -> None:
        turn.incoming = self._read(turn)
        if turn.incoming.ignored:
            turn.drop(turn.incoming.ignored)
        else:
            proceed(turn)

    @staticmethod
    def _read(turn: Turn) -> Incoming:
        event = turn.event
        if event.platform == INTERNAL:
            return Incoming(side="internal", event=event.kind, facts=clean_all(json.loads(event.body)))
        return get_platform(event.platform).parse(event.kind, event.body)
