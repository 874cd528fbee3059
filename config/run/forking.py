"""The supervisor, from which the site's processes are forked: what web, workers and beat all load is in memory once.

`python -m config.run.forking CONFIG` is supervisord with this configuration, after the site was loaded. Where supervisord
would execute one of the site's own programs in its fork, the fork runs that program's module itself. Everything else about
it is supervisord's: output, signals, restarts. What has other settings (the sandbox) or is no Python (Valkey) is executed
as ever, and so is everything where forks without exec are no good (macOS).
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import os
import runpy
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import NoReturn

from supervisor import supervisord
from supervisor.options import ServerOptions

from config.run.supervision import TIED
from config.run.tied import tie

SETTINGS = "DJANGO_SETTINGS_MODULE"
# What is imported only when a worker or beat starts, or with the first message.
LATER = (
    "celery.app.amqp", "celery.app.control", "celery.apps.beat", "celery.apps.worker", "celery.bin.celery",
    "celery.concurrency.thread", "celery.contrib.django.task", "celery.worker.components", "celery.worker.consumer",
    "constance.backends.database", "kombu.transport.redis",
)  # fmt: skip
# What supervisord hears (its `setsignals`), and its programs hear on their own.
HEARD = (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2)


def load() -> None:
    """Import what every process of the site imports, and leave it out of the garbage collections of all of them."""
    gc.disable()
    os.environ["CELERY_SKIP_CHECKS"] = "1"  # `make run` has made them
    from django.conf import settings

    from config.celery import app

    app.loader.import_default_modules()
    del os.environ["CELERY_SKIP_CHECKS"]
    for name in (*LATER, *(path.rpartition(".")[0] for path in (*settings.FILTERS, *settings.CHATBOTS))):
        importlib.import_module(name)
    _load_texts()
    gc.enable()
    gc.collect()
    gc.freeze()


def _load_texts() -> None:
    from django.conf import settings
    from django.utils import translation

    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("")


class Forking(ServerOptions):
    """What supervisord asks of the operating system; some programs run in the fork."""

    def __init__(self) -> None:
        super().__init__()
        self._supervisor = os.getpid()

    def execve(self, filename: str, argv: list[str], environment: dict[str, str]) -> None:
        """Become a program. Does not return."""
        if words := module_of(argv, environment):
            run(words, environment, self._supervisor)
        os.execve(filename, argv, environment)


def module_of(argv: list[str], environment: dict[str, str]) -> list[str]:
    """Return the words after `python -m` of a program that can run in a fork of this process, none where it can't."""
    python = [*TIED, sys.executable, "-m"]
    ours = argv[: len(python)] == python and environment.get(SETTINGS) == os.environ.get(SETTINGS)
    # A fork has one thread; what others held is never let go there.
    return argv[len(python) :] if ours and "config.celery" in sys.modules and threading.active_count() == 1 else []


def run(words: list[str], environment: dict[str, str], supervisor: int) -> NoReturn:
    """Run a module in this fork as `python -m` does, and end with its exit code."""
    code = 1
    try:
        for number in HEARD:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        tie(supervisor)
        os.environ.clear()
        os.environ.update(environment)
        show_as([sys.executable, "-m", *words])
        sys.argv = list(words)
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = _code(ended)
    except BaseException:
        traceback.print_exc()
    finally:
        _end(code)


def _code(ended: SystemExit) -> int:
    if ended.code is None or isinstance(ended.code, int):
        return ended.code or 0
    print(ended.code, file=sys.stderr)
    return 1


def _end(code: int) -> NoReturn:
    """End as the interpreter does; an exit by the stack would go through what was supervisord's."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as multiprocessing's forks do
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    finally:
        os._exit(code)


def show_as(words: list[str]) -> None:
    """Let `ps` show these words as this process's command, cut to the room that the supervisor's own words have."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        # proc(5): field 48 is arg_start, 49 arg_end; the first after the name is field 3.
        facts = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, room = int(facts[45]), int(facts[46]) - int(facts[45])
        if start and room > 0:
            line = b"\0".join(map(os.fsencode, words))[: room - 1]
            ctypes.memmove(start, line.ljust(room, b"\0"), room)


def main() -> None:
    """Be the supervisor with the configuration that is named."""
    if sys.platform == "linux":
        load()
    options = Forking()
    options.realize(["-n", "-c", sys.argv[1]])
    options.first, options.test = True, False
    supervisord.go(options)
    options.close_httpservers()
    options.close_logger()


if __name__ == "__main__":
    main()
