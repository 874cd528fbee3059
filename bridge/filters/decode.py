"""Decode: from the platform's words to ours."""

from __future__ import annotations

import json
import logging

from django.utils.translation import gettext as _

from bridge.actions import MoveEvent
from bridge.characters import clean_all
from bridge.filters.base import Filter, Proceed
from bridge.inbox import INTERNAL, UNREADABLE
from bridge.platforms.base import Incoming, UnreadableError
from bridge.platforms.registry import get_platform
from bridge.turn import Turn

logger = logging.getLogger(__name__)


class Decode(Filter):
    """Reads the event. The door has verified and decrypted it; what is of no use to anyone ends here, with the reason.

    What people write on the desk or through the API comes by no door: what nobody can show is taken out of it here.

    Raises: UnreadableError where what could not be read when it came still cannot be.
    """

    def process(self, turn: Turn, proceed: Proceed) -> None:
        if turn.event.kind == UNREADABLE:
            turn.do(self._moved(turn))
            return
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

    @staticmethod
    def _moved(turn: Turn) -> MoveEvent:
        """What could not be read when it came goes to its customer's lane as soon as it can be."""
        if turn.account is None:
            raise UnreadableError(_("the account is gone"))
        try:
            return MoveEvent(get_platform(turn.event.platform).reread(turn.account.id, turn.event.body))
        except ValueError as error:
            raise UnreadableError(_("cannot be read: %s") % (str(error) or type(error).__name__)) from error
        except Exception as error:
            logger.exception("an event of lane %s", turn.event.lane)
            raise UnreadableError(_("cannot be read: %s") % type(error).__name__) from error
