"""The way of a message: what a text, an answer and a transfer enter, and what they ask of the database, at the door and in a worker.

Run it with `python -m benchmarks.way`. It plays the tests' site on an empty SQLite, lets `sys.setprofile` count our files and
functions, and SQLite itself the statements and commits. With `--list` it prints the functions' names too, in the order in which
they were entered first, and the statements.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
ROOT = str(Path(__file__).resolve().parent.parent) + os.sep
OURS = tuple(ROOT + app + os.sep for app in ("bridge", "seats", "chatbots", "analytics", "config"))


def entered(play: Callable[[], object]) -> dict[CodeType, None]:
    """Return the functions of ours that `play` enters, each once; comprehensions belong to the function they stand in."""
    found: dict[CodeType, None] = {}

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(OURS) and not code.co_name.startswith("<"):
            found[code] = None

    sys.setprofile(profile)
    try:
        play()
    finally:
        sys.setprofile(None)
    return found


@dataclass
class Statements:
    """What SQLite was asked: SELECT, INSERT, UPDATE and DELETE. Outside of a transaction each that writes is a commit of its own."""

    texts: list[str] = field(default_factory=list)
    commits: int = 0
    _inside: bool = False

    def note(self, text: str) -> None:
        """Take one statement in."""
        verb = text.split(maxsplit=1)[0].upper()
        if verb in ("BEGIN", "COMMIT", "ROLLBACK"):
            self._inside = verb == "BEGIN"
            self.commits += verb == "COMMIT"
        elif verb in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            self.texts.append(text)
            self.commits += verb != "SELECT" and not self._inside


@dataclass
class Way:
    """What one message entered and asked, at the door or in a worker."""

    functions: dict[CodeType, None]
    statements: Statements

    @classmethod
    def of(cls, play: Callable[[], object]) -> Way:
        """Play it and look on."""
        from django.db import connection

        connection.ensure_connection()
        asked = Statements()
        connection.connection.set_trace_callback(asked.note)
        try:
            return cls(entered(play), asked)
        finally:
            connection.connection.set_trace_callback(None)


@contextlib.contextmanager
def site() -> Iterator[Any]:
    """Yield the tests' site, on a database and a Redis of its own."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client
    from django.test.utils import setup_databases, setup_test_environment

    from bridge import http
    from bridge.inbox import spill
    from bridge.live import endpoints, parameters
    from config.run import embedded
    from tests.support.actors import FakePlatforms, Site

    # How long the machine takes makes no difference: what is remembered stays so, and the spill is always looked at.
    endpoints.SECONDS = parameters.SECONDS = 3600.0
    spill.GOOD_FOR = 0.0
    setup_test_environment()
    setup_databases(verbosity=0, interactive=False)
    data = Path(settings.DATA_DIR)
    server = subprocess.Popen(embedded.redis_command(data), stdout=subprocess.DEVNULL)
    try:
        while not embedded.redis_socket(data).exists():
            time.sleep(0.05)
        platforms = FakePlatforms()
        for name in ("post_json", "get_json", "get_stream", "post_file"):
            setattr(http, name, getattr(platforms, name))
        yield Site(Client(), platforms)
    finally:
        server.terminate()


def measure() -> None:
    """Print the table."""
    with site() as played:
        played.bob.groups.set([played.sales])
        played.login("alice")
        first, second = "oWayCustomer0000000000000001", "oWayCustomer0000000000000002"
        for openid in (first, second):
            # The first customer's messages only fill what a process remembers.
            ways = {
                "a first text": lambda openid=openid: played.customer_says("hello", openid),
                "an answer": lambda openid=openid: played.seat_says("hello", openid=openid),
                "a transfer": lambda openid=openid: played.seat_says("#transfer -n bob", openid=openid),
            }
            counted = {}
            for name, say in ways.items():
                if name == "a transfer":
                    played.login("bob")
                counted[name] = (Way.of(say), Way.of(played.work))
    print(f"{'':14}{'door':>24}{'worker':>24}{'both':>24}{'statements':>14}{'commits':>10}")
    for name, (door, worker) in counted.items():
        sizes = (_size(found) for found in (door.functions, worker.functions, door.functions | worker.functions))
        print(f"{name:14}" + "".join(f"{size:>24}" for size in sizes) + _asked(door.statements, worker.statements))
    if "--list" in sys.argv:
        for name, (door, worker) in counted.items():
            print(f"\n{name}", *(f"  {_name(code)}" for code in [*door.functions, *worker.functions]), sep="\n")
            print(
                *(f"  {' '.join(text.split())[:200]}" for text in (*door.statements.texts, *worker.statements.texts)),
                sep="\n",
            )


def _asked(door: Statements, worker: Statements) -> str:
    return f"{f'{len(door.texts)} + {len(worker.texts)}':>14}{f'{door.commits} + {worker.commits}':>10}"


def _size(found: dict[CodeType, None]) -> str:
    files = {code.co_filename for code in found}
    return f"{len(files)} files {len(found)} functions"


def _name(code: CodeType) -> str:
    return f"{code.co_filename.removeprefix(ROOT)} {getattr(code, 'co_qualname', code.co_name)}"


if __name__ == "__main__":
    measure()
