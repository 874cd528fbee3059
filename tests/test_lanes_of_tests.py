"""What is marked runs where its mark says, and everything in one lane of `make test` at least."""

from __future__ import annotations

import pytest
from _pytest.mark.expression import Expression

from tests import run
from tests.support import order


@pytest.mark.parametrize(
    ("marks", "first", "last"),
    [
        ((), True, True),
        (("both",), True, True),
        (("workers",), True, True),
        (("once",), False, True),
        (("once", "workers"), False, True),
        (("once", "services", "workers"), False, True),
        (("either",), True, False),
        (("embedded", "workers"), True, False),
        (("browser", "workers"), True, False),
        (("browser", "once", "workers"), True, False),
    ],
)
def test_where_it_runs(marks, first, last):
    chosen = [Expression.compile(lane).evaluate(lambda name, **_more: name in marks) for lane in (run.FIRST, run.LAST)]
    assert chosen == [first, last]


def test_what_says_itself_where_it_runs_is_not_marked_again(request):
    marked = {mark.name for mark in request.node.iter_markers()}
    assert "once" in marked  # it asks for no database
    assert {"once", "either", "both", "embedded", "services", "workers", "browser"} == order.PLACED
