"""Programs of the site run in forks of its supervisor."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from config.run import forking
from config.run.supervision import TIED

BASE = Path(__file__).resolve().parents[2]
SITE = {forking.SETTINGS: os.environ.get(forking.SETTINGS, "config.settings")}
WEB = [*TIED, sys.executable, "-m", "config.run.web"]
# A supervisor with one program; it says what became of it.
FORKS = """
import os, signal, sys
from config.run import forking
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
supervisor = os.getpid()
if not (pid := os.fork()):
    forking.run(["program", *sys.argv[1:]], {**os.environ, "GIVEN": "1"}, supervisor)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
PROGRAM = """
import atexit, os, signal, sys, threading, time
from pathlib import Path
if __name__ == "__main__":
    print(__spec__.name, sys.argv[1:], os.environ["GIVEN"])
    print(Path("/proc/self/cmdline").read_text().rstrip(chr(0)).split(chr(0))[1:3])
    atexit.register(print, "at exit")
    threading.Thread(target=lambda: (threading.main_thread().join(), print("a thread"))).start()
    exec(sys.argv[1])
"""


@pytest.fixture
def forked(tmp_path):
    """Runs a program in a fork; returns its output and exit code as lines."""
    (tmp_path / "program.py").write_text(PROGRAM)

    def run(ends: str) -> list[str]:
        environment = {**os.environ, "PYTHONPATH": f"{BASE}:{tmp_path}"}
        command = [sys.executable, "-c", FORKS, ends]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
        return (done.stdout + done.stderr).splitlines()

    return run


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
@pytest.mark.parametrize(("ends", "code"), [
    ("pass", "0"), ("sys.exit()", "0"), ("sys.exit(3)", "3"), ("sys.exit('in words')", "1"), ("1 / 0", "1"),
])  # fmt: skip
def test_a_program_runs_as_python_would_run_it(forked, ends, code):
    said = forked(ends)
    assert said[:2] == [f"program {[ends]} 1", "['-m', 'program']"]
    assert said[2:5] == ["a thread", "at exit", code]
    assert ("in words" in said) == ("words" in ends)
    assert any("ZeroDivisionError" in line for line in said) == ("/ 0" in ends)


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_what_the_supervisor_hears_its_program_does_not(forked):
    assert forked("os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")[-1] == "-15"


def test_the_sites_own_programs_run_in_the_fork(monkeypatch):
    for name, value in SITE.items():
        monkeypatch.setenv(name, value)
    # Other tests may have left threads, or loaded less.
    monkeypatch.setattr(forking.threading, "active_count", lambda: 1)
    monkeypatch.setitem(sys.modules, "config.celery", sys)
    assert forking.module_of([*WEB, "more"], SITE) == ["config.run.web", "more"]
    assert forking.module_of(WEB, {forking.SETTINGS: "sandbox.settings"}) == []
    assert forking.module_of([*TIED, "/usr/bin/valkey-server"], SITE) == []


def test_nothing_runs_in_the_fork_of_a_process_with_threads_or_without_the_site(monkeypatch):
    for name, value in SITE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, "config.celery", sys)
    with monkeypatch.context() as patch:
        patch.setattr(forking.threading, "active_count", lambda: 1)
        patch.delitem(sys.modules, "config.celery")
        assert forking.module_of(WEB, SITE) == []
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    assert forking.module_of(WEB, SITE) == []
    over.set()
    other.join()


OPENED = """
import os
from pathlib import Path
def opened():
    return {os.readlink(one) for one in Path("/proc/self/fd").iterdir() if one.exists()}
import django
before = opened()
from config.run import forking
forking.load()
print(sorted(opened() - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_is_loaded_before_the_forks_holds_no_file(tmp_path):
    """supervisord closes all files in a fork by their numbers; who held one closes what has its number by then: web's epoll."""
    known = {**os.environ, "DATA_DIR": str(tmp_path), "METRICS_TOKEN": "x", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", OPENED], cwd=BASE, env=known, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"
