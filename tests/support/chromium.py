"""Chromium for the tests of pages: where it is, how it is started, and how such tests are marked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = os.environ.get("SCREENSHOTS")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.workers,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium"),
]
# Of pages that are the same on every database.
ONCE_IN_CHROMIUM = [*IN_CHROMIUM, pytest.mark.once, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, one for all tests of a file: to start it takes a second of the processor's time."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """Chromium without the pages of the test before."""
    yield chromium
    for context in chromium.contexts:
        context.close()


def wait_for(page, condition: str, seconds: float = PATIENCE) -> None:
    """Wait until the JavaScript expression is true. Playwright's own wait evaluates in the page, which our pages' policy refuses."""
    wait_until(
        lambda: page.evaluate(condition), seconds, said=lambda: condition, pause=100, sleep=page.wait_for_timeout
    )


def make_as_wide(page, width: int, height: int = 900) -> None:
    """Give the page another width, in pixels, and wait until it has been drawn anew: cheaper than to load it once for each."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def shot(page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png")
