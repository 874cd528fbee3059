"""The metrics, against a small day played through the whole product and computed by hand beside it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest

from analytics.facts import rollups
from analytics.facts.histogram import BOUNDS, GOALS, LONGEST, Lengths, pack, percentile, unpack, within
from analytics.metrics.catalogue import COUNT, METRICS, Sums
from analytics.metrics.definitions import LANGUAGES, page
from analytics.reports import query
from analytics.reports.query import Scope
from bridge.models import Fact, WorkingHours
from config.parameters import SERVICE_LEVELS
from seats.models import Seat
from tests.support.playing import MORNING, Player

# Every metric of the day below, by hand. Waits: 0 (first customer), 170 (second); the third gave up after 120. Answers
# after 40, 20 and 230 seconds (the last one failed); handled for 240 by alice, then 300 by alice and 300 by bob. Alice was online for 1000
# seconds and had somebody from 60 to 600, bob for 700 and from 600 to 900.
BY_HAND = {
    "opened": 3, "returning": 0.0, "reopened": 0, "closed": 3, "served": 2, "abandoned": 1, "abandoned_share": 1 / 3,
    "unserved": 0, "by_bot": 0, "bot_share": 0.0, "received": 5, "answered": 4, "bot_messages": 0, "queued": 2, "left": 0,
    "assigned": 3, "transferred": 1, "taken_in": 1,
    "wait_mean": 85, "wait_max": 170, "given_up_mean": 120, "given_up_max": 120, "within_goal": 1 / 3,
    "wait_working_mean": 85, "wait_working_max": 170, "given_up_working_mean": 120, "given_up_working_max": 120,
    "first_working_mean": 135, "first_working_max": 230, "first_answer_mean": 135, "first_answer_max": 230, "response_mean": 290 / 3, "response_max": 230,
    "handling_mean": 280, "handling_max": 300, "resolution_mean": 505, "resolution_max": 770,
    "working_mean": 505, "working_max": 770,
    "queue_length": 290 / 86400, "queue_peak": 1,
    "online_seconds": 1700, "open_seconds": 1700, "busy_seconds": 0, "away_seconds": 0,
    "occupancy": 840 / 1700, "concurrency": 1.0,
    "asked": 2, "scored": 1, "csat": 1.0, "score_mean": 4.0, "response_rate": 0.5,
    "score_1": 0, "score_2": 0, "score_3": 0, "score_4": 1, "score_5": 0,
    "failed": 1, "refused_count": 0, "refused_time": 0, "followed": 0, "unfollowed": 0,
}  # fmt: skip
# Percentiles lie within a tenth of these.
ABOUT = {
    "wait_working_p50": (0, 0), "wait_working_p90": (100, 180), "given_up_working_p50": (108, 120),
    "given_up_working_p90": (108, 120), "first_working_p50": (36, 45), "first_working_p90": (200, 242),
    "wait_p50": (0, 0), "wait_p90": (100, 180), "given_up_p50": (108, 120), "given_up_p90": (108, 120),
    "first_answer_p50": (36, 45), "first_answer_p90": (200, 242), "response_p50": (36, 55), "response_p90": (140, 242),
    "handling_p50": (240, 300), "handling_p90": (270, 300), "resolution_p50": (240, 264), "resolution_p90": (650, 800),
    "working_p50": (240, 264), "working_p90": (650, 800),
}  # fmt: skip


@pytest.fixture
def played(day, platforms):
    play = Player(day, platforms)
    play.site.account.survey = True
    play.site.account.save()
    Seat.objects.filter(pk=play.site.alice.pk).update(capacity=1)
    play.at(0).presence("Login", "alice")
    play.at(60).writes(1)
    play.at(100).answers("alice", 1)
    play.at(130).writes(2)
    play.at(160).writes(1)
    play.at(180).answers("alice", 1)
    play.at(300).answers("alice", 1, "#close")
    play.at(330).scores(1, 4)
    play.at(360).answers("alice", 2)
    play.at(400).writes(3)
    play.at(500).presence("Login", "bob")
    play.at(520).writes(3, "#quit")
    play.at(600).answers("alice", 2, "#transfer care")
    play.at(650).writes(2)
    platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "invalid openid"})
    play.at(700).answers("bob", 2)
    play.at(900).answers("bob", 2, "#close")
    play.at(1000).presence("Logout", "alice")
    play.at(1200).presence("Logout", "bob")
    now = MORNING + timedelta(days=2)
    rollups.update(now)
    return now


DAY = Scope(date(2026, 11, 3), date(2026, 11, 3))


def test_every_metric_of_a_small_day(played):
    sums = query.total(DAY, METRICS, played)
    values = {name: metric.value(sums) for name, metric in METRICS.items()}
    assert {name: values[name] for name in BY_HAND} == {name: pytest.approx(value) for name, value in BY_HAND.items()}
    for name, (low, high) in ABOUT.items():
        assert low <= values[name] <= high, (name, values[name])
    assert set(BY_HAND) | set(ABOUT) == set(METRICS), "each metric has its number above"


def test_by_seat_group_and_source(played):
    seats = query.by(DAY, query.SEAT, ["assigned", "answered", "online_seconds", "occupancy", "handling_mean"], played)
    by_name = {seat.im_user_id: seats[seat.pk] for seat in Seat.objects.all()}
    assert METRICS["occupancy"].value(by_name["alice"]) == pytest.approx(540 / 1000)
    assert METRICS["occupancy"].value(by_name["bob"]) == pytest.approx(300 / 700)
    assert [METRICS["answered"].value(by_name[name]) for name in ("alice", "bob")] == [3, 1]
    groups = query.by(DAY, query.GROUP, ["closed", "opened", "transferred"], played)
    # What is transferred belongs to the new group from then on.
    assert {key: METRICS["closed"].value(sums) for key, sums in groups.items()} == {"sales": 2, "care": 1}
    assert {key: METRICS["opened"].value(sums) for key, sums in groups.items()} == {"sales": 3, "care": 0}
    assert query.words(DAY, ["source_opened"])["source_opened"] == {"message": 3}
    assert query.words(DAY, ["code"])["code"] == {"40003": 1}
    assert query.week(DAY)[1][9] == 3


def test_a_group_counts_the_time_of_its_seats(played):
    sums = query.total(Scope(DAY.first, DAY.last, group="care"), ["online_seconds", "opened"], played)
    assert METRICS["online_seconds"].value(sums) == 700
    limited = Scope(DAY.first, DAY.last, group="sales", groups=frozenset({"care"}))
    assert METRICS["opened"].value(query.total(limited, ["opened"], played)) == 0


def test_hours_of_a_short_range_add_up_to_the_day(played):
    hours = query.by_time(DAY, ["opened", "online_seconds"], played)
    assert len(hours) == 24
    assert sum(METRICS["opened"].value(sums) for sums in hours.values()) == 3
    assert sum(METRICS["online_seconds"].value(sums) for sums in hours.values()) == 1700


def test_working_hours_and_reopening(day, platforms):

    hours = WorkingHours.objects.create(name="office", calendar="", tuesday="09:00-09:10")
    play = Player(day, platforms)
    play.site.account.hours, play.site.account.reopen_minutes = hours, 30
    play.site.account.save()
    play.at(60).presence("Login", "alice")
    play.at(60).writes(1)
    play.at(100).answers("alice", 1)
    play.at(900).answers("alice", 1, "#close")
    play.at(1000).writes(1)
    play.at(1100).answers("alice", 1, "#close")
    closed = list(Fact.objects.filter(kind=Fact.Kind.CLOSED).order_by("pk").values_list("seconds", "working"))
    assert closed == [(840, 540), (1040, 540)]
    assert Fact.objects.filter(kind=Fact.Kind.REOPENED).count() == 1


def test_a_message_that_was_left_is_no_wait(day, platforms):
    play = Player(day, platforms)
    Seat.objects.update(capacity=1)
    day.site.sales.max_queue = 1
    day.site.sales.save()
    play.at(0).presence("Login", "alice")
    for number in (1, 2, 3):
        play.at(10 * number).writes(number)
    play.at(100).answers("alice", 1, "#close")
    play.at(200).answers("alice", 2, "#close")
    play.at(300).answers("alice", 3, "#close")
    kinds = Fact.objects.filter(kind__in=(Fact.Kind.QUEUED, Fact.Kind.LEFT, Fact.Kind.WAITED)).order_by("pk")
    assert [(fact.kind, fact.detail) for fact in kinds] == [
        (Fact.Kind.QUEUED, ""),
        (Fact.Kind.LEFT, ""),
        (Fact.Kind.WAITED, "queue"),
    ]
    ways = Fact.objects.filter(kind=Fact.Kind.ASSIGNED).order_by("pk").values_list("detail", "seconds")
    assert list(ways) == [("direct", 0), ("queue", 80), ("left", None)]


# Histograms


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_percentiles_are_near_the_true_ones(share):

    hand = random.Random(5)
    lengths = sorted(hand.lognormvariate(4, 1.2) for _number in range(5000))
    halves = [Lengths(lengths[::2]).histogram, Lengths(lengths[1::2]).histogram]
    merged = unpack([pack(one) for one in halves])
    true = lengths[int(share * len(lengths))]
    assert percentile(merged, share) == pytest.approx(true, rel=0.1, abs=1)
    assert merged.sum() == 5000


LONG, (LOW, HIGH) = 2 * LONGEST, next((low, high) for low, high in pairwise(BOUNDS) if high > 5000)
SPREAD = [LOW + (HIGH - LOW) * part / 10 for part in range(1, 11)]


@pytest.mark.parametrize(
    ("lengths", "share", "low", "high"),
    [
        ([10, 1000], 0.5, 9, 10),  # of an even count the shorter one: within it lie half of them
        ([10, 20, 30, 1000], 0.5, 19, 20),
        ([10, 20, 1000], 0.5, 19, 20),
        ([10] * 9 + [1000], 0.9, 9, 10),
        ([25.5], 0.5, 25, 25.5),
        ([25.1, 25.2], 0.9, 25, 25.2),  # never over the longest
        (SPREAD, 0.5, SPREAD[4] - 1, SPREAD[4] + 1),  # evenly spread within a bin
        (SPREAD, 0.1, SPREAD[0] - 1, SPREAD[0] + 1),
        ([1, 1, *SPREAD], 0.5, SPREAD[3] - 1, SPREAD[3] + 1),
        ([LONG], 0.5, LONGEST + 1, LONG),  # over the last bound there is still something to tell
        ([LONG] * 9 + [2 * LONG], 0.9, LONG, 2 * LONG),
    ],
)
def test_percentiles_by_hand(lengths, share, low, high):
    assert low <= percentile(Lengths(lengths).histogram, share, max(lengths)) <= high


def test_of_nothing_counts_and_times_are_0_and_all_else_is_unknown():
    times = {"online_seconds", "open_seconds", "busy_seconds", "away_seconds"}
    for metric in METRICS.values():
        expected = 0 if metric.unit == COUNT or metric.name in times else None
        assert metric.value(Sums({})) == expected, metric.name


def test_of_several_times_together_counts_add_up_and_the_longest_is_the_longest():
    whole = Sums.added([Sums({"opened": 1, "wait_max": 9, "queue_peak": 2}), Sums({"opened": 2, "wait_max": 5})], 60.0)
    assert whole.columns == {"opened": 3, "wait_max": 9, "queue_peak": 2}


def test_goals_are_exact():
    assert set(GOALS) <= set(BOUNDS)
    assert SERVICE_LEVELS == GOALS
    lengths = [59, 60, 60.5, 61]
    assert within(Lengths(lengths).histogram, 60) == 0.5
    assert within(Lengths([]).histogram, 60) is None
    assert percentile(Lengths([]).histogram, 0.5) is None
    assert percentile(Lengths([10**7]).histogram, 0.5) == pytest.approx(10**7, rel=0.1)
    assert percentile(Lengths([10**7]).histogram, 0.5, 10**7) <= 10**7


@pytest.mark.once
@pytest.mark.parametrize(("language", "path"), LANGUAGES.items())
def test_the_page_of_definitions_is_up_to_date(settings, language, path):
    assert (settings.BASE_DIR / path).read_text("utf-8") == page(language), "run manage.py metrics_page"
