"""Cells of files that are made for spreadsheets: what people wrote is words there, and never a formula."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_UNSAFE = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"  # by which spreadsheets know that a CSV file is UTF-8


def guarded(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula.

    >>> [guarded(value) for value in ("==1+1", " @SUM(A1)", "plain", -3)]
    ["'==1+1", "' @SUM(A1)", 'plain', -3]
    """
    return f"'{value}" if isinstance(value, str) and _is_unsafe(value) else value


def guarded_row(row: Iterable[Any]) -> list[Any]:
    """Return a row of which no cell is a formula: every cell of every file goes through this."""
    return [guarded(value) for value in row]


def unguarded(value: Any) -> Any:
    """Return what `guarded` was given.

    >>> unguarded(guarded("=x")), unguarded("'tis")
    ('=x', "'tis")
    """
    return value[1:] if isinstance(value, str) and value.startswith("'") and _is_unsafe(value[1:]) else value


def _is_unsafe(value: str) -> bool:
    return value.startswith(_UNSAFE) or value.lstrip().startswith(_UNSAFE)
