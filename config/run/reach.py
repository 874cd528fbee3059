"""Whether database, Redis and broker can be reached, before anything is started that needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from config.environment import refuse, without_password

_CHINESE = "无法连接，请检查服务是否已启动、地址和密码是否正确"
_ENGLISH = "it cannot be reached; is the server running, and are address and password right?"


def check(settings: Any) -> None:
    """Try each server that the settings name. Raises: Misconfigured, at the first that does not answer within seconds."""
    tries: dict[str, Callable[[Any], None]] = {"DATABASE_URL": _database}
    if not settings.EMBEDDED_REDIS:
        tries["REDIS_URL"] = _redis
    if not settings.BROKER_URL.startswith("redis+socket://"):
        tries["BROKER_URL"] = _broker
    for name, attempt in tries.items():
        try:
            attempt(settings)
        except Exception as error:
            said = str(error.args[-1] if error.args else "")[:200].strip(" .") or type(error).__name__
            refuse(
                name, without_password(getattr(settings, name)), f"{_CHINESE}（{said}）", f"{_ENGLISH} It says: {said}"
            )


def _database(settings: Any) -> None:
    from django.db import connection

    connection.ensure_connection()


def _redis(settings: Any) -> None:
    import redis

    redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3).ping()


def _broker(settings: Any) -> None:
    from config.celery import app

    with app.connection_for_write(connect_timeout=3) as broker:
        broker.ensure_connection(max_retries=0, timeout=3)
