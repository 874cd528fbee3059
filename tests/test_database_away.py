"""MariaDB goes away while pushes come in: each is acknowledged, kept by the broker, stored later, and arrives."""

from __future__ import annotations

import time

import pytest

from config import demo
from tests.stack import Stack, services

pytestmark = [
    pytest.mark.workers,
    pytest.mark.services,
    pytest.mark.timeout(240),
    pytest.mark.skipif("DATABASE_URL" not in services(), reason="needs a database server to take away"),
]


def wait_until(check, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_acknowledged_means_kept_even_without_the_database():
    with Stack({"alice": 5}, workers=2, threads=2) as stack:
        say = lambda text: stack.player.post("customer", account="shop", openid=demo.OPENID, text=text)  # noqa: E731
        say("before")
        stack.player.wait_for("before", "im", 30)
        # The server takes the site's rights and connections away, and gives them back later.
        stack.refuse_database()
        say("while it was away")
        wait_until(lambda: "acked" in [e["state"] for e in stack.entries() if e["text"] == "while it was away"])
        assert stack.health()["checks"]["database"] == "down"
        stack.admit_database()
        stack.player.wait_for("while it was away", "im", 90)
        say("afterwards")
        stack.player.wait_for("afterwards", "im", 30)
        texts = [e["text"] for e in stack.entries() if e["side"] == "im" and not e["mine"]]
        assert [text for text in texts if not text.startswith("【")] == ["before", "while it was away", "afterwards"]
