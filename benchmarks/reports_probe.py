"""Measures the queries of each dashboard and of the admin's lists on the database of the environment; prints JSON."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta

import django

django.setup()

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import report
from benchmarks.reports import DAYS
from bridge.base import clock

LISTS = {
    "conversations": "/admin/bridge/conversation/",
    "conversations, closed": "/admin/bridge/conversation/?status__exact=closed",
    "conversations, page 100": "/admin/bridge/conversation/?p=100",
    "conversations, last 7 days": "/admin/bridge/conversation/?since=week",
    "messages": "/admin/bridge/message/",
    "messages, of seats": "/admin/bridge/message/?side__exact=seat",
    "customers": "/admin/bridge/customer/",
    "deliveries, failed": "/admin/bridge/delivery/?state__exact=failed",
    "assignments": "/admin/seats/assignment/",
    "behind a number": "/admin/reports/behind/opened/",
}
# A count is good where it stops: around a query with a limit. Nothing is good that skips more than can be paged through.
_COUNT = re.compile(r"^SELECT COUNT\(\*\) AS .* FROM `(bridge_\w+|seats_assignment)`")
_OFFSET = re.compile(r"OFFSET (\d+)")


class Watch:
    """Adds up how long the database took, and looks at what it was asked."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., object], query: str, *rest: object) -> object:
        begins = time.perf_counter()
        try:
            return execute(query, *rest)
        finally:
            self.seconds += time.perf_counter() - begins
            assert not _COUNT.match(query), query
            assert all(int(skipped) <= 10_000 for skipped in _OFFSET.findall(query)), query


def timed(work: Callable[[], object]) -> float:
    work()  # the first time warms the server's pages
    watch = Watch()
    with connection.execute_wrapper(watch):
        work()
    return watch.seconds * 1000


def main() -> None:
    now = clock.now()
    today = timezone.localtime(now).date()
    scope = Scope(today - timedelta(days=DAYS - 1), today)
    found = {
        f"dashboard {name}": timed(lambda shape=shape: report(shape, scope, now)) for name, shape in DASHBOARDS.items()
    }
    admin, _made = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(admin)
    for name, address in LISTS.items():
        found[f"list {name}"] = timed(lambda address=address: client.get(address, headers={"host": "localhost"}))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
