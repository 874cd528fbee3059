"""What all tests share: the embedded Redis, a small site, a customer and a seat who speak the real protocols."""

from __future__ import annotations

import gc
import subprocess
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation
from django.utils.translation import override

from bridge import http
from bridge.live import endpoints, parameters
from config.run import embedded
from tests.support import fresh, order, overdue, prepared, telling, unchanged
from tests.support.actors import FakePlatforms, Site
from tests.support.chromium import browser, chromium
from tests.support.routing import Day

__all__ = ["browser", "chromium"]  # fixtures

# Nearly all that is imported and collected stays to the end: to look through it again and again takes a third of that time.
gc.disable()


def pytest_configure() -> None:
    prepared.share()
    overdue.forget()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order.mark_once(items)
    # The longest first, so that no process has one left when the others are through.
    items.sort(key=order.place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function, call: pytest.CallInfo[None]):
    """A failure in real processes or in Chromium is told with what these said: it may not come a second time."""
    report = yield
    if report.failed and call.when == "call":
        report.sections += telling.said(getattr(item, "funcargs", {}))
    overdue.mark(report, call)
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    overdue.note(report)


@pytest.fixture(scope="session", autouse=True)
def _redis_server():
    """Run the embedded server where no Redis is named."""
    if not settings.EMBEDDED_REDIS:
        yield
        return
    with subprocess.Popen(embedded.redis_command(Path(settings.DATA_DIR)), stdout=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 10
        while not embedded.redis_socket(Path(settings.DATA_DIR)).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield
        server.terminate()


@pytest.fixture(autouse=True)
def _fresh(request, monkeypatch):
    """Nothing of one test is remembered in the next, nor accounts that a test has changed: it changes them and goes on at once.

    Where other connections change them, that is not seen here, so there nothing is remembered at all. A page that was asked for
    in another language leaves the thread in it.
    """
    translation.deactivate()
    alone = not order.commits(request.node)
    monkeypatch.setattr(endpoints, "SECONDS", unchanged.SECONDS if alone else 0.0)
    monkeypatch.setattr(parameters, "SECONDS", 3600.0)
    fresh.forget()
    with connection.execute_wrapper(unchanged.watch):
        yield


@pytest.fixture
def english():
    """Let the product speak English."""
    with override("en"):
        yield


@pytest.fixture
def platforms(monkeypatch):
    """Both platforms' APIs at the one place that talks HTTP."""
    fake = FakePlatforms()
    for name in ("post_json", "get_json", "get_stream", "post_file"):
        monkeypatch.setattr(http, name, getattr(fake, name))
    return fake


@pytest.fixture
def site(db, platforms, client):
    """One account, two groups, two seats; nobody is online yet."""
    return Site(client, platforms)


@pytest.fixture
def talking(site):
    """A customer wrote, and a seat has them."""
    site.login("alice")
    site.customer_says("hello")
    site.work()
    return site


@pytest.fixture
def day(site, platforms):
    """The site with a clock that stands still until it is moved."""
    with Day(site, platforms).running() as running:
        yield running
