"""Working hours: midnight, make-up working days, zones whose clocks jump, and what people may write."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.models.hours import _is_workday
from bridge.values.hours import Schedule, Span, next_common, open_seconds, parse_spans

pytestmark = pytest.mark.once

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
OFFICE = (*tuple(parse_spans("09:00-12:00, 13:00-18:00") for _day in range(5)), (), ())


def schedule(week=OFFICE, zone=SHANGHAI, **more) -> Schedule:
    return Schedule(zone, week, **more)


def every_day(text: str):
    return tuple(parse_spans(text) for _day in range(7))


def at(text: str, zone=SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-25 08:59:59", False, "2026-11-25 09:00"),
        ("2026-11-25 09:00", True, "2026-11-25 09:00"),
        ("2026-11-25 12:00", False, "2026-11-25 13:00"),
        ("2026-11-25 17:59:59", True, "2026-11-25 17:59:59"),
        ("2026-11-25 18:00", False, "2026-11-26 09:00"),
        ("2026-11-27 18:00", False, "2026-11-30 09:00"),
    ],
)
def test_office_hours(moment, is_open, opens):
    assert schedule().is_open(at(moment)) is is_open
    assert schedule().opens(at(moment)) == at(opens)


@pytest.mark.parametrize(
    ("hours", "moment", "is_open"),
    [
        ("22:00-06:00", "2026-11-25 23:59:59", True),
        ("22:00-06:00", "2026-11-26 00:00", True),
        ("22:00-06:00", "2026-11-26 06:00", False),
        ("09:00-24:00", "2026-11-25 23:59:59", True),
        ("09:00-24:00", "2026-11-26 00:00", False),
        ("00:00-24:00", "2026-11-26 00:00", True),
        ("", "2026-11-26 12:00", False),
    ],
)
def test_midnight(hours, moment, is_open):
    assert schedule(every_day(hours)).is_open(at(moment)) is is_open


def test_a_night_shift_belongs_to_the_day_it_began_on():
    week = ((), (), (), (), parse_spans("20:00-04:00"), (), ())
    assert schedule(week).is_open(at("2026-11-28 03:59"))  # Saturday, from Friday
    assert not schedule(week).is_open(at("2026-11-27 03:59"))
    for moment in ("2026-11-27 23:00", "2026-11-28 03:00"):
        assert schedule(week).closes(at(moment)) == at("2026-11-28 04:00")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-10-01 10:00", False),  # National Day, a Thursday
        ("2026-10-10 10:00", True),  # a Saturday worked for it
        ("2026-02-14 10:00", True),  # a Saturday worked for the Spring Festival
        ("2026-02-15 10:00", False),
        ("2026-11-28 10:00", False),  # a Saturday like any other
    ],
)
def test_chinese_holidays_and_the_days_worked_for_them(moment, is_open):
    assert schedule(is_workday=partial(_is_workday, "CN")).is_open(at(moment)) is is_open


def test_special_days_win_over_the_calendar():
    special = {date(2026, 10, 1): parse_spans("10:00-11:00"), date(2026, 11, 25): ()}
    one = schedule(special=special, is_workday=partial(_is_workday, "CN"))
    assert one.is_open(at("2026-10-01 10:30"))
    assert not one.is_open(at("2026-11-25 10:30"))


def test_the_calendar_agrees_with_an_independent_one():
    """Every day of eight years."""
    one = schedule(is_workday=partial(_is_workday, "CN"))
    day = date(2019, 1, 1)
    while day < date(2027, 1, 1):
        noon = datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI)
        assert one.is_open(noon) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("hours", "moment", "is_open"),
    [
        # 2026-03-29: at 02:00 the clocks go to 03:00. 02:30 does not exist; it is 03:30.
        ("02:30-05:00", "2026-03-29T01:15+00:00", False),
        ("02:30-05:00", "2026-03-29T01:30+00:00", True),
        ("00:00-02:30", "2026-03-29T01:15+00:00", True),
        # 2026-10-25: at 03:00 the clocks go back to 02:00. 02:30 is twice.
        ("02:30-05:00", "2026-10-25T00:29+00:00", False),
        ("02:30-05:00", "2026-10-25T00:30+00:00", True),
        ("00:00-02:30", "2026-10-25T01:29+00:00", True),
        ("00:00-02:30", "2026-10-25T01:30+00:00", False),
        # The same wall clock before and after the jump.
        ("09:00-18:00", "2026-03-28T08:00+00:00", True),
        ("09:00-18:00", "2026-03-30T07:00+00:00", True),
        ("09:00-18:00", "2026-03-30T16:00+00:00", False),
    ],
)
def test_zones_whose_clocks_jump(hours, moment, is_open):
    assert schedule(every_day(hours), BERLIN).is_open(datetime.fromisoformat(moment)) is is_open


def test_never_open():
    assert schedule(every_day("")).opens(at("2026-11-25 10:00")) is None
    early, late = schedule(every_day("08:00-09:00")), schedule(every_day("10:00-11:00"))
    assert next_common([early, late], at("2026-11-25 10:00")) is None


def test_both_open():
    account, group = schedule(every_day("08:00-12:00")), schedule(every_day("11:00-20:00"))
    assert next_common([account, group], at("2026-11-25 06:00")) == at("2026-11-25 11:00")
    assert next_common([account, group], at("2026-11-25 12:00")) == at("2026-11-26 11:00")
    assert next_common([], at("2026-11-25 12:00")) == at("2026-11-25 12:00")


@pytest.mark.parametrize("text", ["9:00－18:00 ", "9：00-18：00", "09:00~18:00", "09:00至18:00"])
def test_ways_to_write_hours(text):
    assert parse_spans(text.replace("－", "-")) == (Span(540, 1080),)


@pytest.mark.parametrize("text", ["9-18", "25:00-26:00", "09:60-10:00", "09:00-09:00", "09:00-12:00, 11:00-13:00", "x"])
def test_what_are_no_hours(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_spans(text)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
minutes = st.integers(0, 1439)


@given(moments, minutes, minutes, st.sampled_from([SHANGHAI, BERLIN]))
def test_the_next_opening_is_open_and_nothing_before_it_is(moment, start, end, zone):
    if start == end:
        return
    one = schedule(every_day(f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"), zone)
    opens = one.opens(moment)
    assert opens is not None
    assert opens >= moment
    assert one.is_open(opens)
    if opens > moment:
        assert not one.is_open(moment)
        assert not one.is_open(opens - timedelta(seconds=1))
        assert not one.is_open(moment + (opens - moment) / 2)


@pytest.mark.parametrize("text", ["09:60-11:00", "09:00-10:60", "24:00-10:00", "09:00-24:01"])
def test_what_no_clock_shows_is_refused(text):
    with pytest.raises(ValueError, match="24:00"):
        parse_spans(text)


@pytest.mark.parametrize("text", ["09:05-12:45", "00:00-24:00", "22:30-06:15", "00:01-23:59"])
def test_hours_are_written_as_they_were_read(text):
    (span,) = parse_spans(text)
    assert str(span) == text


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-25 00:00", "2026-11-26 00:00", 8), ("2026-11-25 10:00", "2026-11-25 11:00", 1), ("2026-11-25 11:30", "2026-11-25 13:30", 1),
        ("2026-11-25 12:00", "2026-11-25 13:00", 0), ("2026-11-25 17:00", "2026-11-26 10:00", 2), ("2026-11-25 18:00", "2026-11-25 18:00", 0),
        ("2026-11-23 00:00", "2026-11-30 00:00", 40), ("2026-11-25 11:00", "2026-11-25 10:00", 0),
    ],
)  # fmt: skip
def test_seconds_within_working_hours(start, end, hours):
    assert open_seconds([schedule()], at(start), at(end)) == hours * 3600


def test_seconds_of_a_night_shift_and_of_two_at_once():
    night, day = at("2026-11-25 00:00"), at("2026-11-26 00:00")
    assert open_seconds([schedule(every_day("22:00-06:00"))], night, day) == 8 * 3600
    assert open_seconds([schedule(), schedule(every_day("11:00-14:00"))], night, day) == 2 * 3600
    assert open_seconds([], night, day) == 24 * 3600


def test_the_open_times_in_order():
    assert schedule().spans(at("2026-11-25 10:00"), at("2026-11-26 09:30")) == [
        (at("2026-11-25 10:00"), at("2026-11-25 12:00")), (at("2026-11-25 13:00"), at("2026-11-25 18:00")), (at("2026-11-26 09:00"), at("2026-11-26 09:30")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "closes"),
    [("09:00", "12:00"), ("11:59", "12:00"), ("12:00", None), ("08:59", None), ("13:00", "18:00"), ("18:00", None)],
)
def test_when_it_closes(moment, closes):
    assert schedule().closes(at(f"2026-11-25 {moment}")) == (closes and at(f"2026-11-25 {closes}"))


def test_a_day_worked_for_another_has_the_hours_of_the_first_that_has_any():
    week = ((), parse_spans("10:00-11:00"), parse_spans("12:00-13:00"), (), (), parse_spans("14:00-15:00"), ())
    one = schedule(week, is_workday=lambda day: True)
    saturday, sunday = date(2026, 11, 28), date(2026, 11, 29)
    assert (one.hours_of(saturday), one.hours_of(sunday)) == (week[5], week[1])
    assert schedule(every_day(""), is_workday=lambda day: True).hours_of(sunday) == ()


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()), (" , ;", ()), ("13:00-18:00, 09:00-12:00", (Span(540, 720), Span(780, 1080))), ("09:00-12:00，12:00-13:00", (Span(540, 720), Span(720, 780))),
        ("8:05-9:00\n23:00-1:00", (Span(485, 540), Span(1380, 1500))),
    ],
)  # fmt: skip
def test_spans_come_in_order_and_may_touch(text, spans):
    assert parse_spans(text) == spans


def test_what_is_wrong_is_quoted_no_longer_than_needed():
    with pytest.raises(ValueError, match=r"“x{40}”"):
        parse_spans("x" * 41)
