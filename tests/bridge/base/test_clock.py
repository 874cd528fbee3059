"""The product's clock beside a machine's clock that is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.base.clock import CLOSE, FAR, SteadyClock

START = datetime(2026, 11, 1, tzinfo=UTC)


class Machine:
    """A machine whose clock can be set, and whose time passes by hand."""

    def __init__(self) -> None:
        self.seconds, self.wrong = 0.0, timedelta(0)
        self.clock = SteadyClock(self.wall, lambda: self.seconds)

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.seconds) + self.wrong

    def after(self, seconds: float) -> datetime:
        self.seconds += seconds
        return self.clock()


def test_it_is_the_wall_clock_while_nobody_sets_that():
    machine = Machine()
    assert [machine.after(10) for _look in range(3)] == [START + timedelta(seconds=10 * n) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("set_by", "after", "shown"),
    [
        (300, 10, 20),  # twice the pace
        (300, 299, 598),
        (300, 301, 601),
        (-300, 10, 5),  # half the pace
        (-300, 598, 299),
        (-300, 602, 302),
        (0.4, 10, 10.4),  # as a time service does
        (-0.4, 10, 9.6),
        (3600, 1, 3601),  # wrong before
        (-3600, 1, -3599),
    ],
)
def test_a_clock_that_is_set_is_caught_up_with_slowly(set_by, after, shown):
    machine = Machine()
    machine.wrong = timedelta(seconds=set_by)
    assert machine.after(after) == START + timedelta(seconds=shown)


def test_a_clock_set_back_a_little_does_not_go_back():
    machine = Machine()
    machine.after(10)
    machine.wrong = timedelta(seconds=-0.4)
    assert machine.after(0.1) == START + timedelta(seconds=10)


steps = st.lists(st.tuples(st.floats(0.001, 60), st.floats(-200, 200)), max_size=30)


@given(steps)
def test_it_never_goes_back_nor_faster_than_twice_the_pace(steps):
    """Whatever the machine's clock is set to within `FAR`; and it is right again some time after the last step."""
    machine, value = Machine(), START
    for passed, wrong in steps:
        machine.wrong = timedelta(seconds=wrong)
        before, value = value, machine.after(passed)
        assert timedelta(0) <= value - before <= 2 * timedelta(seconds=passed) + CLOSE
    machine.wrong = timedelta(0)
    assert machine.after(2 * FAR.total_seconds()) == machine.wall()
