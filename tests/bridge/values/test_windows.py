"""The arithmetic of windows, at its edges. What WeChat's actions grant: tests/bridge/platforms/wechat/test_windows.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.values.windows import COUNT, FRESH, TIME, Grant, Window

NOW = datetime(2026, 11, 26, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def window(left: int | None, until: datetime | None = NOW + HOUR, limit: int | None = None) -> Window:
    return Window(NOW - HOUR, until, left if limit is None else limit, left)


@pytest.mark.parametrize(
    ("left", "granted", "then"),
    [(5, 3, 5), (3, 5, 5), (0, 3, 3), (4, 4, 4), (5, 0, None), (None, 3, None), (None, 0, None), (1, 20, 20)],
)
def test_while_it_runs_the_larger_number_is_in_force(left, granted, then):
    opened = window(left).opened(NOW, Grant(granted, 60))
    assert (opened.left, opened.limit) == (then, then)


@pytest.mark.parametrize("left", [5, 0, None])
@pytest.mark.parametrize("until", [NOW, NOW - SECOND, None])
def test_after_its_end_what_was_left_is_gone(left, until):
    opened = window(left, until).opened(NOW, Grant(3, 60))
    assert opened == Window(NOW, NOW + timedelta(seconds=60), 3, 3)


def test_while_it_runs_the_later_end_is_in_force():
    assert window(5).opened(NOW, Grant(3, 60)).until == NOW + HOUR
    assert window(5).opened(NOW, Grant(3, 7200)).until == NOW + 2 * HOUR


def test_each_message_takes_one_down_to_none():
    assert [window(left).spent().left for left in (5, 1, 0, None)] == [4, 0, 0, None]
    assert window(5, limit=5).spent().limit == 5


@pytest.mark.parametrize(
    ("left", "until", "why"),
    [
        (5, NOW + SECOND, ""), (1, NOW + SECOND, ""), (0, NOW + SECOND, COUNT), (None, NOW + SECOND, ""),
        (5, NOW, TIME), (0, NOW, TIME), (5, NOW - SECOND, TIME), (None, NOW - SECOND, TIME), (0, None, ""),
    ],
)  # fmt: skip
def test_why_a_message_would_be_refused(left, until, why):
    assert window(left, until).refusal(NOW) == why


def test_what_the_platform_refuses_it_knows_better():
    assert window(5).refused(COUNT, NOW) == Window(NOW - HOUR, NOW + HOUR, 5, 0)
    assert window(5).refused(TIME, NOW) == Window(NOW - HOUR, NOW, 5, 5)
    unknown = Window().refused(COUNT, NOW)
    assert (unknown.left, unknown.until) == (0, NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("age", "left", "fresh"),
    [(timedelta(), 5, True), (FRESH - SECOND, 5, True), (FRESH, 5, False), (FRESH - SECOND, 4, False)],
)
def test_fresh_is_right_after_the_customers_message_with_nothing_sent_since(age, left, fresh):
    assert Window(NOW - age, NOW + HOUR, 5, left).is_fresh(NOW) is fresh
    assert not Window(None, NOW + HOUR, 5, 5).is_fresh(NOW)
