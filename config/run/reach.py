"""Whether database, Redis and broker can be reached, said in one sentence each.

What prepares the site ends with it (`make run`, `manage.py migrate`); what serves says it and goes on, because web and
workers outlive a database, Redis or broker that is away for a while.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from config.environment import Misconfigured, sentence, without_password

_CHINESE = "无法连接，请检查服务是否已启动、地址和密码是否正确"
_ENGLISH = "it cannot be reached; is the server running, and are address and password right?"


def check(settings: Any) -> None:
    """Try each server that the settings name. Raises: Misconfigured, at the first that does not answer within seconds."""
    for said in away(settings):
        raise Misconfigured(said)


def say(settings: Any) -> None:
    """Say on stderr which servers do not answer now, and go on."""
    for said in away(settings):
        print(said, file=sys.stderr, flush=True)


def away(settings: Any) -> Iterator[str]:
    """Yield a sentence for each server that the settings name and that does not answer within seconds."""
    tries: dict[str, Callable[[Any], None]] = {"DATABASE_URL": _database}
    if not settings.EMBEDDED_REDIS:
        tries["REDIS_URL"] = _redis
    if not settings.BROKER_URL.startswith("redis+socket://"):
        tries["BROKER_URL"] = _broker
    for name, attempt in tries.items():
        try:
            attempt(settings)
        except Exception as error:
            yield of(name, settings, error)


def of(name: str, settings: Any, error: Exception) -> str:
    """Return the sentence for the server that the setting `name` names, after it was tried in vain."""
    said = str(error.args[-1] if error.args else "")[:200].strip(" .") or type(error).__name__
    return sentence(
        name, without_password(getattr(settings, name)), f"{_CHINESE}（{said}）", f"{_ENGLISH} It says: {said}"
    )


def _database(settings: Any) -> None:
    from django.db import connection

    connection.ensure_connection()
    connection.close()


def _redis(settings: Any) -> None:
    import redis

    redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3).ping()


def _broker(settings: Any) -> None:
    from config.celery import app

    with app.connection_for_write(connect_timeout=3) as broker:
        broker.ensure_connection(max_retries=0, timeout=3)
