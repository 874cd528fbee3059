"""Forks the processes of the sites that tests start: what they all import is imported once, and not by each of them.

`tests.support.forked` starts this program and speaks with it. It imports the packages of `PACKAGES` and then waits for
requests; for each one it forks. What it forked either runs a program, as `python -m module` or `python file` would, or
becomes such a waiting process itself: with one site's environment, after that site's own modules are imported too.
It ends when nobody holds the other end of its line any more.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import runpy
import selectors
import signal
import socket
import sys
import threading
from typing import Any

# None of these reads Django's settings when it is imported.
PACKAGES = (
    "celery.apps.beat", "celery.apps.worker", "celery.bin.celery", "celery.concurrency.thread", "celery.worker.components",
    "kombu.transport.pyamqp", "kombu.transport.redis", "redis.asyncio", "uvicorn.lifespan.on", "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto", "a2wsgi",
    "django.contrib.messages", "django.core.management", "django.db.models", "django.forms", "django.http",
    "django.template", "django.urls", "django.views.debug",
    "openpyxl", "tablib", "pywebpush", "requests", "numpy", "PIL.Image", "Crypto.Cipher.AES", "cryptography.fernet",
)  # fmt: skip
MOST = 1024**2  # bytes of a request


class Request:
    """What is asked for, with what came beside it: where to tell how it ends, and its output."""

    def __init__(self, words: dict[str, Any], status: int, output: int, errors: int, line: int | None = None) -> None:
        self.words, self.outputs = words, (output, errors)
        self.status = socket.socket(fileno=status)
        self.line = socket.socket(fileno=line) if line is not None else None

    def close(self) -> None:
        """Let go of what is the child's."""
        for output in self.outputs:
            os.close(output)
        if self.line:
            self.line.close()


class Zygote:
    """Waits on a line for requests."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._children: dict[int, socket.socket] = {}
        self._woken, self._wakes = os.pipe()
        for end in (self._woken, self._wakes):
            os.set_blocking(end, False)

    def serve(self) -> Request:
        """Fork for each request; return in the child alone, with its request."""
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._line, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _events in selector.select():
                    if key.fileobj is not self._line:
                        self._tell_who_ended()
                    elif request := self._fork():
                        return request

    def _tell_who_ended(self) -> None:
        os.read(self._woken, 1000)
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _tell(self._children[pid], os.waitstatus_to_exitcode(status))
            self._children.pop(pid).close()

    def _fork(self) -> Request | None:
        data, descriptors, _flags, _address = socket.recv_fds(self._line, MOST, 4)
        if not data:
            os._exit(0)  # nobody is there any more
        request = Request(pickle.loads(data), *descriptors)
        if threading.active_count() > 1:
            raise RuntimeError(f"these would not be in a fork: {threading.enumerate()}")
        if pid := os.fork():
            self._children[pid] = request.status
            _tell(request.status, pid)
            request.close()
            return None
        self._leave(request)
        return request

    def _leave(self, request: Request) -> None:
        """Keep nothing of the process that this one was forked from, in the child."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for one in (self._line, request.status, *self._children.values()):
            one.close()
        for end in (self._woken, self._wakes):
            os.close(end)


def _tell(status: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # whoever asked may not be there any more
        status.send(str(number).encode())


def settle(request: Request) -> None:
    """Be a process of its own: session, output, environment and directory."""
    os.setsid()
    for number, output in enumerate(request.outputs, 1):
        os.dup2(output, number)
        os.close(output)
    os.environ.clear()
    os.environ.update(request.words["environment"])
    os.chdir(request.words["directory"])


def load(modules: tuple[str, ...]) -> None:
    """Import modules, of a Django project where one is named, and leave what came of it out of the garbage collection."""
    gc.disable()
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        import django

        django.setup()
    for name in modules:
        importlib.import_module(name)
    gc.enable()
    gc.collect()
    gc.freeze()


def run(words: list[str]) -> None:
    """Run a program as the interpreter does that is given these words."""
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        return
    sys.argv = list(words)
    runpy.run_path(words[0], run_name="__main__")


def main() -> None:
    """Serve on the line whose descriptor is the first word; what is forked comes out of `serve` as well."""
    line = socket.socket(fileno=int(sys.argv[1]))
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    load(PACKAGES)
    while True:
        request = Zygote(line).serve()
        settle(request)
        if request.line is None:
            break
        line = request.line
        load(request.words["modules"])
    run(request.words["program"])


if __name__ == "__main__":
    main()
