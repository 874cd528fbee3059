"""Metrics: every number of the reports, with its exact definition. docs/metrics.md says the same for people."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from analytics import histogram
from analytics.metric import (
    COUNT,
    DURATION,
    METRICS,
    RATIO,
    SHARE,
    Metric,
    Number,
    Sums,
    add,
    count,
    durations,
    ratio,
    seconds,
    share,
)
from bridge.parameters import parameters

__all__ = ["COUNT", "DURATION", "METRICS", "RATIO", "SHARE", "Metric", "Number", "Sums", "goal"]


def goal() -> int:
    """Return within how many seconds a wait is to be over; see the parameter."""
    return int(parameters.SERVICE_LEVEL_SECONDS)


def _within_goal(sums: Sums) -> Number:
    """Who gave up counts as not answered in time."""
    counts = sums.histograms.get("wait")
    given_up = sums["given_up_n"]
    if counts is None or not (total := int(counts.sum()) + given_up):
        return None
    return (histogram.within(counts, goal()) or 0.0) * int(counts.sum()) / total


_SCORES = tuple(f"score_{score}" for score in range(1, 6))

count(
    "opened",
    _("Conversations opened"),
    _("Conversations that a customer's message, tap or scan opened. Reopening one does not open it anew."),
    kind="OPENED",
)
share(
    "returning",
    _("Returning customers"),
    _("Share of the conversations opened whose customer had had one before."),
    "opened",
    ("returning",),
    kind="OPENED",
)
count(
    "reopened",
    _("Reopened"),
    _("Closed conversations that went on because the customer wrote again soon."),
    better=-1,
    kind="REOPENED",
)
count(
    "closed",
    _("Conversations closed"),
    _("Conversations that ended. One that was reopened ends once more."),
    kind="CLOSED",
)
count(
    "served",
    _("Closed after a seat had them"),
    _("Of those closed, the ones that a seat had at some time."),
    better=1,
    kind="CLOSED",
    details=("served",),
)
count(
    "abandoned",
    _("Abandoned"),
    _("Conversations closed while the customer was waiting for a seat and none had had them."),
    better=-1,
    kind="CLOSED",
    details=("abandoned",),
)
share(
    "abandoned_share",
    _("Abandoned, share"),
    _("Abandoned ones among the conversations closed."),
    "closed",
    ("abandoned",),
    better=-1,
    kind="CLOSED",
    details=("abandoned",),
)
count(
    "unserved",
    _("Messages left without an answer"),
    _("Conversations closed in which the customer had left a message that no seat took up."),
    better=-1,
    kind="CLOSED",
    details=("left",),
)
count(
    "by_bot",
    _("Closed by bots alone"),
    _("Conversations closed that no seat had and in which nobody waited for one."),
    kind="CLOSED",
    details=("bot",),
)
share(
    "bot_share",
    _("Bots alone, share"),
    _("Closed by bots alone, among the conversations closed."),
    "closed",
    ("by_bot",),
    kind="CLOSED",
    details=("bot",),
)
count("received", _("Messages in"), _("Messages that customers wrote in conversations."), kind="RECEIVED")
count(
    "answered",
    _("Messages out"),
    _("Messages that seats wrote to customers. Notes, and what the product says of itself, do not count."),
    kind="ANSWERED",
)
count("bot_messages", _("Messages of bots"), _("Answers that bots gave to customers."), kind="BOT")
count(
    "queued",
    _("Had to wait"),
    _("Customers who joined a queue because no seat was free. Who left a message at once does not count."),
    better=-1,
    kind="QUEUED",
)
count(
    "left",
    _("Messages left"),
    _("Customers who were asked to leave a message: outside of working hours, or because the queue was too long."),
    kind="LEFT",
)
count(
    "assigned",
    _("Conversations assigned"),
    _("How often a seat was given a conversation, also by transfer."),
    kind="ASSIGNED",
)
count(
    "transferred",
    _("Transfers"),
    _("How often a seat's conversation went to another seat or group, or was taken over."),
    kind="RELEASED",
    details=("transfer", "taken"),
)
count(
    "taken_in",
    _("Taken in"),
    _("How often a seat got a conversation from another one."),
    kind="ASSIGNED",
    details=("transfer", "taken"),
)
durations(
    "wait",
    _("Wait"),
    _(
        "From joining the queue to getting a seat; nothing for who got one at once. Who left a message or gave up is not in it."
    ),
    kind="ASSIGNED",
    details=("direct", "queue"),
)
durations(
    "given_up",
    _("Wait of who gave up"),
    _("From joining the queue to the conversation's end without a seat."),
    kind="WAITED",
    details=("abandoned",),
)
add(
    Metric(
        "within_goal",
        _("Answered in time"),
        SHARE,
        _("Share of the waits that were over within the goal (a parameter), where giving up counts as not in time."),
        _within_goal,
        ("given_up_n",),
        ("wait",),
        1,
        "ASSIGNED",
        ("direct", "queue"),
    )
)
durations(
    "first_answer",
    _("First response"),
    _("From the opening of a conversation to the first word of a seat."),
    kind="FIRST_ANSWER",
)
durations(
    "response",
    _("Response"),
    _("From the customer's first unanswered word to the seat's answer, for every answer."),
    kind="ANSWERED",
)
durations(
    "handling",
    _("Handling"),
    _("How long a seat had a conversation, from the assignment to its end or transfer."),
    kind="RELEASED",
)
durations(
    "resolution",
    _("Resolution"),
    _("From the opening to the close, of conversations that a seat had."),
    kind="CLOSED",
    details=("served",),
)
durations(
    "working",
    _("Resolution in working hours"),
    _("The part of the resolution that lies within the working hours of account and group."),
    kind="CLOSED",
    details=("served",),
)
add(
    Metric(
        "queue_length",
        _("Queue length, mean"),
        RATIO,
        _("How many customers were waiting for an answer, on average over all the time."),
        lambda sums: sums["queue_seconds"] / sums.seconds if sums.seconds else None,
        ("queue_seconds",),
        (),
        -1,
    )
)
add(
    Metric(
        "queue_peak",
        _("Longest queue"),
        COUNT,
        _("The most customers that waited in the queue of one group at the same time."),
        lambda sums: int(sums["queue_peak"]),
        ("queue_peak",),
        (),
        -1,
    )
)
seconds(
    "online_seconds",
    _("Online"),
    _("How long seats were online, whether or not they took new conversations. Times of several seats add up."),
)
seconds("open_seconds", _("Taking new ones"), _("How long seats were online and took new conversations."))
seconds(
    "busy_seconds",
    _("Busy"),
    _("How long seats were online and had said that they are busy."),
)
seconds("away_seconds", _("Away"), _("How long seats were online and away."))
ratio(
    "occupancy",
    _("Occupancy"),
    _("Share of the time online in which a seat had at least one conversation."),
    SHARE,
    "occupied_seconds",
    "online_seconds",
)
ratio(
    "concurrency",
    _("Conversations at a time"),
    _("How many conversations a seat had at a time, on average over the time online in which it had any."),
    RATIO,
    "load_seconds",
    "occupied_seconds",
)
count("asked", _("Surveys sent"), _("Conversations whose customer was asked how it was."), kind="ASKED")
add(
    Metric(
        "scored",
        _("Surveys answered"),
        COUNT,
        _("Scores that customers gave. They count at the time they were given."),
        lambda sums: int(sum(sums[one] for one in _SCORES)),
        _SCORES,
        (),
        1,
        "SCORED",
    )
)
add(
    Metric(
        "csat",
        _("Satisfied"),
        SHARE,
        _("Share of 4 and 5 among the scores."),
        lambda sums: _of_scores(sums, lambda score: float(score >= 4)),
        _SCORES,
        (),
        1,
        "SCORED",
    )
)
add(
    Metric(
        "score_mean",
        _("Mean score"),
        RATIO,
        _("Mean of the scores, from 1 to 5."),
        lambda sums: _of_scores(sums, float),
        _SCORES,
        (),
        1,
        "SCORED",
    )
)
for _score in range(1, 6):
    count(
        f"score_{_score}",
        format_lazy(_("Score {score}"), score=_score),
        format_lazy(_("Scores of {score}, out of 5."), score=_score),
        kind="SCORED",
    )
share(
    "response_rate",
    _("Survey response rate"),
    _("Scores given per survey sent in the same time."),
    "asked",
    _SCORES,
    better=1,
    kind="ASKED",
)
count(
    "failed",
    _("Failed deliveries"),
    _("Messages to customers or seats that were given up, or of which nobody knows whether they arrived."),
    better=-1,
    kind="FAILED",
)
count(
    "refused_count",
    _("Over WeChat's count"),
    _("How often a message had to wait or failed because WeChat allowed no more of them."),
    better=-1,
    kind="REFUSED",
    details=("count",),
)
count(
    "refused_time",
    _("Outside of the window"),
    _("How often a message had to wait or failed because the window had closed."),
    better=-1,
    kind="REFUSED",
    details=("time",),
)


def _of_scores(sums: Sums, worth: Callable[[int], float]) -> Number:
    total = sum(sums[one] for one in _SCORES)
    if not total:
        return None
    return sum(worth(score) * sums[f"score_{score}"] for score in range(1, 6)) / total
