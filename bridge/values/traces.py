"""The name by which a message is followed from the push to its delivery: its event's number behind the letter e.

With the letter nobody takes it for the number of a delivery, and a search through logs finds no other number.
"""

from __future__ import annotations

import re

_TRACE = re.compile(r"[eE](\d{1,18})")


def trace_of(event: int | None) -> str:
    """Return the trace of an event's number; "" for none.

    >>> trace_of(48213)
    'e48213'
    """
    return f"e{event}" if event else ""


def event_of(trace: str) -> int:
    """Return the number of the event that a trace names; 0 where the text is no trace.

    >>> event_of(" e48213 "), event_of("48213")
    (48213, 0)
    """
    found = _TRACE.fullmatch(trace.strip())
    return int(found[1]) if found else 0
