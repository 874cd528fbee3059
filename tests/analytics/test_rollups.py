"""Rollups: the same numbers whatever order facts come in, however late, and however often they are counted."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import tasks
from analytics.facts import checking, reading, rollups
from analytics.facts.folding import Key, Row, fold, kinds_for
from analytics.facts.measures import REACHES
from analytics.facts.times import day_of, day_start, hour_of, hours, next_hour, zone
from analytics.models import Grain, Progress, Rollup, Tally
from analytics.reports import query
from analytics.reports.query import Scope
from bridge.base import clock
from bridge.live import parameters
from bridge.models import Fact

Kind = Fact.Kind
DAY = datetime(2026, 11, 1, 16, tzinfo=UTC)  # midnight in Shanghai


def rows() -> dict[Any, Any]:
    """Return everything that is stored, comparable, with sums rounded to a hundredth."""
    ids = ("id", "grain", "start", "account_id", "group", "seat_id")
    found: dict[Any, Any] = {}
    for row in Rollup.objects.values():
        key = tuple(row[name] for name in ids[1:])
        assert key not in found
        values = {name: bytes(v) if isinstance(v, memoryview) else v for name, v in row.items() if name not in ids}
        found[key] = {n: round(v, 2) if isinstance(v, float) else v for n, v in values.items() if v}
    for tally in Tally.objects.values_list("grain", "start", "account_id", "group", "name", "word", "count"):
        found[tally[:-1]] = tally[-1]
    # What was counted and came to nothing says the same as what was never counted.
    return {key: value for key, value in found.items() if value}


def fact(kind: int, minute: float, **more: Any) -> Fact:
    seconds = more.get("seconds")
    at = DAY + timedelta(minutes=minute)
    spans = (Kind.RELEASED, Kind.WAITED, Kind.PRESENCE, Kind.CLOSED)
    began = at - timedelta(seconds=seconds) if kind in spans and seconds is not None else None
    return Fact(kind=kind, at=at, began_at=began, **more)


DETAILS = {
    Kind.ASSIGNED: ["direct", "queue", "left", "transfer", "taken", "back"],
    Kind.RELEASED: ["ended", "transfer", "taken", "gone"],
    Kind.CLOSED: ["served", "bot", "abandoned", "left"],
    Kind.WAITED: ["queue", "abandoned", "moved", "left"],
    Kind.PRESENCE: ["open", "busy", "away", "offline"],
    Kind.FAILED: ["45015", "40003", "http"],
    Kind.REFUSED: ["count", "time"],
}
TIMED = {Kind.ASSIGNED, Kind.RELEASED, Kind.CLOSED, Kind.WAITED, Kind.RESPONSE, Kind.FIRST_ANSWER, Kind.PRESENCE}


@st.composite
def facts_of_a_day(draw: st.DrawFn) -> list[Fact]:
    made = []
    for _number in range(draw(st.integers(1, 24))):
        kind = draw(st.sampled_from(list(Kind)))
        value = {Kind.OPENED: st.integers(0, 1), Kind.SCORED: st.integers(1, 5)}.get(kind, st.none())
        seconds = st.integers(0, 20_000) if kind in TIMED else st.none()
        more = {
            "account_id": draw(st.integers(1, 2)),
            "group": draw(st.sampled_from(["sales", "repair"])),
            "seat_id": draw(st.integers(0, 2)),
            "source": draw(st.sampled_from(["message", "scan"])),
            "detail": draw(st.sampled_from(DETAILS.get(kind, [""]))),
            "value": draw(value),
            "seconds": draw(seconds),
        }
        if kind == Kind.PRESENCE:
            more |= {"account_id": 0, "group": "", "seat_id": more["seat_id"] or 1}
        made.append(fact(kind, draw(st.integers(0, 24 * 60 - 1)), **more))
    return made


@pytest.mark.once
@pytest.mark.long
@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=facts_of_a_day(), seed=st.integers(0, 2**32))
def test_shuffled_repeated_and_late_facts_give_the_numbers_made_from_scratch(facts: list[Fact], seed: int) -> None:
    for model in (Fact, Rollup, Tally, Progress):
        model.objects.all().delete()
    hand = random.Random(seed)
    hand.shuffle(facts)
    now = DAY + timedelta(minutes=hand.randrange(24 * 60))
    while facts:
        many = hand.randint(1, 6)
        batch, facts = facts[:many], facts[many:]
        Fact.objects.bulk_create(batch)
        for _again in range(hand.randint(0, 2)):
            now += timedelta(minutes=hand.choice([0, 1, 30, 200]))
            rollups.update(now)
    now = max(now, DAY) + timedelta(days=2)
    rollups.update(now)
    incremental = rows()
    Rollup.objects.all().delete()
    Tally.objects.all().delete()
    list(rollups.rebuild(day_start((DAY - timedelta(days=1)).date()), DAY + timedelta(days=3), now))
    assert rows() == incremental
    counted = sum(row["opened"] for row in Rollup.objects.filter(grain=Grain.DAY).values("opened"))
    assert counted == Fact.objects.filter(kind=Kind.OPENED).count()
    for name in ("opened", "closed", "answered", "response_n"):
        whole = sum(Rollup.objects.filter(grain=Grain.DAY).values_list(name, flat=True))
        assert sum(Rollup.objects.filter(grain=Grain.DAY_OF_ALL).values_list(name, flat=True)) == whole
        assert sum(Rollup.objects.filter(grain=Grain.DAY_OF_GROUP).values_list(name, flat=True)) == whole
    assert Rollup.objects.exclude(start__in=list(hours(DAY - timedelta(days=2), now))).count() == 0


@pytest.mark.django_db
def test_a_fact_that_commits_late_is_not_overlooked() -> None:
    """Its id is lower than that of facts that were counted already."""
    now = DAY + timedelta(hours=5)
    Fact.objects.bulk_create([fact(Kind.RECEIVED, 10, pk=10), fact(Kind.RECEIVED, 299, pk=12)])
    rollups.update(now)
    Fact.objects.bulk_create([fact(Kind.RECEIVED, 298, pk=11)])
    rollups.update(now + timedelta(minutes=1))
    assert sum(Rollup.objects.filter(grain=Grain.DAY).values_list("received", flat=True)) == 3


@pytest.mark.django_db
def test_the_check_finds_what_was_changed_behind_its_back(capsys: pytest.CaptureFixture[str]) -> None:
    Fact.objects.bulk_create([fact(Kind.OPENED, minute, value=0, source="message") for minute in (10, 70, 80)])
    Fact.objects.bulk_create(
        [
            fact(Kind.CLOSED, 90, seconds=600, detail="served"),
            fact(Kind.PRESENCE, 100, seconds=500, detail="open", seat_id=1),
        ]
    )
    now = DAY + timedelta(days=1, hours=3)
    with clock.fixed(lambda: now):
        rollups.update(now)
        call_command("rollup", "--check")
        assert tasks.check_rollups() == 0
        Rollup.objects.filter(grain=Grain.DAY_OF_ALL, opened=3).update(opened=4)
        Rollup.objects.filter(grain=Grain.HOUR, opened=2).update(opened=1)
        Tally.objects.filter(grain=Grain.HOUR, name="hour", count=2).delete()
        with pytest.raises(CommandError):
            call_command("rollup", "--check", "--from", "2026-11-02", "--to", "2026-11-02")
        assert "opened: 4 != 3" in capsys.readouterr().out
        assert tasks.check_rollups() == 3
        assert checking.outcome() == (now, 3)
        parameters.stored.remember({"ROLLUP_CHECK_DAYS": 0})
        assert tasks.check_rollups() == 0
        assert checking.outcome() == (now, 3), "it was not looked"
        call_command("rollup", "--from", "2026-11-02", "--to", "2026-11-02")
        call_command("rollup", "--check")


@pytest.mark.django_db
def test_the_check_finds_a_second_and_what_is_too_much_and_what_is_of_today() -> None:
    own = {"account_id": 0, "group": "", "seat_id": 1, "detail": "open"}
    Fact.objects.bulk_create(
        [
            fact(Kind.OPENED, 10, value=0, source="message"),
            fact(Kind.PRESENCE, 100, seconds=6000, value=0, **own),
        ]
    )
    now = DAY + timedelta(hours=3)  # of the same day
    rollups.update(now)
    Rollup.objects.filter(grain=Grain.HOUR, start=DAY, seat_id=1).update(online_seconds=3599)
    Tally.objects.filter(grain=Grain.HOUR, name="source_opened").update(count=2)
    Tally.objects.create(grain=Grain.HOUR, start=DAY, account_id=1, group="sales", name="code", word="45015", count=5)
    found = list(checking.check(DAY, DAY + timedelta(days=1), now))
    assert {(one.name, one.stored, one.counted) for one in found if one.grain == Grain.HOUR} == {
        ("online_seconds", 3599, 3600), ("code 45015", 5, 0), ("source_opened message", 2, 1),
    }  # fmt: skip


def test_sources_of_the_abandoned_are_of_those_alone_and_no_hours_are_all_hours() -> None:
    own = {"account_id": 1, "group": "sales", "seat_id": 0, "source": "scan", "working": None, "value": None}
    closed = [Row(Kind.CLOSED, DAY, detail=how, seconds=9.0, **own) for how in ("served", "bot", "abandoned", "left")]
    waits = [
        Row(Kind.ASSIGNED, DAY, detail="queue", seconds=40.0, **own),
        Row(Kind.FIRST_ANSWER, DAY, detail="", seconds=50.0, **own),
        Row(Kind.WAITED, DAY, detail="abandoned", seconds=60.0, **own),
    ]
    cells = fold([*closed, *waits], [], DAY, DAY + timedelta(hours=1))[DAY]
    counts = {key.name: count for key, count in cells.tallies.items()}
    assert counts == {"source_closed": 4, "source_abandoned": 1}
    columns = cells.rows[Key(1, "sales")].columns
    names = ("wait_working_sum", "first_working_sum", "given_up_working_sum")
    assert [columns[name] for name in names] == [40, 50, 60]


@pytest.mark.django_db
def test_words_and_the_week_are_of_the_account_and_the_groups_that_may_be_read() -> None:
    for account, group in ((1, "sales"), (1, "care"), (2, "care"), (2, "care")):
        fact(Kind.OPENED, 10, value=0, source="scan", account_id=account, group=group).save()
    rollups.update(DAY + timedelta(hours=3))
    day = Scope(date(2026, 11, 2), date(2026, 11, 2))
    care = frozenset({"care"})
    for scope, count in (
        (day, 4), (replace(day, account=1), 2), (replace(day, group="care"), 3), (replace(day, account=2, group="care"), 2),
        (replace(day, groups=care), 3), (replace(day, group="care", groups=care), 3), (replace(day, group="sales", groups=care), 0),
    ):  # fmt: skip
        assert sum(query.words(scope, ["source_opened"])["source_opened"].values()) == count, scope
        assert query.week(scope)[0][0] == count, scope
        assert query.total(scope, ["opened"], DAY + timedelta(hours=3))["opened"] == count, scope


@pytest.mark.django_db
def test_conversations_of_a_seat_that_is_not_there_occupy_no_time() -> None:
    own = {"account_id": 0, "group": "", "seat_id": 1, "detail": "open"}
    Fact.objects.bulk_create(
        [
            fact(Kind.PRESENCE, 20, seconds=600, value=0, **own),
            fact(Kind.RELEASED, 30, seconds=1800, seat_id=1, detail="ended"),
        ]
    )
    rollups.update(DAY + timedelta(hours=3))
    sums = Rollup.objects.filter(grain=Grain.DAY_OF_SEAT, seat_id=1).values("occupied_seconds", "load_seconds")
    assert list(sums) == [{"occupied_seconds": 600, "load_seconds": 600}]


@pytest.mark.django_db
def test_the_check_of_a_night_at_any_second_and_on_a_day_of_25_hours(settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    night = datetime(2026, 10, 25, 22, 1, 1, 500_000, tzinfo=UTC)  # a minute past eleven, the 25th hour of the day
    own = {"account_id": 0, "group": "", "seat_id": 1, "kind": Kind.PRESENCE, "detail": "open", "value": 0}
    for hours_before in (0, 22, 23, 47):
        at = night - timedelta(hours=hours_before, seconds=1)
        Fact.objects.create(**own, at=at, began_at=at - timedelta(seconds=50), seconds=50)
    with clock.fixed(lambda: night):
        rollups.update(night)
        assert tasks.check_rollups() == 0
    start, end = datetime(2026, 10, 23, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert list(checking.check(start, end, night)) == []
    with clock.fixed(lambda: night + timedelta(hours=3, seconds=3)):
        Fact.objects.create(**own, at=night + timedelta(hours=2), began_at=night + timedelta(hours=1), seconds=3600)
        list(rollups.rebuild(start, night + timedelta(hours=4), night + timedelta(hours=3)))
        assert tasks.check_rollups() == 0


@pytest.mark.django_db
def test_the_health_page_says_what_the_nightly_check_found(client: Client) -> None:
    assert client.get("/healthz").json()["reports"] is None
    Progress.objects.create(pk=1)
    checking.remember(2, DAY)
    assert client.get("/healthz").json()["reports"] == {"checked_at": "2026-11-01T16:00:00Z", "differing": 2}


def test_what_the_facts_of_each_kind_add_to_is_known() -> None:
    """A part of an hour reads only the kinds that its columns are made of."""
    for kind in Kind:
        for detail in DETAILS.get(kind, [""]):
            own = {"account_id": 1, "group": "sales", "seat_id": 1, "source": "scan", "detail": detail}
            row = Row(kind, DAY, **own, seconds=5.0, working=4.0, value=1, began_at=DAY - timedelta(seconds=5))
            for cell in fold([row], [], DAY, DAY + timedelta(hours=1))[DAY].rows.values():
                told = [name for name in cell.columns if name not in REACHES.values()]
                assert all(kind in kinds_for([name]) for name in told), (kind, told)


@pytest.mark.django_db
def test_what_went_on_long_ago_is_found_without_reading_all_that_ended_since() -> None:
    """Of the days since, only those are read on which something ended that had begun before."""
    now = DAY + timedelta(days=9)
    for day in range(9):
        at = DAY + timedelta(days=day, hours=2)
        lasting = timedelta(days=5, hours=2) if day == 5 else timedelta(minutes=10)
        Fact.objects.create(kind=Kind.WAITED, at=at, began_at=at - lasting, account_id=1, group="sales", detail="queue")
    rollups.update(now)
    late = DAY + timedelta(days=9, minutes=1)
    Fact.objects.create(kind=Kind.WAITED, at=late, began_at=DAY, account_id=1, group="sales", detail="queue")
    with CaptureQueriesContext(connection) as asked:
        made = rollups.part(DAY, DAY + timedelta(minutes=30), ["queue_seconds"], Q())
    assert made.rows[Key(1, "sales")].columns["queue_seconds"] == 2 * 1800
    days = [one for one in range(9) if f"'{(DAY + timedelta(days=one)):%Y-%m-%d %H}" in asked[-2]["sql"]]
    assert days == [0, 1, 5, 6]


@pytest.mark.django_db
def test_the_check_finds_what_was_counted_and_is_not_stored() -> None:
    Fact.objects.bulk_create([fact(Kind.OPENED, 10, value=0, source="message")])
    now = DAY + timedelta(days=1)
    rollups.update(now)
    Rollup.objects.filter(grain=Grain.HOUR, opened=1).delete()
    found = list(checking.check(DAY, now, now))
    assert ("hour", "opened", 0, 1) in [(one.grain, one.name, one.stored, one.counted) for one in found]


@pytest.mark.django_db
def test_a_fact_that_is_written_during_the_check_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    now, update = DAY + timedelta(days=1), rollups.update

    def slow(moment: datetime) -> int:
        made = update(moment)
        monkeypatch.setattr(rollups, "update", update)
        fact(Kind.OPENED, 10, value=0, source="message").save()
        return made

    monkeypatch.setattr(rollups, "update", slow)
    assert list(checking.check(DAY, now, now)) == []
    assert Rollup.objects.filter(grain=Grain.HOUR, opened=1).exists()


@pytest.mark.django_db
def test_the_first_and_the_last_fact_may_be_of_any_kind() -> None:
    fact(Kind.PRESENCE, 5, detail="open", seat_id=1).save()
    fact(Kind.OPENED, 10, value=0).save()
    fact(Kind.SCORED, 99, value=5).save()
    assert rollups.extent() == (DAY + timedelta(minutes=5), DAY + timedelta(minutes=99))


@pytest.mark.django_db
def test_the_longest_that_ended_in_an_hour_says_how_far_its_facts_reach_back() -> None:
    for minute, seconds in ((10, 60), (20, 900), (30, 60)):
        fact(Kind.WAITED, minute, seconds=seconds, detail="queue", group="sales").save()
    rollups.update(DAY + timedelta(hours=3))
    assert set(Rollup.objects.values_list("longest_wait", flat=True)) == {900}


@pytest.mark.django_db
def test_parts_of_seconds_are_kept() -> None:
    began = DAY + timedelta(minutes=9)
    at = began + timedelta(seconds=10.25)
    Fact.objects.create(kind=Kind.PRESENCE, at=at, began_at=began, seat_id=1, detail="open", value=0)
    rollups.update(DAY + timedelta(hours=3))
    assert set(Rollup.objects.values_list("online_seconds", flat=True)) == {10.25}


@pytest.mark.django_db
def test_many_facts_of_one_moment_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """They cannot be told apart by time; all others are read a few at a time."""
    monkeypatch.setattr(reading, "MOST", 2)
    Fact.objects.bulk_create([fact(Kind.RECEIVED, minute) for minute in (1, 7, 7, 7, 7, 30)])
    pieces = [len(facts) for facts in reading.by_time(Fact.objects.all(), DAY, DAY + timedelta(hours=1))]
    assert sum(pieces) == 6
    assert max(pieces) == 4


@pytest.mark.parametrize(
    ("name", "moment", "day", "hour", "following"),
    [
        # Clocks go back by half an hour at 02:00, to 01:30: the hour from 01:00 has 90 minutes.
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, 45, tzinfo=UTC), (4, 13, 0), (4, 14, 0), (4, 15, 0)),
        ("Asia/Kathmandu", datetime(2026, 11, 3, 5, 20, tzinfo=UTC), (2, 18, 15), (3, 5, 15), (3, 6, 15)),
        # Clocks go back at midnight: the hour from 00:00 is there twice, and the day begins with the first.
        ("America/Havana", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), (1, 4, 0), (1, 5, 0), (1, 6, 0)),
    ],
)
def test_hours_and_days_where_clocks_are_odd(settings: Any, name, moment, day, hour, following) -> None:
    settings.TIME_ZONE = name
    at = lambda one: datetime(moment.year, moment.month, *one, tzinfo=UTC)  # noqa: E731
    assert day_of(moment) == at(day)
    assert hour_of(moment) == at(hour)
    assert next_hour(hour_of(moment)) == at(following)


@pytest.mark.parametrize(("day", "length"), [((2026, 10, 25), 25), ((2026, 10, 26), 24), ((2026, 3, 29), 23)])
def test_days_on_which_summer_time_ends_and_begins(settings: Any, day, length) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    scope = Scope(date(*day), date(*day))
    assert scope.end - scope.start == timedelta(hours=length)
    assert len(scope.moments(scope.end)) == length
    noon = scope.end - timedelta(hours=12)
    before = scope.before(noon)
    assert (before.first, before.last) == (scope.first - timedelta(days=1), scope.first - timedelta(days=1))
    assert timezone.localtime(before.until, zone()).hour == 12, "the same time of the day before"


@pytest.mark.django_db
def test_the_last_hour_of_a_day_of_25_is_part_of_it(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    begins, now = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 27, 12, tzinfo=UTC)
    last = begins + timedelta(hours=24.5)
    own = {"account_id": 1, "group": "sales"}
    Fact.objects.create(kind=Kind.RECEIVED, at=last, **own)
    Fact.objects.create(
        kind=Kind.WAITED, at=last, began_at=begins - timedelta(hours=20), seconds=44.5 * 3600, detail="queue", **own
    )
    rollups.update(now)
    Fact.objects.create(kind=Kind.RECEIVED, at=begins + timedelta(hours=1), **own)
    rollups.update(now + timedelta(minutes=1))
    assert list(Rollup.objects.filter(grain=Grain.DAY, received__gt=0).values_list("start", "received")) == [
        (begins, 2)
    ]
    earlier = begins - timedelta(hours=18)
    made = rollups.part(earlier, earlier + timedelta(minutes=30), ["queue_seconds"], Q())
    assert made.rows[Key(1, "sales")].columns["queue_seconds"] == 1800


def test_the_hour_in_which_clocks_go_back_by_half_an_hour_has_no_gap_behind_it(settings: Any) -> None:
    settings.TIME_ZONE = "Australia/Lord_Howe"
    start = datetime(2026, 4, 4, 14, tzinfo=UTC)
    minutes = [(hour - start).total_seconds() / 60 for hour in hours(start, start + timedelta(hours=3))]
    assert minutes == [0, 60, 90, 150]
