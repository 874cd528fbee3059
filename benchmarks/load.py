"""Load on a server, over a few connections: as fast as each gets its answers (`run`), or at a steady rate (`steady`)."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass, field


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens there. TimeoutError after 30 seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)


@dataclass
class Result:
    """What a run measured: seconds in all, and each request's milliseconds."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time in ms that `share` of the requests stayed under."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.began = 0.0

    def send(self, request: bytes, began: float = 0.0) -> None:
        """Send a request that was due at `began`, or is now."""
        self.buffer, self.began = b"", began or time.perf_counter()
        self.socket.sendall(request)

    def answer(self) -> bytes | None:
        """Return the whole answer, None while it is not there yet."""
        self.buffer += self.socket.recv(65536)
        head, gap, body = self.buffer.partition(b"\r\n\r\n")
        if not gap:
            return None
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        return self.buffer if len(body) >= length else None


def run(port: int, requests: list[bytes], connections: int = 16) -> Result:
    """Send all `requests`; return what was measured."""
    result, waiting = Result(), iter(requests)
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    for _number in range(connections):
        connection = _Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(next(waiting))
    while selector.get_map():
        for key, _events in selector.select():
            connection = key.data
            answer = connection.answer()
            if answer is None:
                continue
            result.times.append((time.perf_counter() - connection.began) * 1000)
            result.refused += not answer.startswith(b"HTTP/1.1 200")
            request = next(waiting, None)
            if request is None:
                selector.unregister(connection.socket)
                connection.socket.close()
            else:
                connection.send(request)
    result.seconds = time.perf_counter() - began
    return result


def steady(port: int, requests: list[bytes], rate: float, connections: int = 32) -> Result:
    """Send `rate` requests a second, whatever becomes of those before.

    One that has to wait for a connection counts from when it was due.
    """
    result, selector = Result(), selectors.DefaultSelector()
    idle = [_Connection(port) for _number in range(connections)]
    for connection in idle:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    began, sent = time.perf_counter(), 0
    while len(result.times) < len(requests):
        while idle and sent < len(requests) and (due := began + sent / rate) <= time.perf_counter():
            idle.pop().send(requests[sent], due)
            sent += 1
        wait = began + sent / rate - time.perf_counter() if idle and sent < len(requests) else 1.0
        for key, _events in selector.select(max(wait, 0.0)):
            connection = key.data
            if (answer := connection.answer()) is not None:
                result.times.append((time.perf_counter() - connection.began) * 1000)
                result.refused += not answer.startswith(b"HTTP/1.1 200")
                idle.append(connection)
    result.seconds = time.perf_counter() - began
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    return result
