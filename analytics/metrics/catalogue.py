"""Metrics: every number of the reports, with its exact definition. docs/metrics.md says the same for people."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from analytics.facts import histogram
from analytics.metrics.metric import (
    COUNT,
    DURATION,
    METRICS,
    RATIO,
    SHARE,
    Counted,
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
from bridge.live.parameters import parameters

__all__ = ["COUNT", "DURATION", "METRICS", "RATIO", "SHARE", "Metric", "Number", "Sums", "goal"]


def goal() -> int:
    """Return within how many seconds a wait is to be over; see the parameter."""
    return int(parameters.SERVICE_LEVEL_SECONDS)


def in_working_time() -> bool:
    """Tell whether tiles and the goal go by working hours instead of the clock; see the parameter."""
    return parameters.SERVICE_TIME == "working"


def _within_goal(sums: Sums) -> Number:
    """Who went without a seat counts as not answered in time."""
    counts = sums.histograms.get("wait_working" if in_working_time() else "wait", histogram.empty())
    if not (total := int(counts.sum()) + sums["given_up_n"]):
        return None
    return (histogram.within(counts, goal()) or 0.0) * int(counts.sum()) / total


def as_chosen(name: str) -> str:
    """Return the metric that a tile shows instead of this one: that of working hours, where the parameter says so."""
    if in_working_time():
        for clock, working in (("first_answer_", "first_working_"), ("wait_", "wait_working_")):
            if name.startswith(clock) and (other := working + name.removeprefix(clock)) in METRICS:
                return other
    return name


_SCORES = tuple(f"score_{score}" for score in range(1, 6))

count(
    "opened",
    _("Conversations opened"),
    _("Conversations that a customer's message, tap or scan opened. Reopening one does not open it anew."),
    Counted("OPENED"),
    bots="yes",
)
share(
    "returning",
    _("Returning customers"),
    _("Share of the conversations opened whose customer had had one before."),
    "opened",
    ("returning",),
    Counted("OPENED", values=(1,)),
    bots="yes",
)
count(
    "reopened",
    _("Reopened"),
    _("Closed conversations that went on because the customer wrote again soon."),
    Counted("REOPENED"),
    better=-1,
)
count(
    "closed",
    _("Conversations closed"),
    _("Conversations that ended. One that was reopened ends once more."),
    Counted("CLOSED"),
    bots="yes",
)
count(
    "served",
    _("Closed after a seat had them"),
    _("Of those closed, the ones that a seat had at some time."),
    Counted("CLOSED", ("served",)),
    better=1,
)
count(
    "abandoned",
    _("Abandoned"),
    _("Conversations closed while the customer was waiting for a seat and none had had them."),
    Counted("CLOSED", ("abandoned",)),
    better=-1,
)
share(
    "abandoned_share",
    _("Abandoned, share"),
    _("Abandoned ones among the conversations closed."),
    "closed",
    ("abandoned",),
    Counted("CLOSED", ("abandoned",)),
    better=-1,
    bots="yes",
)
count(
    "unserved",
    _("Messages left without an answer"),
    _("Conversations closed in which the customer had left a message that no seat took up."),
    Counted("CLOSED", ("left",)),
    better=-1,
)
count(
    "by_bot",
    _("Closed by bots alone"),
    _("Conversations closed that no seat had and in which nobody waited for one."),
    Counted("CLOSED", ("bot",)),
    bots="only",
)
share(
    "bot_share",
    _("Bots alone, share"),
    _("Closed by bots alone, among the conversations closed."),
    "closed",
    ("by_bot",),
    Counted("CLOSED", ("bot",)),
    bots="yes",
)
count(
    "received",
    _("Messages in"),
    _("Messages that customers wrote in conversations, to bots as well. A tap in the menu or a scan is no message."),
    Counted("RECEIVED"),
    bots="yes",
)
count(
    "answered",
    _("Messages out"),
    _("Messages that seats wrote to customers. Notes, and what the product says of itself, do not count."),
    Counted("ANSWERED"),
)
count("bot_messages", _("Messages of bots"), _("Answers that bots gave to customers."), Counted("BOT"), bots="only")
count(
    "queued",
    _("Had to wait"),
    _(
        "How often a customer joined a queue because no seat was free; anew after a seat had the conversation, or in "
        "another group's queue. Who left a message at once does not count."
    ),
    Counted("QUEUED"),
    better=-1,
)
count(
    "left",
    _("Messages left"),
    _("Customers who were asked to leave a message: outside of working hours, or because the queue was too long."),
    Counted("LEFT"),
)
count(
    "assigned",
    _("Conversations assigned"),
    _("How often a seat was given a conversation, also by transfer."),
    Counted("ASSIGNED"),
)
count(
    "transferred",
    _("Transfers"),
    _(
        "How often a seat's conversation went to another seat or group, or was taken over. Where the seat left it or "
        "vanished, it counts once another seat has it."
    ),
    Counted("RELEASED", ("transfer", "taken")),
    Counted("PASSED"),
)
count(
    "taken_in",
    _("Taken in"),
    _("How often a seat got a conversation that another one had before it, at once or out of a queue."),
    Counted("ASSIGNED", ("transfer", "taken", "passed")),
)
durations(
    "wait",
    _("Wait"),
    _(
        "From joining the queue to getting a seat; 0 for customers who got one at once. Customers who left a message or gave "
        "up are left out, and those who go on with the seat they had, or with the next one without a queue."
    ),
    Counted("ASSIGNED", timed=True),
)
durations(
    "wait_working",
    _("Wait in working hours"),
    _("The part of the wait that lies within the working hours of account and group."),
    Counted("ASSIGNED", timed=True),
)
durations(
    "given_up",
    _("Wait before giving up"),
    _("From joining the queue to leaving it without a seat: the customer gave up, or was asked to leave a message."),
    Counted("WAITED", ("abandoned", "left"), timed=True),
)
durations(
    "given_up_working",
    _("Wait before giving up, in working hours"),
    _("The part of it that lies within the working hours of account and group."),
    Counted("WAITED", ("abandoned", "left"), timed=True),
)
add(
    Metric(
        "within_goal",
        _("Answered in time"),
        SHARE,
        _(
            "Share of the waits that were over within the goal, where going without a seat counts as not in time. The goal, "
            "and whether the clock counts or working hours, are parameters."
        ),
        _within_goal,
        ("given_up_n",),
        ("wait", "wait_working"),
        1,
        (Counted("ASSIGNED", timed=True), Counted("WAITED", ("abandoned", "left"), timed=True)),
    )
)
durations(
    "first_answer",
    _("First response"),
    _(
        "From the opening of a conversation until a seat's first message was delivered. A message that failed or is held "
        "is none."
    ),
    Counted("FIRST_ANSWER"),
)
durations(
    "first_working",
    _("First response in working hours"),
    _("The part of the first response that lies within the working hours of account and group."),
    Counted("FIRST_ANSWER"),
)
durations(
    "response",
    _("Response"),
    _(
        "From the customer's first message without an answer, of a seat or a bot, until the seat's answer was delivered, for "
        "every answer. A message that failed or is held is none."
    ),
    Counted("RESPONSE"),
)
durations(
    "handling",
    _("Handling"),
    _("How long a seat had a conversation, from the assignment to its end or transfer."),
    Counted("RELEASED"),
)
durations(
    "resolution",
    _("Resolution"),
    _("From the opening to the close, of conversations that a seat had."),
    Counted("CLOSED", ("served",)),
)
durations(
    "working",
    _("Resolution in working hours"),
    _("The part of the resolution that lies within the working hours of account and group."),
    Counted("CLOSED", ("served",)),
)
add(
    Metric(
        "queue_length",
        _("Queue length, mean"),
        RATIO,
        _("How many customers were waiting for an answer, on average over all the time that has passed."),
        lambda sums: sums["queue_seconds"] / sums.seconds if sums.seconds else None,
        ("queue_seconds",),
        (),
        -1,
        of=_("customers at a time"),
    )
)
add(
    Metric(
        "queue_peak",
        _("Longest queue"),
        COUNT,
        _("The most customers that waited in the queue of one group at the same time; of one account, its own ones."),
        lambda sums: int(sums["queue_peak"]),
        ("queue_peak",),
        (),
        -1,
    )
)
seconds(
    "online_seconds",
    _("Online"),
    _(
        "How long seats were online, whether or not they took new conversations. Times of several seats add up, and count "
        "for the groups that the seats were in at the time."
    ),
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
    of=_("conversations at a time"),
)
count("asked", _("Surveys sent"), _("Conversations whose customer was asked how it was."), Counted("ASKED"))
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
        (Counted("SCORED"),),
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
        (Counted("SCORED"),),
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
        (Counted("SCORED"),),
        of=_("points, 1 to 5"),
    )
)
for _score in range(1, 6):
    count(
        f"score_{_score}",
        format_lazy(_("Score {score}"), score=_score),
        format_lazy(_("Scores of {score}, out of 5."), score=_score),
        Counted("SCORED", values=(_score,)),
    )
share(
    "response_rate",
    _("Survey response rate"),
    _("Scores given per survey sent in the same time."),
    "asked",
    _SCORES,
    Counted("SCORED"),
    better=1,
)
count(
    "failed",
    _("Failed deliveries"),
    _(
        "Messages to customers or seats that were given up, or of which nobody knows whether they arrived. What a seat wrote "
        "counts for that seat, also after the conversation was closed."
    ),
    Counted("FAILED"),
    better=-1,
    bots="yes",
)
count(
    "refused_count",
    _("Over WeChat's count"),
    _("How often a message had to wait or failed because WeChat allowed no more of them."),
    Counted("REFUSED", ("count",)),
    bots="yes",
    better=-1,
)
count(
    "refused_time",
    _("Outside of the window"),
    _("How often a message had to wait or failed because the window had closed."),
    Counted("REFUSED", ("time",)),
    bots="yes",
    better=-1,
)
count(
    "followed",
    _("Began to follow"),
    _(
        "How often a customer began to follow an account, also anew. It belongs to no group, so those who read some groups' "
        "numbers only see none. Nobody is named behind it."
    ),
    better=1,
)
count(
    "unfollowed",
    _("Stopped following"),
    _(
        "How often a customer stopped following an account. It belongs to no group either, and nobody is named behind it."
    ),
    better=-1,
)


def _of_scores(sums: Sums, worth: Callable[[int], float]) -> Number:
    total = sum(sums[one] for one in _SCORES)
    if not total:
        return None
    return sum(worth(score) * sums[f"score_{score}"] for score in range(1, 6)) / total
