"""Finding rows of very long tables without an index on their time."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, Min, Model


def first_since(model: type[Model], field: str, moment: datetime) -> int:
    """Return an id from which on the rows' `field` is at `moment` or later.

    Ids and times grow together, so it is found by halving, with some twenty looks at single rows and no index.
    """
    rows = model._default_manager.order_by("pk")
    ends = rows.aggregate(low=Min("pk"), high=Max("pk"))
    low, high = ends["low"] or 0, (ends["high"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = rows.filter(pk__gte=middle).values_list("pk", field).first()
        if row is None or (row[1] is not None and row[1] >= moment):
            high = middle
        else:
            low = row[0] + 1
    return low
