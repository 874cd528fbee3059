"""A site's processes beside a measurement: web, workers, beat, and both platforms as one process that says yes to everything."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from celery import current_app

from benchmarks import load
from bridge.lanes import nudges
from bridge.live import endpoints
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import WeChatAccount

WORKERS = 2
_CELERY = ["celery", "-A", "config", "--skip-checks"]
BEAT = [*_CELERY, "beat", "--pidfile=", "--loglevel", "ERROR"]
WEB = ["config.run.web"]


def worker(number: int) -> list[str]:
    """Return a worker's command, as `make run` has it."""
    words = ["--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [*_CELERY, "worker", *words, "--loglevel", "ERROR", "--hostname", f"bench{number}-{os.getpid()}"]


def workers() -> list[list[str]]:
    """Return the commands of all workers."""
    return [worker(number) for number in range(WORKERS)]


def platform(port: int) -> list[str]:
    """Return the command of the process that plays both platforms."""
    return ["uvicorn", "benchmarks.platform:application", "--port", str(port), "--log-level", "error"]


@contextmanager
def running(commands: list[list[str]], **environment: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run these Python modules, and end them afterwards."""
    wanted = {**os.environ, "BACKGROUND_THREADS": "1", "WEB_WORKERS": "1", **environment}
    started = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-m", *command], env=wanted, stdout=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


@contextmanager
def platforms(**environment: str) -> Iterator[int]:
    """Run both platforms and let the site's endpoints lead there; give the port."""
    port = load.free_port()
    with running([platform(port)], **environment):
        load.wait_for(port)
        lead_to(port)
        yield port


def nudge() -> None:
    """Call the workers, over a connection of its own: one that was kept may be gone, as this process was busy elsewhere."""
    with current_app.connection_for_write() as broker:
        current_app.send_task(nudges.TASK, connection=broker)


def lead_to(port: int) -> None:
    """Let both platforms of the site be at this port. Processes that run take it over within two seconds."""
    WeChatAccount.objects.update(api_base=f"http://127.0.0.1:{port}")
    TencentIMApp.objects.update(api_base=f"http://127.0.0.1:{port}", rate_limit=1_000_000)
    endpoints.forget()
