"""Threads that work on lanes as the threads of workers do, while a test goes on."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from django.db import connection

from bridge import tasks

Other = Callable[[threading.Event], object]


@contextmanager
def working(count: int, *others: Other) -> Iterator[list[str]]:
    """Let `count` threads work until the block ends; give what any has raised. `others` run beside them, until their event is set."""
    over, errors = threading.Event(), list[str]()

    def lanes() -> None:
        while not over.is_set():
            tasks.process_lanes()

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            errors.append(traceback.format_exc())
        finally:
            connection.close()

    jobs = [*[lanes] * count, *(partial(other, over) for other in others)]
    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield errors
    finally:
        over.set()
        for thread in threads:
            thread.join()
