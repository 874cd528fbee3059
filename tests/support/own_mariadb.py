"""A MariaDB of a test's own, to be killed, frozen and brought back; and a line to it that can be cut."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from tests.support.stack import free_port

SERVER, INSTALL = shutil.which("mariadbd"), shutil.which("mariadb-install-db")


def is_here() -> bool:
    """Tell whether a server can be started on this machine."""
    return bool(SERVER and INSTALL)


class OwnMariaDB:
    """A server below a directory of its own; use as a context manager."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="bridge-mariadb-"))
        self.port = free_port()
        self.url = f"mysql://root@127.0.0.1:{self.port}/bridge"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> OwnMariaDB:
        words = [str(INSTALL), "--no-defaults", f"--datadir={self.home}", "--auth-root-authentication-method=normal"]
        subprocess.run([*words, "--skip-test-db"], check=True, capture_output=True)
        self.start()
        return self

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        log = self.home / "server.log"
        words = [
            "--no-defaults", f"--datadir={self.home}", f"--port={self.port}", "--bind-address=127.0.0.1",
            f"--socket={self.home}/s", f"--pid-file={self.home}/pid", "--user=root", "--innodb-buffer-pool-size=64M",
            "--innodb-flush-log-at-trx-commit=1",
        ]  # fmt: skip
        with log.open("ab") as out:
            self._process = subprocess.Popen([str(SERVER), *words], stdout=out, stderr=out, start_new_session=True)
        deadline = time.monotonic() + 60
        while not _listens(self.port):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL: as when a machine loses its power."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: it is there, and answers nobody."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def __exit__(self, *_error: object) -> None:
        self.thaw()
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Line:
    """A TCP line to a port of this machine that can be cut and mended: what one host loses while the others have it."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._whole = True
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections and refuse new ones."""
        self._whole = False
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
                far = socket.create_connection(("127.0.0.1", self._to), 2)
            except OSError:
                near.close()
                continue
            self._open |= {near, far}
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._open.discard(one)
