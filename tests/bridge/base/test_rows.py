"""Columns of many rows, written with plain SQL: they are what Django's own statement would have made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bridge.base.rows import write_columns
from bridge.models import Delivery

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 12, 0, 0, 123456, tzinfo=UTC)
State = Delivery.State
ODD = ["a\0b", "'\\\"`;--%%s{}{0}", "😀\u200d👩\U0010ffff", ""]


def owed(count: int) -> list[Delivery]:
    own = {"lane": "wx_1", "direction": Delivery.Direction.SEAT, "payload": {"a": 1}, "platform": "tencent_im"}
    return [Delivery.objects.create(due_at=NOW, created_at=NOW, random=number, **own) for number in range(count)]


def columns(pks: list[int]) -> list[dict[str, object]]:
    rows = Delivery.objects.filter(pk__in=pks).order_by("pk").values()
    return [{name: value for name, value in row.items() if name not in ("id", "random")} for row in rows]


def changes() -> list[dict[str, object]]:
    names = ("state", "reason", "finished_at", "payload", "content", "kept")
    rows = [
        (State.DONE, ODD[0], NOW.astimezone(timezone(timedelta(hours=8))), {}, None, False),
        (State.FAILED, ODD[1], None, {"t": ODD[1]}, {}, True),
        (State.QUEUED, ODD[2], NOW, [ODD[2]], [None], False),
        (State.QUEUED, ODD[3], None, {}, None, True),
    ]
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.parametrize("count", [1, 4])
def test_rows_are_what_djangos_own_statement_makes_of_them(count):
    wanted = changes()[:count]
    theirs, ours, others = owed(count), owed(count), owed(1)
    for row, changed in zip(theirs, wanted, strict=True):
        Delivery.objects.filter(pk=row.pk).update(**changed)
    untouched = columns([others[0].pk])
    write_columns(Delivery, {row.pk: changed for row, changed in zip(ours, wanted, strict=True)})
    assert columns([row.pk for row in ours]) == columns([row.pk for row in theirs])
    assert columns([others[0].pk]) == untouched


def test_rows_with_other_columns_each_have_their_own():
    first, second, third = owed(3)
    write_columns(Delivery, {first.pk: {"attempts": 2}, second.pk: {"attempts": 3, "code": "7"}, third.pk: {}})
    assert list(Delivery.objects.order_by("pk").values_list("attempts", "code")) == [(2, ""), (3, "7"), (0, "")]


def test_a_column_that_is_alike_in_the_first_and_the_last_row_only():
    rows = owed(3)
    write_columns(Delivery, {row.pk: {"attempts": number} for row, number in zip(rows, (1, 2, 1), strict=True)})
    assert list(Delivery.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 2, 1]


def test_nothing_costs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        write_columns(Delivery, {})
        write_columns(Delivery, {1: {}})
