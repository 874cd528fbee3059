"""What doors know of endpoints, kept encrypted in Redis for a process that starts while the database is away.

Such a process knows no account, so it could acknowledge nothing, although the broker would keep each push until the
database is back. Only then is this read; what is kept is never preferred to what the database said.

Redis is a place where others may read and write. So each value is encrypted and signed as secrets at rest are, and says
within that whose it is and when the database last said so: one that was put under another name, that is older than
`SECONDS`, that another release wrote in another shape, or that anybody without the key has made counts as not there.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass
from typing import Any, Generic, TypeVar

import redis
from cryptography.fernet import InvalidToken

from bridge.base import clock
from bridge.base.fields import cipher
from bridge.base.outage import Outage
from bridge.base.redis import client

SECONDS = 30 * 86400  # for which a value counts after the database last said it
ASKED = 1.0  # seconds between two deletions of values that this process has not written itself
T = TypeVar("T")


def shape_of(words: object) -> str:
    """Return a short mark of what a value is made of, which differs where another release makes it of something else.

    `words`: a dataclass, whose fields' names and types count, or what else tells two shapes apart.
    """
    if isinstance(words, type) and is_dataclass(words):
        words = [(field.name, str(field.type)) for field in fields(words)]
    return hashlib.sha256(repr(words).encode()).hexdigest()[:16]


class Kept(Generic[T]):
    """Values of one `kind` by their names, made by `make` from what JSON can say; `shape` as `shape_of` returns it."""

    def __init__(self, kind: str, make: Callable[..., T], shape: str) -> None:
        self.kind = kind
        self._make = make
        self._shape = shape
        # What the database has said, and when (seconds since the epoch).
        self._noted: dict[str, tuple[T, float]] = {}
        self._owed: set[str] = set()
        self._next_deletion = 0.0
        self._redis = Outage()  # a silent one would keep each push waiting
        self._lock = threading.Lock()

    def note(self, name: str, value: T | None) -> bool:
        """Take what the database has just said, None for nothing; tell whether `write` is owed now. Cheap, asks nobody."""
        if value is None:
            return self._note_gone(name)
        before = self._noted.get(name)
        with self._lock:
            self._noted[name] = value, clock.now().timestamp()
            if before and before[0] == value:
                return False
            self._owed.add(name)
            return True

    def _note_gone(self, name: str) -> bool:
        with self._lock:
            if self._noted.pop(name, None) is None:
                # Another process may have kept it, or a stranger asks for what there never was: now and then it is deleted.
                if time.monotonic() < self._next_deletion:
                    return False
                self._next_deletion = time.monotonic() + ASKED
            self._owed.add(name)
            return True

    def names(self) -> list[str]:
        """Return the names of all that the database has said there is, as far as this process has asked."""
        return list(self._noted)

    def owe_all(self) -> None:
        """Let `write` write everything anew: Redis may have lost it, and its time begins afresh."""
        with self._lock:
            self._owed |= set(self._noted)

    def write(self) -> None:
        """Write what is owed, and delete what is gone. Without Redis it stays owed."""
        with self._lock:
            owed, self._owed = self._owed, set()
            noted = {name: self._noted.get(name) for name in owed}
        try:
            self._write(noted)
        except redis.RedisError:
            with self._lock:
                self._owed |= owed

    def _write(self, noted: dict[str, tuple[T, float] | None]) -> None:
        if not noted:
            return
        now = clock.now().timestamp()
        with client().pipeline(transaction=False) as calls:
            for name, said in noted.items():
                left = int(said[1] + SECONDS - now) if said else 0
                if said and left > 0:
                    calls.set(self._key(name), self._sealed(name, *said), ex=left)
                else:
                    calls.delete(self._key(name))
            calls.execute()

    def read(self, name: str) -> T | None:
        """Return what is kept under `name`; None where nothing is that counts, and where Redis is away."""
        if self._redis.lasts():
            return None
        try:
            sealed = client().get(self._key(name))
        except redis.RedisError:
            self._redis.seen()
            return None
        except UnicodeDecodeError:
            return None
        self._redis.over()
        return self._opened(name, sealed)

    def _key(self, name: str) -> str:
        return f"bridge:kept:{self.kind}:{name}"

    def _sealed(self, name: str, value: Any, said_at: float) -> str:
        words = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        text = json.dumps([self._key(name), self._shape, said_at, words])
        return cipher().encrypt(text.encode()).decode()

    def _opened(self, name: str, sealed: Any) -> T | None:
        # Whatever is wrong is not told: the words of an error could hold what was decrypted.
        try:
            key, shape, said_at, words = json.loads(cipher().decrypt(str(sealed).encode()))
            if (key, shape) != (self._key(name), self._shape) or clock.now().timestamp() - said_at >= SECONDS:
                return None
            return self._make(**words)
        except (InvalidToken, ValueError, TypeError):
            return None
