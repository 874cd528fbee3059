"""Measures: what a rollup's row counts and adds up. The columns of the tables, the folding and the sums know them from here.

All of them can be added up over hours, accounts, groups and seats, but for `PEAKS`, of which the highest counts.
"""

from __future__ import annotations

COUNTS = (
    "opened",
    "returning",  # of those opened, by customers who had been here before
    "reopened",
    "queued",
    "left",
    "assigned",
    "transferred",  # by this seat, to another one or a group
    "taken_in",  # by this seat, from another one
    "closed",
    "served",  # of those closed, that a seat had
    "by_bot",  # of those closed, that no seat had and nobody waited for
    "abandoned",  # of those closed, while the customer was waiting
    "unserved",  # of those closed, with a message left that no seat took up
    "received",
    "answered",
    "bot_messages",
    "asked",
    "score_1",
    "score_2",
    "score_3",
    "score_4",
    "score_5",
    "failed",
    "refused_count",
    "refused_time",
    "followed",
    "unfollowed",
)
# Lengths of time: of each how many, their sum, the longest, and a histogram.
DURATIONS = (
    "wait",  # until a seat had them, of those who waited for an answer or got a seat at once
    "wait_working",  # of that, what lies within working hours
    "given_up",  # how long those had waited who went without one
    "given_up_working",
    "first_answer",  # from the opening to the delivery of a seat's first message
    "first_working",
    "response",  # from the customer's first unanswered word to the delivery of the seat's answer
    "handling",  # from the assignment to its end
    "resolution",  # from the opening to the close, of those a seat had
    "working",  # of that, what lies within working hours
)
# Those of them that are the part of a length within working hours.
WORKING = frozenset({"wait_working", "given_up_working", "first_working", "working"})
# Seconds that pass while something is so. The queue's are of customers, the others of one seat.
SPANS = (
    "queue_seconds",
    "online_seconds",
    "open_seconds",
    "busy_seconds",
    "away_seconds",
    "occupied_seconds",
    "load_seconds",
)
PEAKS = ("queue_peak",)
# The longest that what ended here had gone on, in seconds, of each kind of `spans.Span`. No number of a report: it says how far back the
# facts of a day reach, so that what went on at a time is found without reading all that has ended since.
REACHES = {kind: f"longest_{kind}" for kind in ("wait", "care", "presence")}
# What is counted apart, by a word: what opened a conversation, the code of a failure, the hour of the day, the way to the account.
TALLIES = (
    "source_opened",
    "source_closed",
    "source_abandoned",
    "code",
    "hour",
    "way_followed",
    "way_unfollowed",
    "way_opened",
)


def peaks() -> tuple[str, ...]:
    """Return the columns of which the highest counts."""
    return (*PEAKS, *REACHES.values(), *(f"{name}_max" for name in DURATIONS))


def sketches() -> tuple[str, ...]:
    """Return the columns that hold histograms."""
    return tuple(f"{name}_histogram" for name in DURATIONS)
