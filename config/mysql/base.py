"""Connections to the first of several servers that takes statements: `OPTIONS["hosts"]` has them in their order; without it, to the one.

A list, and no balancer in front: a connection that breaks is made anew anyway, and one thing less can break.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from typing import Any

from django.db.backends.mysql import base
from MySQLdb import Error

from bridge.base import lines
from config.mysql.schema import DatabaseSchemaEditor

logger = logging.getLogger(__name__)

AVOIDED = 5.0  # seconds for which a server that did not answer is asked last

Host = tuple[str, int]
_failed: dict[Host, float] = {}  # since when, by time.monotonic


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the first of the servers that takes statements, or to the one there is."""

    SchemaEditorClass = DatabaseSchemaEditor

    def get_connection_params(self) -> dict[str, Any]:
        """Return the driver's words, with the servers as `hosts`, those last that have just failed."""
        words: dict[str, Any] = super().get_connection_params()
        if "hosts" in words:
            words["hosts"] = ordered(words["hosts"], time.monotonic())
        return words

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect to the first server that takes statements. Raises: the last one's error where none does."""
        if "hosts" not in conn_params:
            return super().get_new_connection(conn_params)
        *others, last = conn_params["hosts"]
        for host in others:
            with contextlib.suppress(Error):
                return self._connect(host, conn_params)
        return self._connect(last, conn_params)

    def _connect(self, host: Host, words: dict[str, Any]) -> Any:
        words = {**words, "host": host[0], "port": host[1]}
        del words["hosts"]
        try:
            connection = super().get_new_connection(words)
            # One that is cut off from the majority lets people in, and refuses all they ask (1047).
            _ask(connection)
        except Error as error:
            _failed[host] = time.monotonic()
            logger.warning("the database at %s:%s does not serve (%s)", *host, error.args[0] if error.args else "")
            raise
        _failed.pop(host, None)
        _stay_awake(connection)
        return connection

    def is_usable(self) -> bool:
        """Tell whether the server still takes statements: one that was cut off answers a ping."""
        try:
            _ask(self.connection)
        except Error:
            return False
        return True


def ordered(hosts: list[Host], now: float) -> list[Host]:
    """Return the servers in their order, but last those that have failed within AVOIDED seconds before `now`."""
    return sorted(hosts, key=lambda host: now - _failed.get(host, -AVOIDED) < AVOIDED)


def _ask(connection: Any) -> None:
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute("SELECT 1")


def _stay_awake(connection: Any) -> None:
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in lines.ALIVE.items():
            line.setsockopt(socket.IPPROTO_TCP, option, value)
