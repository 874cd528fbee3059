"""The thing whose number stands in the address of one of our own pages in the admin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

_NUMBER = re.compile("[0-9]{1,18}")  # what a table's numbers look like; more digits than that none has


def numbers(words: Iterable[str]) -> list[int]:
    """Return those of the words that may be a row's number."""
    return [int(one) for one in words if _NUMBER.fullmatch(one)]


def numbered(rows: QuerySet[Any], number: Any) -> QuerySet[Any]:
    """Return the row with this number, or none: also where it is no number, or one that no table has."""
    return rows.filter(pk=number) if _NUMBER.fullmatch(str(number)) else rows.none()


def found(rows: QuerySet[Any], number: Any) -> Any:
    """Return the row with this number. Raises: Http404."""
    row = numbered(rows, number).first()
    if row is None:
        raise Http404
    return row
