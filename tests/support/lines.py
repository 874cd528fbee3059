"""A TCP line to a port of this machine that can be cut and mended: what one host loses while the others have it."""

from __future__ import annotations

import contextlib
import socket
import threading


class Line:
    """Connections to `port` go on to the ports `to`, each in its turn, until the line is cut."""

    def __init__(self, *to: int) -> None:
        self.to = list(to)
        self._made = 0
        self._whole = True
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections and refuse new ones."""
        self._whole = False
        self.reset()

    def reset(self) -> None:
        """Break all connections; new ones can be made at once."""
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._server.accept()
            except OSError:
                return
            try:
                if not self._whole:
                    raise ConnectionRefusedError
                far = self._connect()
            except OSError:
                near.close()
                continue
            far.settimeout(None)  # a connection on which nothing is said stays
            self._open |= {near, far}
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _connect(self) -> socket.socket:
        """Connect to the port whose turn it is, or the next one that answers. Raises: OSError, where none does."""
        self._made += 1
        ports = [self.to[(self._made + number) % len(self.to)] for number in range(len(self.to))]
        for port in ports[:-1]:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), 2)
        return socket.create_connection(("127.0.0.1", ports[-1]), 2)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._open.discard(one)
