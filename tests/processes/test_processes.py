"""The embedded run as a newcomer starts it, and what happens when its parts die."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from config.run import demo, embedded
from tests.support.stack import BASE, Stack, free_port, services
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.timeout(240)]
SANDBOX = "sandbox.asgi:application"


class Served:
    """`python -m config.run.serve`, what `make run` becomes."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home, self.port, self.sandbox = home, free_port(), free_port()
        clean = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "BROKER_URL", "PROVISION", "PUBLIC_URL"), "")
        inherited = {name: value for name, value in os.environ.items() if name not in {"SECRET_KEY", *clean}}
        inherited.pop("BACKGROUND_THREADS", None)
        self.environment = {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(home),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox),
            **environment,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.run.serve"],
            cwd=BASE, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.lines: list[str] = []

    def read_until(self, text: str) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return
        raise AssertionError("".join(self.lines))

    def health(self) -> dict:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def find(self, word: str) -> list[psutil.Process]:
        return [child for child in self.children() if word in child.cmdline()]


@pytest.fixture
def served(tmp_path):
    site = Served(tmp_path / "var")
    yield site
    site.process.terminate()
    site.process.wait(60)


@pytest.mark.embedded
def test_a_newcomers_first_minute(served, tmp_path):
    served.read_until("Ctrl-C")
    said = "".join(served.lines)
    assert "customer → seat in" in said
    assert f"http://127.0.0.1:{served.sandbox}/" in said
    password = served.home / "admin-password"
    assert password.read_text().strip() in said
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert served.health()["status"] == "ok"
    assert served.find(SANDBOX)
    page = urllib.request.urlopen(f"http://127.0.0.1:{served.sandbox}/").read().decode()
    assert '"service"' in page

    player = demo.Player(f"http://127.0.0.1:{served.sandbox}")
    for word in ("worker", "config.run.web", "beat"):
        for process in served.find(word):
            process.send_signal(signal.SIGKILL)
        wait_until(lambda: served_ok(served))
    player.post("customer", account="shop", openid=demo.OPENID, text="after all died once")
    player.wait_for("after all died once", "im", 60)

    everything = [psutil.Process(served.process.pid), *served.children()]
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(60) == 0
    _gone, alive = psutil.wait_procs(everything[1:], timeout=20)
    assert not alive, [process.cmdline() for process in alive]


def served_ok(served: Served) -> bool:
    try:
        return served.health()["status"] == "ok" and bool(served.find("worker"))
    except (OSError, psutil.Error):
        return False


@pytest.mark.once
def test_health_says_that_the_workers_are_gone():
    with Stack({"alice": 5}, workers=1) as stack:
        stack.workers[0].kill()
        wait_until(lambda: stack.health()["checks"].get("worker") == "down")
        assert stack.health()["status"] == "down"
        stack.workers.append(stack.start_worker())
        wait_until(lambda: stack.health()["status"] == "ok")


@pytest.mark.embedded
def test_a_provision_file_of_ones_own_replaces_the_demo(tmp_path):
    site = tmp_path / "site.toml"
    site.write_text('[[group]]\nslug = "sales"\n')
    served = Served(tmp_path / "var", PROVISION=str(site))
    try:
        served.read_until("Ctrl-C")
        assert "Phone and seat" not in "".join(served.lines)
        assert served.find("config.run.web")
        assert not served.find(SANDBOX)
    finally:
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(60) == 0


@pytest.mark.embedded
def test_a_bad_provision_file_stops_the_start(tmp_path):
    site = tmp_path / "site.toml"
    site.write_text('[[group]]\nslug = "sales"\ncolour = "red"\n')
    served = Served(tmp_path / "var", PROVISION=str(site))
    said = served.process.communicate(timeout=60)[0]
    assert served.process.returncode == 1
    assert all(word in said for word in ("site.toml", "[[group]] sales", "colour"))


@pytest.mark.skipif(bool(services()), reason="stops the embedded broker; a shared one must not be stopped")
@pytest.mark.embedded
def test_with_the_broker_down_a_push_is_kept_and_found_later():
    with Stack({"alice": 5}, workers=2) as stack:
        stack.player.post("customer", account="shop", openid=demo.OPENID, text="before")
        stack.player.wait_for("before", "im")
        redis = stack.others[0]
        redis.kill()
        redis.wait()
        stack.player.post("customer", account="shop", openid=demo.OPENID, text="while it was down")
        wait_until(
            lambda: [e["state"] for e in stack.entries() if e["mine"] and e["text"] == "while it was down"] == ["acked"]
        )
        assert stack.health()["checks"]["broker"] == "down"
        embedded.redis_socket(stack.home).unlink(missing_ok=True)
        for path in (stack.home / "redis").rglob("*.aof"):
            path.unlink()
        for path in (stack.home / "redis").rglob("*.manifest"):
            path.unlink()
        stack.others[0] = stack._start(embedded.redis_command(stack.home), "redis")
        stack.player.wait_for("while it was down", "im")
