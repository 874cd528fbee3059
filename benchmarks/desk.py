"""200 desks at one web process, 50 messages a second: from the customer's push to the event on the seat's desk.

Real processes on all cores: web, two workers, and a platform that says yes to everything.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import time
from typing import Any

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

from benchmarks import load, site
from benchmarks.door import push
from bridge.models import Conversation, InboundEvent
from seats.models import Seat, SeatGroup

DESKS, RATE, SECONDS = 200, 50, float(os.environ.get("BENCH_DESK_SECONDS", "12"))
MARK = re.compile(rb"mark-(\d+)-")


def _seats() -> list[str]:
    """Make one seat for each desk, with room for one conversation; return the keys of their sessions."""
    Seat.objects.all().delete()
    group, keys = SeatGroup.objects.get(slug="sales"), []
    for number in range(DESKS):
        user = User.objects.create(username=f"desk{number}")
        seat = Seat.objects.create(user=user, im_user_id=f"desk{number}", capacity=1, online=True)
        seat.groups.add(group)
        session = SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session.save()
        keys.append(session.session_key or "")
    return keys


class Listeners:
    """All desks, in one event loop; `heard` is when each mark was seen, and on how many desks."""

    def __init__(self, port: int, keys: list[str]) -> None:
        self.port, self.keys = port, keys
        self.heard: dict[int, list[float]] = {}
        self._open: list[Any] = []

    async def connect(self) -> None:
        for key in self.keys:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
            cookie = f"{settings.SESSION_COOKIE_NAME}={key}"
            writer.write(f"GET /desk/stream/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head, head
            self._open.append((writer, asyncio.create_task(self._read(reader))))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if found := MARK.search(line.partition(b'"bubbles":')[2]):
                self.heard.setdefault(int(found[1]), []).append(time.perf_counter())

    def close(self) -> None:
        for writer, task in self._open:
            task.cancel()
            writer.close()


class Pushes:
    """Sends pushes at a steady rate, whether or not the ones before are answered, over a few connections."""

    def __init__(self, port: int) -> None:
        self.port, self.sent = port, {}
        self._lines: asyncio.Queue[Any] = asyncio.Queue()

    async def run(self, count: int, rate: float, text: str) -> None:
        for _number in range(8):
            self._lines.put_nowait(await asyncio.open_connection("127.0.0.1", self.port))
        began, tasks = time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(self._one(number, text)))
        await asyncio.gather(*tasks)

    async def _one(self, number: int, text: str) -> None:
        self.sent[number] = time.perf_counter()
        reader, writer = line = await self._lines.get()
        writer.write(
            push(
                f"oDeskCustomer{number % DESKS:015d}",
                text.format(number),
                int(time.time_ns() // 1000) * 10 + number % 10,
            )
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head, head
        await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))  # type: ignore[index]
        self._lines.put_nowait(line)


async def _run(port: int, keys: list[str], web: psutil.Process) -> dict[str, Any]:
    await Pushes(port).run(DESKS, RATE, "first of {}")
    while (assigned := await asyncio.to_thread(Conversation.objects.filter(status="assigned").count)) < DESKS:
        print(f"  {assigned} of {DESKS} customers have a seat", end="\r", flush=True)
        await asyncio.sleep(1)
    warm = Listeners(port, keys[:1])
    await warm.connect()
    await asyncio.sleep(1)
    warm.close()
    before = web.memory_full_info().uss
    listeners, pushes = Listeners(port, keys), Pushes(port)
    await listeners.connect()
    await asyncio.sleep(5)
    idle = web.memory_full_info().uss
    busy, count = web.cpu_times(), int(RATE * SECONDS)
    began = time.perf_counter()
    await pushes.run(count, RATE, "mark-{}-")
    await asyncio.sleep(3)
    took, now = time.perf_counter() - began, web.cpu_times()
    doubled = [number for number, times in listeners.heard.items() if len(times) > 1]
    missed = count - len(listeners.heard)
    times = sorted((listeners.heard[number][0] - pushes.sent[number]) * 1000 for number in listeners.heard)
    share = (now.user + now.system - busy.user - busy.system) / took
    found = {
        "p50": round(statistics.median(times), 1),
        "p95": round(times[int(len(times) * 0.95)], 1),
        "kilobytes": round((idle - before) / DESKS / 1024),
        "core": round(share, 2),
    }
    print(
        f"desk: {DESKS} desks at one web process, {RATE} messages/s for {SECONDS:.0f} s: push to event "
        f"p50 {found['p50']:.0f} ms, p95 {found['p95']:.0f} ms, max {times[-1]:.0f} ms (goal p95 1,000); "
        f"{missed} missed, {len(doubled)} doubled; {found['kilobytes']} KB for an idle desk; web used {share:.0%} of a core"
    )
    listeners.close()
    assert not missed, "messages that no desk heard of"
    return found


def measure() -> dict[str, Any]:
    """Print the times from push to event, and what an idle desk costs; return the figures."""
    InboundEvent.objects.all().delete()
    Conversation.objects.all().delete()
    keys, port = _seats(), load.free_port()
    with site.platforms(), site.running([site.WEB, *site.workers()], PORT=str(port)) as processes:
        load.wait_for(port)
        return asyncio.run(_run(port, keys, psutil.Process(processes[0].pid)))
