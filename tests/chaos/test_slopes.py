"""A soak that cannot fail would show nothing."""

from __future__ import annotations

import pytest

from tests.chaos.slopes import Bound, rise

MEMORY = Bound("MB", noise=8, hourly=16)


def points(per_hour: float, minutes: int, *, starts_with: float = 0.0) -> list[tuple[float, float]]:
    """Return what is measured every ten seconds: it jumps up in the first minute, then rises, a little up and down."""
    times = range(0, minutes * 60 + 1, 10)
    return [(at, 100 + starts_with * min(at / 60, 1) + per_hour * at / 3600 + (at // 10 % 2)) for at in times]


@pytest.mark.parametrize(
    ("per_hour", "minutes", "too_much"),
    [(0, 10, False), (15, 60, False), (30, 60, True), (60, 10, False), (120, 10, True), (-500, 10, False)],
)
def test_what_rises_too_fast_is_found(per_hour, minutes, too_much):
    found = rise("a worker's memory", points(per_hour, minutes), MEMORY)
    assert found.hourly == pytest.approx(per_hour, abs=3)
    assert found.is_too_much is too_much


def test_what_is_loaded_at_first_is_no_rise():
    assert not rise("memory", points(0, 10, starts_with=200), MEMORY).is_too_much


def test_what_is_only_shown_is_never_too_much():
    found = rise("the sandbox's memory", points(10**6, 10), None)
    assert not found.is_too_much
    assert found.cells()[-1] == "not judged"
