"""The health pages: /livez while the web process runs, /healthz when everything a message needs is alive.

What texts do not need, the storage of files and the exchange log, is "degraded" where it does not work, and so is an endpoint
whose callbacks are all refused: this site still does its job, so it stays in its load balancer (200), and whoever watches
reads it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from analytics.facts import checking
from bridge.base import secrets
from bridge.base.redis import client
from bridge.inbox import spill
from bridge.media import probe
from bridge.observe import exchanges, liveness, refusals
from config.celery import app

logger = logging.getLogger(__name__)


class Degraded(Exception):
    """Something does not work that texts do not need."""


def _database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        # The connection may only have gone stale: the next check, and the next request, begin with a new one.
        connection.close()
        raise


def _redis() -> None:
    client().ping()


def _broker() -> None:
    with app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=len(broker.alt), timeout=2)


def _process(who: str) -> Callable[[], None]:
    def check() -> None:
        if not liveness.alive(who):
            raise RuntimeError(f"no sign of life from {who}")

    return check


def _secrets() -> None:
    """With another SECRET_KEY every secret reads as empty, and no push is let in."""
    if secrets.unreadable():
        raise RuntimeError("stored secrets cannot be read: SECRET_KEY was changed")


def _storage() -> None:
    """Files wait for it; texts don't."""
    try:
        probe.check()
    except Exception as error:
        raise Degraded("files cannot be stored") from error


def _exchanges() -> None:
    if exchanges.late():
        raise Degraded("the exchange log is not written")


def _callbacks() -> None:
    for endpoint, _refused in refusals.shut_out():
        raise Degraded(f"all callbacks of {endpoint} are refused")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "redis": _redis,
    "broker": _broker,
    "secrets": _secrets,
    "storage": _storage,
    "worker": _process("worker"),
    "beat": _process("beat"),
    "exchanges": _exchanges,
    "callbacks": _callbacks,
}


def _outcome(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Degraded as error:
        logger.warning("health: %s: %s", name, error)
        return "degraded"
    except Exception as error:
        logger.warning("health: %s: %s", name, type(error).__name__)
        return "down"
    return "ok"


def outcomes() -> dict[str, str]:
    """Return how each part is: "ok", "degraded" or "down"."""
    return {name: _outcome(name, check) for name, check in CHECKS.items()}


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when all that texts need is alive, else 503; `checks` says which part is "down" or "degraded".

    `waiting_for_database` is how many events the broker keeps until the database takes them, null where it cannot say.
    `reports` is when their numbers were last counted a second time, and how many differed; null where they were not.
    """
    checks = outcomes()
    worst = next((state for state in ("down", "degraded") if state in checks.values()), "ok")
    numbers = _numbers()
    if worst == "ok" and numbers and numbers["differing"]:
        worst = "degraded"
    answer = {"status": worst, "checks": checks, "waiting_for_database": _spilled(), "reports": numbers}
    return JsonResponse(answer, status=503 if worst == "down" else 200)


def _spilled() -> int | None:
    try:
        return spill.count()
    except spill.BROKER_ERRORS:
        return None


def _numbers() -> dict[str, Any] | None:
    try:
        found = checking.outcome()
    except Error:
        return None
    return {"checked_at": found[0], "differing": found[1]} if found else None


def livez(request: HttpRequest) -> JsonResponse:
    """Answer 200: the web process runs."""
    return JsonResponse({"status": "ok"})
