"""What all tests share: the embedded Redis, a small site, a customer and a seat who speak the real protocols."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from bridge import http
from bridge.live import endpoints, parameters
from config.run import embedded
from tests.support import fresh, order, prepared
from tests.support.actors import FakePlatforms, Site
from tests.support.routing import Day


def pytest_configure() -> None:
    prepared.share()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order.mark_once(items)
    # The longest first, so that no process has one left when the others are through.
    items.sort(key=lambda item: not order.starts_processes(item))


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
def _fresh(monkeypatch):
    """Nothing of one test is remembered in the next, nor accounts within one: a test changes them and goes on at once."""
    monkeypatch.setattr(endpoints, "SECONDS", 0.0)
    monkeypatch.setattr(parameters, "SECONDS", 3600.0)
    fresh.forget()


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
