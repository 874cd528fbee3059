"""Asks for each of the reports' pages in the tree and on the database of the environment; prints JSON. Runs in trees of any age."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from datetime import timedelta

import django

django.setup()

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

PAGES = ("overview", "accounts", "groups", "seats", "queue", "satisfaction", "delivery")
# Thirty days that are not over, one that is not, and thirty that are.
RANGES = {"30 days": (29, 0), "today": (0, 0), "30 days before": (59, 30)}
TIMES = 9


def asked(client: Client, address: str) -> dict[str, float]:
    """Return the fastest of some answers in milliseconds, by the clock and of this process alone, and how many queries one takes."""
    queries = 0

    def count(execute: Callable[..., object], *rest: object) -> object:
        nonlocal queries
        queries += 1
        return execute(*rest)

    spent, own = [], []
    for _time in range(TIMES):
        began, before = time.perf_counter(), time.process_time()
        with connection.execute_wrapper(count) if not spent else contextlib.nullcontext():
            answer = client.get(address, headers={"host": "localhost"})
        spent.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - before) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
    return {"ms": min(spent[1:]), "own": min(own[1:]), "queries": queries}


def main() -> None:
    admin, _made = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(admin)
    today = timezone.localtime(timezone.now()).date()
    days = {name: [today - timedelta(days=back) for back in range_] for name, range_ in RANGES.items()}
    found = {
        f"{page}, {name}": asked(client, f"/admin/reports/{page}/?from={first}&to={last}")
        for page in PAGES
        for name, (first, last) in days.items()
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
