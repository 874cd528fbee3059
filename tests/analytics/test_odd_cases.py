"""Odd cases of the reports, one test each: what was once counted wrongly, or could mislead whoever plans by it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from analytics.delivery import mailing
from analytics.facts import histogram, rollups
from analytics.live import figures
from analytics.metrics.catalogue import METRICS
from analytics.models import ConversationRow, Progress, Rollup, Subscription
from analytics.reports import query
from analytics.reports.behind import behind
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import report
from bridge.base import clock
from bridge.live import parameters
from bridge.models import AutoAnswer, Conversation, Delivery, Fact, WorkingHours
from chatbots.models import FaqEntry
from seats.models import Seat
from tests.support.playing import MORNING, Player
from tests.support.routing import conversation, owner

Kind = Fact.Kind
TODAY, YESTERDAY = date(2026, 11, 3), date(2026, 11, 2)
DAY = Scope(TODAY, TODAY)


@pytest.fixture
def play(day, platforms) -> Player:
    """Nine o'clock; nobody is there yet."""
    return Player(day, platforms).at(0)


def fact(kind: Kind, second: float, *, lasting: float | None = None, **more: Any) -> Fact:
    """Write a fact of the morning; `lasting` says how many seconds what it ends had gone on."""
    at = MORNING + timedelta(seconds=second)
    times = {} if lasting is None else {"began_at": at - timedelta(seconds=lasting), "seconds": lasting}
    return Fact.objects.create(kind=kind, at=at, **{"account_id": 1, "group": "sales", **times, **more})


def counted(names: Iterable[str], scope: Scope = DAY, *, now: datetime | None = None) -> dict[str, Any]:
    """Bring the rollups up to `now`, the next day by default, and return the metrics."""
    now = now or MORNING + timedelta(days=1)
    with clock.fixed(lambda: now):
        rollups.update(now)
        sums = query.total(scope, names, now)
    return {name: METRICS[name].value(sums) for name in names}


def number(name: str, scope: Scope = DAY, **more: Any) -> Any:
    return counted([name], scope, **more)[name]


def rows_behind(name: str, scope: Scope = DAY) -> int:
    """Count what a click on the number lists, on all pages."""
    found, after = 0, ""
    while True:
        page = behind(METRICS[name], scope, after)
        found, after = found + len(page.rows), page.after
        if not after:
            return found


# Queues and waits


@pytest.mark.django_db
def test_longest_queue_of_an_account():
    fact(Kind.WAITED, 100, lasting=60, detail="queue")
    fact(Kind.WAITED, 110, lasting=60, detail="queue")
    fact(Kind.WAITED, 120, lasting=60, detail="queue", account_id=2)
    assert number("queue_peak") == 3
    assert number("queue_peak", Scope(TODAY, TODAY, account=1)) == 2
    assert number("queue_peak", Scope(TODAY, TODAY, account=2, group="sales")) == 1
    of_account = query.by(Scope(TODAY, TODAY, account=1), query.GROUP, ["queue_peak"], MORNING)
    assert {key: sums["queue_peak"] for key, sums in of_account.items()} == {"sales": 2}


@pytest.mark.django_db
def test_answered_in_time_where_everybody_gave_up():
    assert number("within_goal") is None
    fact(Kind.WAITED, 100, lasting=60, detail="abandoned")
    assert number("within_goal") == 0


def test_a_wait_that_ended_with_a_message_left_is_not_forgotten(play):
    play.site.sales.max_wait_seconds = 300
    play.site.sales.save()
    for customer in (1, 2, 3):
        play.at(customer).writes(customer)
    play.at(307).ticks()
    assert counted(["left", "queued", "within_goal", "given_up_mean", "wait_mean"]) == {
        "left": 3, "queued": 3, "within_goal": 0, "given_up_mean": 305, "wait_mean": None,
    }  # fmt: skip
    play.at(400).presence("Login", "alice")
    play.at(500).writes(4)
    assert number("within_goal") == 1 / 4
    assert rows_behind("within_goal") == 4


@pytest.mark.django_db
def test_queue_length_of_an_hour_and_a_day_that_still_run():
    fact(Kind.WAITED, 600, lasting=600, detail="queue")
    now = MORNING + timedelta(minutes=10)
    assert number("queue_length", now=now) == pytest.approx(600 / (9 * 3600 + 600))
    hours = list(query.by_time(DAY, ["queue_length"], now).values())
    assert [METRICS["queue_length"].value(sums) for sums in hours] == [*[0] * 9, 1]
    days = query.by_time(Scope(date(2026, 11, 1), TODAY), ["queue_length"], now)
    assert METRICS["queue_length"].value(list(days.values())[-1]) == pytest.approx(600 / (9 * 3600 + 600))


@pytest.mark.django_db
def test_queue_length_of_a_day_of_25_hours(settings):
    settings.TIME_ZONE = "America/New_York"
    start, end = datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)
    Fact.objects.create(
        kind=Kind.WAITED, at=end, began_at=start, seconds=25 * 3600, account_id=1, group="sales", detail="queue"
    )
    now = end + timedelta(days=3)
    rollups.update(now)
    days = query.by_time(Scope(date(2026, 10, 30), date(2026, 11, 3)), ["queue_length"], now)
    assert [METRICS["queue_length"].value(sums) for sums in days.values()] == [0, 0, 1, 0, 0]


# Lengths of time


def test_no_percentile_is_over_the_longest(db):
    hand = random.Random(7)
    for seat in range(1, 200):
        for _one in range(hand.randint(1, 5)):
            length = round(hand.uniform(100, 1000), 1)
            fact(Kind.RESPONSE, 2000, lasting=length, seat_id=seat)
    rollups.update(MORNING + timedelta(days=1))
    by_seat = query.by(DAY, query.SEAT, ["response_p50", "response_p90", "response_max"], MORNING)
    values = [[METRICS[f"response_{one}"].value(sums) for one in ("p50", "p90", "max")] for sums in by_seat.values()]
    assert len(values) == 199
    assert all(p50 <= p90 <= longest for p50, p90, longest in values)


@pytest.mark.django_db
@pytest.mark.parametrize("days", [7, 8, 30, 400])
def test_percentiles_of_times_over_a_week(days):
    fact(Kind.CLOSED, 0, lasting=days * 86400, detail="served")
    fact(Kind.CLOSED, 1, lasting=days * 86400 * 1.3, detail="served")
    assert number("resolution_p50") == pytest.approx(days * 86400, rel=0.1)
    assert number("resolution_p90") == pytest.approx(days * 86400 * 1.3, rel=0.1)


def test_a_distribution_is_cut_where_its_labels_say():
    assert set(histogram.CUTS) <= set(histogram.BOUNDS)
    lengths = [7200, 7201, 28800, 28801, 86400, 86401]
    assert histogram.cut(histogram.Lengths(lengths).histogram, histogram.CUTS)[-4:] == [1, 2, 2, 1]


# Responses


def test_response_after_a_conversation_was_closed_and_goes_on(play):
    play.site.account.reopen_minutes = 30
    play.site.account.save()
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(20).answers("alice", 1)
    play.at(30).writes(1, "thanks")
    play.at(40).answers("alice", 1, "#close")
    play.at(1600).writes(1, "one more thing")
    play.at(1605).ticks()
    assert "26" not in " ".join(play.platforms.to_seat("alice")[-2:])
    play.at(1610).answers("alice", 1)
    assert counted(["response_mean", "reopened", "answered"]) == {"response_mean": 10, "reopened": 1, "answered": 2}
    assert rows_behind("response_mean") == 2


def test_a_tap_in_the_menu_is_no_message(play):
    play.site.account.opening_keys = "SERVICE"
    play.site.account.save()
    play.presence("Login", "alice")
    play.at(10).taps(1, "SERVICE")
    assert owner(1) == "alice"
    play.at(50).answers("alice", 1, "what can I do for you?")
    play.at(110).writes(1)
    play.at(115).answers("alice", 1)
    assert counted(["opened", "received", "answered", "response_mean", "first_answer_mean"]) == {
        "opened": 1, "received": 1, "answered": 2, "response_mean": 5, "first_answer_mean": 40,
    }  # fmt: skip
    assert rows_behind("response_mean") == 1, "what answered no message has no time"


def test_a_bots_answer_ends_the_waiting_for_one(play):
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
    play.site.account.bots = [{"name": "faq", "on": True, "settings": {}}]
    play.site.account.save()
    play.presence("Login", "alice")
    play.at(0).writes(1, "几点营业")
    play.at(300).writes(1, "a person, please")
    play.at(305).ticks()
    assert not [words for words in play.platforms.to_seat("alice") if "已等待" in words], "she has only just got it"
    play.at(310).answers("alice", 1)
    assert counted(["response_mean", "bot_messages", "received"]) == {
        "response_mean": 10, "bot_messages": 1, "received": 2,
    }  # fmt: skip


def test_the_first_response_is_the_one_that_was_delivered(play):
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "invalid openid"})
    play.at(20).answers("alice", 1)
    assert number("first_answer_mean", now=MORNING + timedelta(minutes=1)) is None
    assert conversation(1).answered_at is None
    play.at(70).answers("alice", 1)
    play.at(80).answers("alice", 1)
    assert counted(["first_answer_mean", "answered", "failed"]) == {
        "first_answer_mean": 60, "answered": 3, "failed": 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_a_reply_counts_as_an_answer_once_it_is_delivered(play):
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "invalid openid"})
    play.at(20).answers("alice", 1)
    assert number("response_mean", now=MORNING + timedelta(minutes=1)) is None
    play.at(30).writes(1, "hello?")
    play.at(70).answers("alice", 1)
    play.at(75).answers("alice", 1)
    assert number("response_mean") == 60  # since the first message; the second answer answers nothing
    # What was written before the conversation was closed is an answer also where it arrives later.
    play.platforms.answer("message/custom/send", {"errcode": 45047, "errmsg": "out of response count limit"})
    play.at(100).writes(1)
    play.at(110).answers("alice", 1)
    play.at(120).answers("alice", 1, "#close")
    play.at(4000).writes(1, "one more")
    assert sorted(Fact.objects.filter(kind=Kind.RESPONSE).values_list("seconds", flat=True)) == [60, 3900]


def test_a_tap_while_an_answer_is_on_its_way_asks_for_nothing(play):
    play.site.account.opening_keys = "SERVICE"
    play.site.account.save()
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.platforms.answer("message/custom/send", {"errcode": 45047, "errmsg": "out of response count limit"})
    play.at(20).answers("alice", 1)
    play.at(30).taps(1, "SERVICE")
    play.at(90).answers("alice", 1)
    assert [one.seconds for one in Fact.objects.filter(kind=Kind.RESPONSE)] == [20]


def test_what_was_asked_at_the_moment_of_a_held_message_is_not_answered_by_it(play):
    """The oracle's world 32: the order of the messages says which came first where the clock does not."""
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(20).answers("alice", 1)
    play.platforms.answer("message/custom/send", {"errcode": 45047, "errmsg": "out of response count limit"})
    play.at(30).answers("alice", 1, "anything else?")
    play.writes(1, "yes")
    assert Delivery.objects.filter(state=Delivery.State.HELD).count() == 0
    play.at(70).answers("alice", 1)
    assert sorted(Fact.objects.filter(kind=Kind.RESPONSE).values_list("seconds", flat=True)) == [10, 40]


def test_a_held_message_is_no_first_response_until_it_goes(play):
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.platforms.answer("message/custom/send", {"errcode": 45047, "errmsg": "out of response count limit"})
    play.at(20).answers("alice", 1)
    assert Delivery.objects.filter(state=Delivery.State.HELD).count() == 1
    assert number("first_answer_mean", now=MORNING + timedelta(minutes=1)) is None
    play.at(400).writes(1, "are you there?")
    assert number("first_answer_mean") == 390
    assert Fact.objects.get(kind=Kind.FIRST_ANSWER).seat_id == play.site.alice.pk


def test_waits_and_first_responses_in_working_time(play):
    hours = WorkingHours.objects.create(name="office", calendar="", tuesday="09:00-18:00")
    play.site.account.hours = hours
    play.site.account.save()
    play.at(-36_000).writes(1)  # at eleven in the evening
    play.at(-30).presence("Login", "alice")
    play.at(60).ticks()
    play.at(90).writes(1)
    play.day.later(10)
    play.at(240).answers("alice", 1)
    assert counted(["first_answer_mean", "first_working_mean"]) == {
        "first_answer_mean": 36_240, "first_working_mean": 240,
    }  # fmt: skip
    tiles = {tile.metric.name for tile in report(DASHBOARDS["overview"], DAY, clock.now()).tiles}
    assert "first_answer_p50" in tiles
    parameters.stored.remember({"SERVICE_TIME": "working"})
    tiles = {tile.metric.name for tile in report(DASHBOARDS["overview"], DAY, clock.now()).tiles}
    assert "first_working_p50" in tiles
    assert "first_answer_p50" not in tiles
    tiles = {tile.metric.name for tile in report(DASHBOARDS["queue"], DAY, clock.now()).tiles}
    assert {"wait_working_p50", "wait_working_p90"} <= tiles


@pytest.mark.django_db
def test_the_goal_in_working_time():
    fact(Kind.ASSIGNED, 100, lasting=40_000, working=30.0, detail="queue")
    assert number("within_goal") == 0
    parameters.stored.remember({"SERVICE_TIME": "working"})
    assert number("within_goal") == 1


# Seats and groups


def test_reopened_with_a_seat_filter(play):
    play.site.account.reopen_minutes = 30
    play.site.account.save()
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(40).answers("alice", 1, "#close")
    play.at(60).writes(1)
    assert number("reopened", Scope(TODAY, TODAY, seat=play.site.alice.pk)) == 1


def test_after_quit_another_seat_has_taken_it_in(play):
    carol = play.site.seat("carol", play.site.sales)
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(30).presence("Login", "carol")
    play.at(40).answers("alice", 1, "#quit")
    assert owner(1) == "carol"
    names = ["transferred", "taken_in", "assigned", "queued", "wait_max", "wait_mean"]
    assert counted(names) == {
        "transferred": 1, "taken_in": 1, "assigned": 2, "queued": 0, "wait_max": 0, "wait_mean": 0,
    }  # fmt: skip
    assert rows_behind("wait_mean") == 1, "only the first seat's"
    assert [rows_behind("transferred"), rows_behind("taken_in")] == [1, 1]
    assert number("transferred", Scope(TODAY, TODAY, seat=play.site.alice.pk)) == 1
    assert number("taken_in", Scope(TODAY, TODAY, seat=carol.pk)) == 1


def test_after_quit_another_seat_has_taken_it_in_out_of_the_queue(play):
    play.site.seat("carol", play.site.sales)
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(20).answers("alice", 1, "#busy")
    play.at(40).answers("alice", 1, "#quit")
    assert number("transferred", now=MORNING + timedelta(seconds=50)) == 0
    play.at(60).presence("Login", "carol")
    assert owner(1) == "carol"
    assert counted(["transferred", "taken_in", "queued", "wait_max"]) == {
        "transferred": 1, "taken_in": 1, "queued": 1, "wait_max": 20,
    }  # fmt: skip


def test_after_quit_the_same_seat_takes_nothing_in(play):
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(20).answers("alice", 1, "#busy")
    play.at(40).answers("alice", 1, "#quit")
    play.at(60).answers("alice", 1, "#online")
    assert owner(1) == "alice"
    assert counted(["transferred", "taken_in", "assigned", "queued"]) == {
        "transferred": 0, "taken_in": 0, "assigned": 2, "queued": 1,
    }  # fmt: skip


def test_taken_back_from_a_seat_that_vanished_and_given_to_another_one(play):
    play.site.seat("carol", play.site.sales)
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(20).presence("Logout", "alice")
    play.at(200).ticks()
    assert owner(1) == "queued"
    play.at(230).presence("Login", "carol")
    assert owner(1) == "carol"
    assert counted(["transferred", "taken_in", "queued", "wait_max"]) == {
        "transferred": 1, "taken_in": 1, "queued": 1, "wait_max": 30,
    }  # fmt: skip


def test_taken_in_out_of_a_groups_queue(play):
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(20).answers("alice", 1, "#transfer care")
    play.at(80).presence("Login", "bob")
    assert owner(1) == "bob"
    assert counted(["transferred", "taken_in", "queued", "wait_max"]) == {
        "transferred": 1, "taken_in": 1, "queued": 1, "wait_max": 60,
    }  # fmt: skip


def test_a_transfer_to_the_own_group_that_only_the_same_seat_serves(play):
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(20).answers("alice", 1, "#transfer sales")
    assert owner(1) == "alice"
    assert counted(["transferred", "taken_in", "queued", "assigned"]) == {
        "transferred": 0, "taken_in": 0, "queued": 0, "assigned": 1,
    }  # fmt: skip


def test_a_user_who_is_switched_off_is_no_longer_online(play):
    play.presence("Login", "alice")
    play.at(600)
    play.site.alice.user.is_active = False
    play.site.alice.user.save()
    assert figures._seats().value == "0"
    play.ticks()
    assert number("online_seconds") == 600
    play.at(900).presence("Logout", "alice")
    assert number("online_seconds", now=MORNING + timedelta(days=3)) == 600
    assert number("online_seconds", Scope(date(2026, 11, 4), date(2026, 11, 5)), now=MORNING + timedelta(days=3)) == 0


def test_the_logout_of_a_user_who_is_switched_off_counts(play):
    play.presence("Login", "alice")
    play.site.alice.user.is_active = False
    play.site.alice.user.save()
    play.at(60).presence("Logout", "alice")
    assert not Seat.objects.get(pk=play.site.alice.pk).online
    assert number("online_seconds", now=MORNING + timedelta(days=3)) == 60


def test_a_seat_that_moves_leaves_its_hours_with_the_group_it_was_in(play):
    play.presence("Login", "alice")
    play.at(3600)
    rollups.update(play.day.now)
    play.site.alice.groups.set([play.site.care])
    play.at(5400).presence("Logout", "alice")
    assert number("online_seconds") == 5400
    assert number("online_seconds", Scope(TODAY, TODAY, group="sales")) == 3600
    assert number("online_seconds", Scope(TODAY, TODAY, group="care")) == 1800
    limited = Scope(TODAY, TODAY, groups=frozenset({"sales", "care"}))
    assert number("online_seconds", limited) == 5400, "nothing twice"
    play.site.sales.delete()
    assert number("online_seconds", Scope(TODAY, TODAY, group="sales")) == 3600


def test_a_seat_that_is_deleted_while_it_is_online(play):
    play.presence("Login", "alice")
    play.at(3600)
    rollups.update(play.day.now)
    play.at(5400).site.alice.user.delete()
    assert number("online_seconds") == 5400
    Progress.objects.all().delete()
    Rollup.objects.all().delete()
    assert number("online_seconds") == 5400


def test_the_accounts_hours_hold_where_its_group_is_gone(play):
    hours = WorkingHours.objects.create(name="office", calendar="", tuesday="09:00-10:00")
    play.site.account.hours = hours
    play.site.account.save()
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.at(20).answers("alice", 1)
    Seat.groups.through.objects.all().delete()
    play.site.sales.delete()
    play.at(7200).answers("alice", 1, "#close")
    assert counted(["resolution_mean", "working_mean"]) == {"resolution_mean": 7190, "working_mean": 3590}


def test_a_reply_that_fails_after_the_close_counts_for_its_seat(play):
    play.presence("Login", "alice")
    play.at(10).writes(1)
    play.platforms.answer("message/custom/send", {"errcode": -1, "errmsg": "busy"}, {"errcode": 40003, "errmsg": "no"})
    play.at(20).answers("alice", 1)
    play.at(20).answers("alice", 1, "#close")
    play.at(600)
    play.site.work()
    assert conversation(1).status == Conversation.Status.CLOSED
    assert number("failed") == 1
    assert number("failed", Scope(TODAY, TODAY, seat=play.site.alice.pk)) == 1


@pytest.mark.django_db
def test_conversations_without_a_group_have_a_row():
    fact(Kind.OPENED, 1, value=0, group="")
    fact(Kind.OPENED, 2, value=0)
    fact(Kind.PRESENCE, 5, lasting=5, account_id=0, group="", seat_id=3, detail="open", value=0)
    rollups.update(MORNING + timedelta(days=1))
    for scope in (DAY, Scope(YESTERDAY, TODAY), Scope(TODAY, TODAY, account=1)):
        made = report(DASHBOARDS["groups"], scope, MORNING + timedelta(days=1))
        rows = {line.key: line.values[0] for line in made.sheets[0].lines}
        assert rows == {"": 1, "sales": 1}
        assert made.sheets[0].total[0] == 2


# Time


@pytest.mark.django_db
def test_charts_by_account_of_two_days_have_all_of_both():
    for second in range(30):
        fact(Kind.OPENED, second - 86400, value=0)
    for second in range(32):
        fact(Kind.OPENED, second, value=0, account_id=2)
    now = MORNING + timedelta(days=1)
    rollups.update(now)
    made = report(DASHBOARDS["accounts"], Scope(YESTERDAY, TODAY), now)
    (graph,) = [one for one in made.graphs if one.name == "opened_by"]
    assert sum(value or 0 for series in graph.series for value in series.values) == 62
    assert len(graph.labels) == 48


@pytest.mark.django_db
@pytest.mark.parametrize(("hour", "day"), [(0, YESTERDAY), (12, TODAY)])
@pytest.mark.parametrize("rebuilt", [False, True])
def test_another_time_zone_makes_all_numbers_anew(settings, rebuilt, hour, day):
    """What happens at nine in the evening of Shanghai lies on the same day in New York, but the old day began in the one before."""
    fact(Kind.OPENED, hour * 3600, value=0, source="scan", conversation_id=7)
    now = MORNING + timedelta(days=1)
    assert number("opened") == 1
    settings.TIME_ZONE = "America/New_York"
    assert rollups.newest() is None, "what is stored is of no use any more"
    if rebuilt:
        list(rollups.rebuild(MORNING - timedelta(days=3), now, now))
    rollups.update(now)
    wide = Scope(date(2026, 10, 31), date(2026, 11, 5))
    assert METRICS["opened"].value(query.total(wide, ["opened"], now)) == 1
    days = query.by_time(wide, ["opened"], now)
    assert [METRICS["opened"].value(sums) for sums in days.values()] == [0, 0, day == YESTERDAY, day == TODAY]
    assert query.words(wide, ["source_opened"])["source_opened"] == {"scan": 1}
    assert [sum(hours) for hours in query.week(wide)] == [day == YESTERDAY, day == TODAY, *[0] * 5], "Monday, Tuesday"
    row = ConversationRow.objects.get()
    assert (row.day, row.hour) == (day, (20 + hour) % 24)


def test_the_first_time_all_that_goes_on_is_counted_from_its_beginning(play):
    play.presence("Login", "alice")
    assert number("online_seconds", now=MORNING + timedelta(hours=5)) == 18_000


@pytest.mark.django_db
def test_a_letter_right_after_midnight_is_complete():
    midnight = datetime(2026, 11, 3, 16, tzinfo=UTC)
    rollups.update(midnight - timedelta(seconds=40))
    fact(Kind.OPENED, (midnight - MORNING).total_seconds() - 5, value=0)
    Subscription.objects.create(
        name="daily", dashboard="overview", period="day", hour=0, recipients="a@example.com", language="en"
    )
    assert mailing.send_due(midnight + timedelta(seconds=10)) == 1
    assert "Conversations opened: 1" in mail.outbox[0].body


@pytest.mark.django_db
def test_a_letter_is_sent_again_where_a_fact_of_its_day_is_committed_after_it():
    midnight = datetime(2026, 11, 3, 16, tzinfo=UTC)
    Subscription.objects.create(
        name="daily", dashboard="overview", period="day", hour=0, recipients="a@example.com", language="en"
    )
    fact(Kind.OPENED, 50, value=0, pk=10)
    fact(Kind.OPENED, (midnight - MORNING).total_seconds() - 2, value=0, pk=12)
    assert mailing.send_due(midnight + timedelta(seconds=10)) == 1
    assert mailing.send_due(midnight + timedelta(minutes=10)) == 0
    fact(Kind.OPENED, (midnight - MORNING).total_seconds() - 1, value=0, pk=11)
    fact(Kind.OPENED, (midnight - MORNING).total_seconds() + 5, value=0, pk=13)
    assert mailing.send_due(midnight + timedelta(minutes=12)) == 1
    assert "Conversations opened: 2" in mail.outbox[0].body
    assert mail.outbox[1].subject == f"Corrected · {mail.outbox[0].subject}"
    assert "Conversations opened: 3" in mail.outbox[1].body
    assert "recorded after" in mail.outbox[1].body
    for minutes in (20, 30, 40, 600):
        assert mailing.send_due(midnight + timedelta(minutes=minutes)) == 0
    midnights = (midnight - MORNING).total_seconds()
    presence = {"account_id": 0, "group": "", "seat_id": 1, "detail": "open", "value": 0}
    fact(Kind.PRESENCE, midnights + 9, lasting=600, pk=15, **presence)
    assert mailing.send_due(midnight + timedelta(minutes=700)) == 0, "the key figures have nothing of it"
    fact(Kind.OPENED, 60, value=0, pk=16)
    assert mailing.send_due(midnight + timedelta(days=1)) == 1, "the next day's letter, and none about the last day's"


@pytest.mark.django_db
def test_the_period_before_a_day_that_runs_ends_at_the_same_time():
    for second in (0, 1800, 1799, 3700, 40_000):
        fact(Kind.OPENED, second - 86400, value=0)
    fact(Kind.PRESENCE, 1900 - 86400, lasting=1900, account_id=0, group="", seat_id=1, detail="open", value=0)
    fact(Kind.OPENED, 5, value=0)
    now = MORNING + timedelta(minutes=30)
    rollups.update(now)
    made = report(DASHBOARDS["overview"], DAY, now)
    assert (made.tiles[0].value, made.tiles[0].before) == (1, 2)
    assert made.before_until == now - timedelta(days=1)
    seats = {tile.metric.name: tile.before for tile in report(DASHBOARDS["seats"], DAY, now).tiles}
    assert seats["online_seconds"] == 1800
    week = report(DASHBOARDS["overview"], Scope(TODAY - timedelta(days=6), TODAY), now)
    assert week.before_until == now - timedelta(days=7)
    assert week.tiles[0].value == 6
    over = report(DASHBOARDS["overview"], Scope(YESTERDAY, YESTERDAY), now)
    assert over.before_until is None


@pytest.mark.django_db
def test_the_period_before_some_days_has_of_its_last_one_what_came_until_the_same_time():
    for days, second in ((9, 40_000), (7, -3600), (7, 10), (7, 1801), (7, 40_000)):
        fact(Kind.OPENED, second - days * 86400, value=0)
    now = MORNING + timedelta(minutes=30)
    rollups.update(now)
    week = report(DASHBOARDS["overview"], Scope(TODAY - timedelta(days=6), TODAY), now)
    assert (week.tiles[0].value, week.tiles[0].before) == (0, 3)


# Behind a number


@pytest.mark.django_db
def test_behind_a_number_are_as_many_rows_as_it_says():
    hand = random.Random(3)
    details = {
        Kind.ASSIGNED: ["direct", "queue", "left", "transfer", "taken", "back", "passed"],
        Kind.RELEASED: ["ended", "transfer", "taken", "gone"],
        Kind.CLOSED: ["served", "bot", "abandoned", "left"],
        Kind.WAITED: ["queue", "abandoned", "moved", "left"],
        Kind.REFUSED: ["count", "time"],
    }
    untimed = {("left", Kind.ASSIGNED), ("transfer", Kind.ASSIGNED), ("taken", Kind.ASSIGNED), ("back", Kind.ASSIGNED)}
    for kind in set(Kind) - {Kind.PRESENCE}:
        for _one in range(15):
            detail = hand.choice(details.get(kind, [""]))
            timed = (detail, kind) not in untimed and kind != Kind.ANSWERED
            value = {Kind.OPENED: hand.randint(0, 1), Kind.SCORED: hand.randint(1, 5)}.get(kind)
            more = {"account_id": hand.randint(1, 2), "group": hand.choice(["sales", "care", ""])}
            fact(
                kind, hand.randint(5000, 6000), lasting=hand.randint(0, 900) if timed else None, detail=detail,
                value=value, seat_id=0 if kind == Kind.OPENED else hand.randint(0, 2), **more,
            )  # fmt: skip
    rollups.update(MORNING + timedelta(days=1))
    all_listed = {"within_goal", "csat", "score_mean"}
    wholes = {"returning": "opened", "abandoned_share": "closed", "bot_share": "closed", "response_rate": "asked"}
    for scope in (DAY, Scope(TODAY, TODAY, account=1), Scope(TODAY, TODAY, group="care"), Scope(TODAY, TODAY, seat=2)):
        sums = query.total(scope, METRICS, MORNING)
        for name, metric in METRICS.items():
            value = metric.value(sums)
            if not metric.facts:
                continue
            if metric.unit == "count":
                expected = value
            elif name in wholes:
                expected = round((value or 0) * sums[wholes[name]])
            elif name in all_listed:
                expected = (
                    sums["wait_n"] + sums["given_up_n"] if name == "within_goal" else METRICS["scored"].value(sums)
                )
            else:
                expected = sums[f"{name.rpartition('_')[0]}_n"]
            assert rows_behind(name, scope) == expected, (name, scope)
