"""Whether database, Redis and broker can be reached, said in one sentence each.

What prepares the site ends with it (`make run`, `manage.py migrate`); what serves says it and goes on, because web and
workers outlive a database, Redis or broker that is away for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from config import logs
from config.misconfigured import Misconfigured, sentence, without_password

logger = logging.getLogger(__name__)

_CHINESE = "无法连接，请检查服务是否已启动、地址和密码是否正确"
_ENGLISH = "it cannot be reached; is the server running, and are address and password right?"


def check(settings: Any) -> None:
    """Try each server that the settings name. Raises: Misconfigured, at the first that does not answer within seconds."""
    for said in away(settings):
        raise Misconfigured(said)


def say(settings: Any) -> None:
    """Say in the log which servers do not answer now, and go on."""
    logs.ready(settings)
    for said in away(settings):
        logger.error("%s", said)


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


def lacks_tables(error: Exception) -> bool:
    """Tell whether the database answered, and a table or a column is not there."""
    said = str(error.args[0] if error.args else "")
    return said in ("1054", "1146") or said.startswith(("no such table", "no such column"))


def without_tables(settings: Any, error: Exception) -> str:
    """Return the sentence for a database that was never migrated, or was by another version."""
    chinese = "数据库中缺少表或列，请先运行 manage.py migrate"
    english = "tables or columns are missing in it; run manage.py migrate first. It says"
    said = str(error.args[-1])[:200]
    return sentence(
        "DATABASE_URL", without_password(settings.DATABASE_URL), f"{chinese}（{said}）", f"{english}: {said}"
    )


def _database(settings: Any) -> None:
    from django.db import connection

    connection.ensure_connection()
    connection.close()


def _redis(settings: Any) -> None:
    from bridge.base.redis import connect

    connect(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3).ping()


def _broker(settings: Any) -> None:
    from config.celery import app

    with app.connection_for_write(connect_timeout=3) as broker:
        broker.ensure_connection(max_retries=len(broker.alt), timeout=3)
