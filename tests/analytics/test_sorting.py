"""Sorting more than is held in memory: what comes out is in order and whole, however much was put on disk meanwhile."""

from __future__ import annotations

import random

import pytest

from analytics.facts import sorting
from analytics.facts.sorting import Sorted


@pytest.mark.parametrize("number", [0, 1, 4, 5, 6, 10, 23])
def test_runs_on_disk_and_the_rest_come_out_in_one_order(monkeypatch, number):
    monkeypatch.setattr(sorting, "RUN", 5)
    monkeypatch.setattr(sorting, "BATCH", 2)
    those = [(random.Random(one).randint(0, 9), one) for one in range(number)]
    with Sorted() as found:
        for one in those:
            found.add(one)
        assert list(found) == sorted(those)
