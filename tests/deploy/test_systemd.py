"""The units for plain Debian: systemd understands them, and what they start runs, and stops when it is told to."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.run import embedded
from tests.support.stack import BASE, free_port, lives

pytestmark = pytest.mark.once

UNITS = BASE / "deploy/systemd"
VENV = Path(sys.prefix)
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
RUNNING = [name for name in SERVICES if "backup" not in name]


def section(name: str, part: str = "Service") -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(UNITS / name)
    return unit[part]


def instance(name: str, port: int) -> str:
    return str(port) if "@" in name else ""


def words(name: str, key: str, port: int) -> list[str]:
    """Return a line of the unit as it runs here."""
    line = section(name)[key].replace("%i", instance(name, port))
    line = line.replace("/opt/wechat-bridge/venv", str(VENV)).replace("/opt/wechat-bridge/app", str(BASE))
    return shlex.split(line)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A site's folder with a Redis that runs."""
    home = tmp_path_factory.mktemp("site")
    redis = subprocess.Popen(embedded.redis_command(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield home
    redis.terminate()
    redis.wait()


def environment(name: str, home: Path, port: int) -> dict[str, str]:
    given = dict(word.split("=", 1) for word in words(name, "Environment", port))
    unset = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "BROKER_URL", "PROVISION"), "")
    own = {"DATA_DIR": str(home), "ALIVE_FILE": str(home / name), "BACKGROUND_THREADS": "1"}
    return {**os.environ, **given, **unset, **own}


def is_up(name: str, home: Path, port: int) -> bool:
    if "web" not in name:
        return (home / name).exists()
    return lives(port)


@pytest.mark.parametrize("name", RUNNING)
def test_what_a_unit_starts_runs_and_stops_when_told(home, name):
    port = free_port()
    log = (home / f"{name}.log").open("ab")
    process = subprocess.Popen(
        words(name, "ExecStart", port), cwd=BASE, env=environment(name, home, port), stdout=log, stderr=log
    )
    deadline = time.monotonic() + 120
    try:
        while not is_up(name, home, port):
            assert process.poll() is None, (home / f"{name}.log").read_text()
            assert time.monotonic() < deadline, (home / f"{name}.log").read_text()
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(float(section(name)["TimeoutStopSec"])) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", SERVICES)
def test_every_unit_is_shut_in(name):
    one = section(name)
    assert one["User"] == "wechat-bridge"
    assert (one["NoNewPrivileges"], one["ProtectSystem"], one["ProtectHome"]) == ("yes", "strict", "yes")
    assert one["CapabilityBoundingSet"] == ""
    assert "@system-service" in one["SystemCallFilter"]


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="NO SYSTEMD on this machine: the units are not verified by it"
)
def test_systemd_finds_nothing_wrong_with_them(tmp_path):
    for path in UNITS.iterdir():
        text = path.read_text().replace("/opt/wechat-bridge/venv", str(VENV))
        text = text.replace("/opt/wechat-bridge/app", str(BASE)).replace("EnvironmentFile=", "EnvironmentFile=-")
        (tmp_path / path.name).write_text(text)
    names = ("wechat-bridge.target", "wechat-bridge-backup.timer")
    paths = [str(tmp_path / name) for name in names]
    unit_path = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, env=unit_path)
    ours = [line for line in done.stderr.splitlines() if "wechat-bridge" in line]
    assert ours == []
    assert done.returncode == 0, done.stderr
