"""The load: customers and their seats who write to each other all the time."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from tests.support.stack import Stack

CUSTOMERS = 8
PAUSE = 0.5  # seconds between two messages of a customer, and of their seat
PATIENCE = 135.0  # seconds to wait for what was acknowledged
OWED = """
import json
from bridge.models import Delivery
rows = Delivery.objects.filter(message__preview__startswith={mark!r}).exclude(state="done")
print(json.dumps(dict(rows.values_list("message__preview", "state"))))
"""


def openid(number: int) -> str:
    return f"oChaosCustomer00000000000{number:03d}"


class Screens:
    """All that is on the sandbox's screens, read as it changes."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._after = 0
        self._entries: dict[int, dict[str, Any]] = {}

    def read(self) -> list[dict[str, Any]]:
        for entry in self._stack.state(self._after)["entries"]:
            self._after = max(self._after, entry["number"])
            self._entries[entry["id"]] = entry
        return list(self._entries.values())


class Load:
    """One case's messages, marked as its own; use as a context manager: outside of it nobody writes."""

    def __init__(self, stack: Stack, peers: dict[int, tuple[str, str]], mark: str, pause: float = PAUSE) -> None:
        self._stack, self._peers, self._mark, self._pause = stack, peers, mark, pause
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in peers]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        seat, peer = self._peers[number]
        self._over.wait(self._pause * number / len(self._peers))
        index = 0
        while not self._over.wait(self._pause):
            post = self._stack.player.post
            post("customer", account="shop", openid=openid(number), text=f"{self._mark}c{number}-{index}")
            post("seat", seat=seat, to=peer, text=f"{self._mark}s{number}-{index}")
            index += 1


def open_chats(stack: Stack) -> dict[int, tuple[str, str]]:
    """Let every customer write a first message; return which seat has them, and by which name."""
    for number in range(CUSTOMERS):
        stack.player.post("customer", account="shop", openid=openid(number), text=f"hello {number}")
    found = {}
    for number in range(CUSTOMERS):
        entry = stack.player.wait_for(f"hello {number}", "im", 120)
        found[number] = (entry["seat"], entry["peer"])
    return found


def wait_until_through(stack: Stack, screens: Screens, mark: str, patience: float = PATIENCE) -> dict[str, str]:
    """Wait until all that was acknowledged is delivered, or stands as unknown; return what is owed still, with its states."""
    deadline, before = time.monotonic() + patience, None
    while True:
        missing, under_way = _missing(screens.read(), mark)
        late = time.monotonic() > deadline
        # Asking costs a process: only where nothing comes any more.
        if late or (not under_way and missing in (set(), before)):
            owed = _owed(stack, mark)
            if late or missing <= {text for text, state in owed.items() if state == "unknown"}:
                return owed
        before = missing
        time.sleep(0.5)


def _missing(entries: list[dict[str, Any]], mark: str) -> tuple[set[str], bool]:
    """Return what was acknowledged and is on no screen of the other side, and whether any push waits for its acknowledgement."""
    ours = [one for one in entries if one["text"].startswith(mark)]
    came = {one["text"] for one in ours if not one["mine"]}
    written = [one for one in ours if one["mine"]]
    missing = {one["text"] for one in written if one["state"] == "acked"} - came
    return missing, any(one["state"] == "sending" for one in written)


def _owed(stack: Stack, mark: str) -> dict[str, str]:
    return json.loads(stack.manage("shell", "-v0", "-c", OWED.format(mark=mark)).splitlines()[-1])
