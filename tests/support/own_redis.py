"""A Redis of a test's own, to be killed, frozen, emptied, filled up and brought back. It keeps nothing on the disk."""

from __future__ import annotations

import shutil

import redis

from tests.support.own import OwnServer

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")


def is_here() -> bool:
    """Tell whether a server can be started on this machine."""
    return bool(SERVER)


class OwnRedis(OwnServer):
    """A server that forgets all when it ends: the product must do without what was in it."""

    name = "redis"

    @property
    def url(self) -> str:
        return f"redis://{self.host}:{self.port}/0"

    def command(self) -> list[str]:
        words = ["--port", str(self.port), "--bind", self.host, "--save", "", "--appendonly", "no"]
        words += ["--protected-mode", "no"] if self.place.inside else []
        return [str(SERVER), *words, "--dir", str(self.home)]

    def flush(self) -> None:
        """Take away all that it holds."""
        self._client().flushall()

    def limit_memory(self, words: str) -> None:
        """Let it hold that much ("0": any amount) and refuse to write more."""
        self._client().config_set("maxmemory-policy", "noeviction")
        self._client().config_set("maxmemory", words)

    def _client(self) -> redis.Redis:
        return redis.Redis(self.host, self.port, socket_timeout=5)
