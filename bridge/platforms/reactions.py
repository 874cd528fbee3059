"""What is done about a platform's code. Each platform's `codes.py` gives every code one of these; docs/error-codes.md explains."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any


class Reaction(Enum):
    """What is done about a code."""

    AGAIN = "again"  # tried again, with growing pauses
    MINUTE = "next minute"  # tried again when the next minute has begun
    CALL_MINUTE = "call, next minute"  # this call, and what needs it, waits until the next minute
    MIDNIGHT = "after midnight"  # this call, and what needs it, waits until its daily count begins anew
    SLOWER = "slower"  # tried again; everybody calls less often for a moment
    TOKEN = "new token"  # noqa: S105 (no password)
    SIGNATURE = "new signature"
    IMPORT = "import"  # the accounts are imported, and the call made once more
    UPLOAD = "upload again"  # the file is uploaded afresh, and the call made once more
    HOLD = "wait"  # the count of answers is used up: until the customer writes again
    WINDOW = "window over"  # the time for answers is over
    STOP = "stop"  # the endpoint as a whole is refused: all is kept, one message tries now and then
    STOP_LONG = "stop, hourly"
    ALARM = "fail, alarm"
    FAIL = "fail"

    @property
    def scope(self) -> str:
        """Return what the code speaks of: the "account" (or app) as a whole, or this "call" alone."""
        return "account" if self in _OF_THE_ACCOUNT else "call"


_OF_THE_ACCOUNT = {Reaction.TOKEN, Reaction.SIGNATURE, Reaction.STOP, Reaction.STOP_LONG}


def by_code(table: Mapping[Reaction, Mapping[int, Any]]) -> dict[int, Reaction]:
    """Return each code's reaction. ValueError where a code stands under two."""
    found: dict[int, Reaction] = {}
    for reaction, codes in table.items():
        for code in codes:
            if code in found:
                raise ValueError(f"{code} stands under {found[code]} and {reaction}")
            found[code] = reaction
    return found
