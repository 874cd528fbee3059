"""What the pages and the processes of a failed test said, for its report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Error

from tests.support.stack import Stack

LONGEST = 4000  # characters of each


def said(fixtures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a title and the words of each page that is open, and of each site that runs, among a test's fixtures."""
    for value in fixtures.values():
        if isinstance(value, Stack):
            yield f"what {value.url} has logged", value.logs()[-LONGEST:]
        elif isinstance(value, Browser):
            yield from _pages(value)


def _pages(browser: Browser) -> Iterator[tuple[str, str]]:
    for page in [page for context in browser.contexts for page in context.pages]:
        try:
            yield f"what {page.url} shows", page.inner_text("body", timeout=2000)[:LONGEST]
        except Error as error:
            yield f"what {page.url} shows", f"cannot be read: {error}"
