"""Decode: from the platform's words to ours."""

from __future__ import annotations

import logging

from django.utils.translation import gettext as _

from bridge.inbox import events
from bridge.pipeline.actions import MoveEvent
from bridge.pipeline.filters.base import Filter, Proceed
from bridge.pipeline.turn import Turn
from bridge.values.incoming import INTERNAL, UNREADABLE, Incoming, UnreadableError

logger = logging.getLogger(__name__)


class Decode(Filter):
    """Reads the event. The door has verified and decrypted it; what is of no use to anyone ends here, with the reason.

    Raises: UnreadableError where what could not be read when it came still cannot be.
    """

    def process(self, turn: Turn, proceed: Proceed) -> None:
        if turn.event.kind == UNREADABLE:
            turn.do(self._moved(turn))
            return
        if turn.event.platform == INTERNAL:
            self._own(turn, proceed)
            return
        if turn.platform is None:
            raise ValueError(f"no platform reads events of {turn.event.platform}")
        turn.incoming = turn.platform.parse(turn.event.kind, turn.event.body)
        if turn.incoming.ignored:
            turn.drop(turn.incoming.ignored)
        else:
            proceed(turn)

    @staticmethod
    def _own(turn: Turn, proceed: Proceed) -> None:
        try:
            turn.internal = events.read(turn.event.kind, turn.event.body)
        except events.UnknownEventError:
            turn.drop(_("no part of this site knows events of the type %s") % turn.event.kind)
            return
        turn.incoming = Incoming(side="internal", event=turn.event.kind)
        proceed(turn)

    @staticmethod
    def _moved(turn: Turn) -> MoveEvent:
        """What could not be read when it came goes to its customer's lane as soon as it can be."""
        if turn.account is None or turn.platform is None:
            raise UnreadableError(_("the account is gone"))
        try:
            return MoveEvent(turn.platform.reread(turn.account.id, turn.event.body))
        except ValueError as error:
            raise UnreadableError(_("cannot be read: %s") % (str(error) or type(error).__name__)) from error
        except Exception as error:
            logger.exception("an event of lane %s", turn.event.lane)
            raise UnreadableError(_("cannot be read: %s") % type(error).__name__) from error
