"""A whole site is started while the database is away: its doors acknowledge, the broker keeps, and all goes on by itself."""

from __future__ import annotations

from typing import Any

import pytest

from config.run import demo
from tests.support.own_mariadb import OwnMariaDB, is_here
from tests.support.stack import Stack, lives, services
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.workers,
    pytest.mark.services,
    pytest.mark.once,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not is_here(), reason="needs MariaDB's server to start one that can be killed"),
]
KEPT = """
from bridge.platforms.tencent_im.door_app import door_app
from bridge.platforms.wechat.door_accounts import accounts
print(all((accounts._kept.read("shop"), door_app._kept.read(""))))
"""


def is_kept(stack: Stack) -> bool:
    return stack.manage("shell", "-v0", "-c", KEPT).split()[-1] == "True"


def start_anew(stack: Stack) -> None:
    """As after a power cut: everything of the site begins afresh."""
    running = [stack.web, stack.beat, *stack.workers]
    for process in running:
        process.kill()
    for process in running:
        process.wait()
    stack.start_web()
    stack.start_beat()
    stack.workers[:] = [stack.start_worker() for _worker in running[2:]]


def states(stack: Stack, text: str) -> list[str]:
    """Return what became of the pushes of a text, once the platforms have repeated them as often as they do."""
    found = [one["state"] for one in stack.entries() if one["text"] == text and one["mine"]]
    return [] if "sending" in found else found


def read(stack: Stack, side: str) -> list[str]:
    """Return what arrived on that side, in order."""
    found = [one["text"] for one in stack.entries() if one["side"] == side and not one["mine"]]
    return [text for text in found if text.startswith("m")]


def say(stack: Stack, what: str, chat: dict[str, Any]) -> None:
    """Let the customer and their seat write, and wait until both doors have acknowledged."""
    stack.player.post("customer", account="shop", openid=demo.OPENID, text=f"m-c{what}")
    stack.player.post("seat", seat=chat["seat"], to=chat["peer"], text=f"m-s{what}")
    for text in (f"m-c{what}", f"m-s{what}"):
        assert wait_until(lambda text=text: states(stack, text), said=stack.logs) == ["acked"]


@pytest.mark.parametrize("what", ["killed", "frozen"])
def test_it_acknowledges_keeps_and_goes_on(what):
    given = {name: url for name, url in services().items() if name != "DATABASE_URL"}
    with (
        OwnMariaDB() as database,
        Stack({"alice": 6}, workers=2, threads=2, server=database.url, **given) as stack,
    ):
        stack.player.post("customer", account="shop", openid=demo.OPENID, text="m-c0")
        chat = stack.player.wait_for("m-c0", "im")
        wait_until(lambda: is_kept(stack), said=stack.logs)
        {"killed": database.kill, "frozen": database.freeze}[what]()
        start_anew(stack)
        wait_until(lambda: lives(stack.port), said=stack.logs)
        for number in range(1, 4):
            say(stack, str(number), chat)
        health = stack.health()
        assert health["status"] == health["checks"]["database"] == "down"
        # A worker may have some of the six in its hands, to store them as soon as it can.
        assert 0 < health["waiting_for_database"] <= 6
        assert read(stack, "im") == ["m-c0"]
        {"killed": database.start, "frozen": database.thaw}[what]()
        say(stack, "4", chat)
        wait_until(lambda: len(read(stack, "im")) >= 5 and len(read(stack, "phone")) >= 4, said=stack.logs)
        stack.wait_healthy()
        assert read(stack, "im") == [f"m-c{number}" for number in range(5)]
        assert read(stack, "phone") == [f"m-s{number}" for number in range(1, 5)]
        assert stack.health()["waiting_for_database"] == 0
