"""The dashboards."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.reports.query import ACCOUNT, GROUP, SEAT
from analytics.reports.shape import (
    LINE,
    STACKED,
    Chart,
    Dashboard,
    Distribution,
    Split,
    Table,
    Ways,
    Week,
    Words,
    WordsOver,
)

_SERVICE = (
    "opened",
    "closed",
    "abandoned_share",
    "within_goal",
    "wait_p50",
    "first_answer_p50",
    "response_p50",
    "handling_mean",
    "transferred",
    "csat",
)

OVERVIEW = Dashboard(
    "overview",
    _("Key figures"),
    "insights",
    ("opened", "closed", "abandoned_share", "within_goal", "first_answer_p50", "csat"),
    (
        Chart(
            "outcomes",
            _("Conversations closed, by how they ended"),
            ("served", "by_bot", "abandoned", "unserved"),
            STACKED,
        ),
        Chart("messages", _("Messages"), ("received", "answered", "bot_messages"), LINE),
        Chart("times", _("How fast"), ("wait_p50", "first_answer_p50", "response_p50"), LINE),
        Week("week", _("When conversations are opened")),
        Split("opened_by", _("Conversations opened, by account"), "opened", ACCOUNT),
        Words("sources", _("What opened conversations"), "source_opened"),
        Table(
            "totals",
            _("By account"),
            ACCOUNT,
            ("opened", "returning", "closed", "bot_share", "abandoned_share", "received", "answered", "reopened"),
            "opened",
        ),
    ),
)
ACCOUNTS = Dashboard(
    "accounts",
    _("Accounts"),
    "storefront",
    ("opened", "returning", "received", "answered", "bot_share", "failed"),
    (
        Split("opened_by", _("Conversations opened, by account"), "opened", ACCOUNT),
        Table("accounts", _("Accounts"), ACCOUNT, (*_SERVICE, "failed"), "opened"),
        Words("sources", _("What opened conversations"), "source_opened"),
        Words("ended", _("What had opened the ones that were closed"), "source_closed"),
        Words("lost", _("What had opened the ones that were abandoned"), "source_abandoned"),
    ),
    ("account", "group"),
)
GROUPS = Dashboard(
    "groups",
    _("Groups"),
    "workspaces",
    ("closed", "abandoned_share", "within_goal", "wait_p90", "resolution_p50", "transferred"),
    (
        Split("closed_by", _("Conversations closed, by group"), "closed", GROUP),
        Table("groups", _("Groups"), GROUP, (*_SERVICE, "resolution_p50", "working_p50"), "closed"),
        Chart("resolution", _("Time to resolution"), ("resolution_p50", "working_p50"), LINE),
        Distribution("handled", _("How long seats had conversations"), "handling"),
    ),
)
SEATS = Dashboard(
    "seats",
    _("Seats"),
    "support_agent",
    ("assigned", "answered", "online_seconds", "occupancy", "concurrency", "csat"),
    (
        Chart("presence", _("Time of all seats"), ("open_seconds", "busy_seconds", "away_seconds"), STACKED),
        Table(
            "seats",
            _("Seats"),
            SEAT,
            (
                "assigned",
                "answered",
                "online_seconds",
                "occupancy",
                "concurrency",
                "first_answer_p50",
                "response_p50",
                "response_p90",
                "handling_mean",
                "transferred",
                "taken_in",
                "csat",
            ),
            "assigned",
        ),
        Chart("speed", _("How fast seats answer"), ("first_answer_p50", "response_p50", "response_p90"), LINE),
        Distribution("responses", _("How long customers waited for answers"), "response"),
    ),
    ("group", "seat"),
)
QUEUE = Dashboard(
    "queue",
    _("Queue"),
    "hourglass_top",
    ("queued", "within_goal", "wait_p50", "wait_p90", "abandoned_share", "queue_peak"),
    (
        Chart("waits", _("Wait"), ("wait_p50", "wait_p90"), LINE),
        Distribution("wait", _("How long customers waited"), "wait"),
        Chart("length", _("How long the queue was, on average"), ("queue_length",), LINE),
        Chart("lost", _("Who went without a seat"), ("abandoned", "unserved"), STACKED),
        Week("week", _("When conversations are opened")),
        Table(
            "groups",
            _("By group"),
            GROUP,
            (
                "queued",
                "left",
                "within_goal",
                "wait_mean",
                "wait_p50",
                "wait_p90",
                "wait_max",
                "abandoned",
                "given_up_p50",
                "queue_peak",
            ),
            "queued",
        ),
    ),
)
SATISFACTION = Dashboard(
    "satisfaction",
    _("Satisfaction"),
    "sentiment_satisfied",
    ("csat", "score_mean", "scored", "asked", "response_rate", "reopened"),
    (
        Chart("scores", _("Scores"), ("score_5", "score_4", "score_3", "score_2", "score_1"), STACKED),
        Chart("satisfied", _("Share of 4 and 5"), ("csat", "response_rate"), LINE),
        Table("seats", _("By seat"), SEAT, ("scored", "csat", "score_mean", "response_rate"), "asked"),
        Table("groups", _("By group"), GROUP, ("scored", "csat", "score_mean", "response_rate"), "asked"),
        Table("accounts", _("By account"), ACCOUNT, ("scored", "csat", "score_mean", "response_rate"), "asked"),
    ),
    ("account", "group", "seat"),
)
SOURCES = Dashboard(
    "sources",
    _("Sources"),
    "signpost",
    ("followed", "unfollowed", "opened"),
    (
        Chart("following", _("Who began and who stopped following"), ("followed", "unfollowed"), LINE),
        WordsOver("followed_by", _("Began to follow, by source"), "way_followed"),
        WordsOver("opened_by", _("Conversations opened, by source"), "way_opened"),
        Ways(
            "sources",
            _("By source"),
            {"followed": "way_followed", "unfollowed": "way_unfollowed", "opened": "way_opened"},
        ),
        Table("accounts", _("By account"), ACCOUNT, ("followed", "unfollowed", "opened"), "followed"),
    ),
    ("account",),
)
DELIVERY = Dashboard(
    "delivery",
    _("Delivery"),
    "outbox",
    ("answered", "bot_messages", "failed", "refused_count", "refused_time", "received"),
    (
        Chart("troubles", _("What did not go through"), ("failed", "refused_count", "refused_time"), STACKED),
        Chart("sent", _("Messages to customers"), ("answered", "bot_messages"), LINE),
        Words("codes", _("Why deliveries failed"), "code"),
        Table(
            "accounts",
            _("By account"),
            ACCOUNT,
            ("answered", "bot_messages", "failed", "refused_count", "refused_time"),
            "answered",
        ),
        Table("seats", _("By seat"), SEAT, ("answered", "failed", "refused_count", "refused_time"), "answered"),
    ),
)
DASHBOARDS = {one.name: one for one in (OVERVIEW, ACCOUNTS, SOURCES, GROUPS, SEATS, QUEUE, SATISFACTION, DELIVERY)}
