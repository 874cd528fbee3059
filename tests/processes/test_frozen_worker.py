"""A worker frozen between a call and its write: its heir takes the lane, and the first one writes nothing any more."""

from __future__ import annotations

import signal

import pytest

from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.timeout(300)]
OPENID = "oFrozenCustomer000000000001"
ROW = """
from bridge.models import Delivery
for row in Delivery.objects.filter(message__preview="the answer", direction="customer"): print(row.state, row.attempts, row.code)
"""


def row(stack: Stack) -> str:
    """Return state, tries and code of what is owed to the customer."""
    return stack.manage("shell", "-v0", "-c", ROW).strip()


def test_the_first_one_writes_nothing():
    """WeChat has taken the answer, and the first worker comes back to say so: but the lane is its heir's by now.

    The heir knows that the call was made, not what came of it; so that is how it ends, and the seat reads it once.
    """
    with Stack({"alice": 5}, workers=1, LEASE_SECONDS="2", HTTP_TIMEOUT="20") as stack:
        stack.player.post("customer", account="shop", openid=OPENID, text="hello")
        came = stack.player.wait_for("hello", "im", 60)
        stack.player.post("fault", path="message/custom/send", delay=8, after=True)
        stack.player.post("seat", seat=came["seat"], to=came["peer"], text="the answer")
        stack.player.wait_for("the answer", "phone", 60)
        frozen = stack.workers[0]
        frozen.send_signal(signal.SIGSTOP)
        try:
            assert row(stack) == "sending 1"
            stack.workers.append(stack.start_worker())
            stack.player.post("customer", account="shop", openid=OPENID, text="still there?")
            stack.player.wait_for(
                "still there?", "im", 120
            )  # a call may have gone to the frozen one; the next comes with the sweep
            wait_until(lambda: row(stack).startswith("unknown"), said=stack.logs)
        finally:
            frozen.send_signal(signal.SIGCONT)
        log = stack.home / "worker.log"
        given_up = lambda: "went to another worker" in log.read_text() or not row(stack).startswith("unknown")  # noqa: E731
        wait_until(given_up, said=stack.logs)
        after = row(stack)
        stack.player.post("seat", seat=came["seat"], to=came["peer"], text="another")
        stack.player.wait_for("another", "phone", 60)
        texts = [entry["text"] for entry in stack.entries() if not entry["mine"]]
    assert after == "unknown 1 crash"
    assert texts.count("the answer") == 1
    assert sum("the answer" in text for text in texts) == 2, "the seat reads once that it may not have arrived"
