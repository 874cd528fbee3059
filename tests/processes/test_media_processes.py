"""Files in real processes: a worker killed while it decodes, and large uploads that nobody holds in memory."""

from __future__ import annotations

import threading
import time

import psutil
import pytest

from tests.bridge.platforms.test_content_table import PASSWORD, Talk, element
from tests.support import kinds
from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.once, pytest.mark.timeout(300)]
MB = 1024**2


@pytest.fixture(scope="module")
def talk():
    rules = {"MEDIA_ALLOW_PRIVATE": "1", "MEDIA_ALLOWED_HOSTS": "127.0.0.1"}
    with Stack({"alice": 50}, workers=1, threads=2, static=True, **rules) as running:
        running.manage("shell", "-v0", "-c", PASSWORD)
        yield Talk(running)


def heavy() -> bytes:
    """Return a film that takes some seconds to convert."""
    options = {"x265-params": "log-level=none", "preset": "ultrafast"}
    return kinds.film("mov", "libx265", (1280, 720), 240, 30, **options)


def tools(stack: Stack) -> list[psutil.Process]:
    """Return the decoders at work for this site."""
    return [
        one for worker in stack.workers if worker.poll() is None for one in psutil.Process(worker.pid).children(recursive=True)
        if "bridge.media.tool.run" in " ".join(one.cmdline())
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["customer", "client"])
def test_a_worker_killed_while_decoding_loses_and_doubles_nothing(talk, way):
    stack = talk.stack
    kind = kinds.Kind("heavy", "", "", "video", "a.mov", heavy)
    getattr(talk, way)(kind)
    (decoder, *_others) = wait_until(lambda: tools(stack))
    stack.kill_worker(0)
    psutil.wait_procs([decoder], timeout=5)
    assert not decoder.is_running()
    fresh = talk.pause()  # a text each way behind it: all of it has arrived by then, in order
    wanted = "TIMVideoFileElem" if way == "customer" else "video"
    assert [one["kind"] for one in fresh] == [wanted]


def test_a_large_upload_is_held_by_nobody(talk):
    """60 MB from the desk to the customer's page: neither web nor worker grows by more than a few MB."""
    stack, size = talk.stack, 60 * MB
    small = kinds.Kind("small", "", "", "file", "a.bin", lambda: b"\0\1" * 1000)
    talk.desk(small)
    talk.pause()
    processes = [psutil.Process(one.pid) for one in (stack.web, *stack.workers)]
    before = [sum(one.memory_info().rss for one in [it, *it.children(recursive=True)]) for it in processes]
    highest = list(before)
    body = kinds.Kind("large", "", "", "file", "b.bin", lambda: b"\0\1" * (size // 2))
    sending = threading.Thread(target=talk.desk, args=(body,))
    sending.start()
    while sending.is_alive():
        now = [sum(one.memory_info().rss for one in [it, *it.children(recursive=True)]) for it in processes]
        highest = [max(pair) for pair in zip(highest, now, strict=True)]
        time.sleep(0.02)
    fresh = talk.pause()
    assert [one["kind"] for one in fresh if one["side"] == "phone"] == ["text"]
    assert [after - was < 12 * MB for was, after in zip(before, highest, strict=True)] == [True, True]


def test_the_same_film_in_two_conversations_at_once(talk):
    """Both get it, and it is stored once."""
    stack, openid = talk.stack, "oContentTableCustomer0000002"
    stack.player.post("customer", account="shop", openid=openid, text="me too")
    other = stack.player.wait_for("me too", "im", 60)
    film = kinds.Kind("film", "", "", "video", "a.mov", kinds.mov)
    file = talk._upload(film)
    for peer in (talk.peer, other["peer"]):
        stack.player.post("seat", seat=talk.seat, to=peer, elements=[element(film, file["url"], file["size"])])
    before = talk.seen

    def films() -> list[str]:
        new = [
            one for one in stack.entries() if one["kind"] == "video" and one["side"] == "phone" and one["id"] > before
        ]
        return [one["openid"] for one in new]

    wait_until(lambda: len(films()) >= 2)
    talk.pause()
    assert len(films()) == len(set(films())) == 2


def test_other_lanes_go_on_while_one_decodes(talk):
    """The bench is taken by a film for a while; words of another customer do not wait for it."""
    stack, openid = talk.stack, "oContentTableCustomer0000003"
    stack.player.post("customer", account="shop", openid=openid, text="quick one")
    stack.player.wait_for("quick one", "im", 60)
    talk.customer(kinds.Kind("heavy", "", "", "video", "a.mov", heavy))
    wait_until(lambda: tools(stack))
    stack.player.post("customer", account="shop", openid=openid, text="still quick")
    quick = stack.player.wait_for("still quick", "im")
    (film,) = [one for one in talk.pause() if one["kind"] == "TIMVideoFileElem"]
    assert quick["id"] < film["id"], "it has overtaken the film"
