"""Which failed tests of a lane get a second try."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import run
from tests.support import overdue

PAGE, WORKER = "tests/browser/test_desk_trust.py::test_a", "tests/processes/test_workers.py::test_b"
LATE = "tests/processes/test_race.py::test_late"
MANY = [PAGE + str(number) for number in range(run.FEW)]


@pytest.fixture(autouse=True)
def _kept_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "LAST_FAILED", tmp_path / "lastfailed")
    monkeypatch.setattr(overdue, "KEPT", tmp_path / "cache/overdue")


@pytest.mark.parametrize(
    ("failed", "again"),
    [
        ([PAGE], [PAGE]),
        (MANY, MANY),
        ([*MANY, PAGE], []),  # that many are no accident
        ([WORKER], []),
        ([LATE], [LATE]),
        ([PAGE, LATE], [PAGE, LATE]),
        ([PAGE, WORKER], []),  # a fault is there anyway
        ([], []),
    ],
)
def test_few_that_are_pages_or_waited_in_vain_get_one(failed, again):
    assert run.slow_ones() == []  # pytest ended before it wrote any
    run.LAST_FAILED.write_text(json.dumps(dict.fromkeys(failed, True)))
    overdue.KEPT.parent.mkdir()
    overdue.KEPT.write_text(f"{LATE}\n")
    assert run.slow_ones() == again


PLUGIN = """
from pathlib import Path
import pytest
from tests.support import overdue
overdue.KEPT = Path("overdue")

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    overdue.mark(report, call)
    return report

def pytest_runtest_logreport(report):
    overdue.note(report)
"""
TESTS = """
import subprocess, time, pytest
from tests.support.waiting import wait_until
def test_waits(): wait_until(lambda: False, 0.0, pause=0)
def test_counts(): assert 1 == 2
def test_command(): subprocess.run(["sleep", "9"], timeout=0.01)
def test_raises(): raise TimeoutError
@pytest.mark.timeout(0.2)
def test_ended(): time.sleep(9)
"""


@pytest.mark.parametrize("beside", [[], ["-n", "2"]], ids=["one process", "side by side"])
def test_only_what_waited_is_kept_as_overdue(tmp_path, beside):
    (tmp_path / "conftest.py").write_text(PLUGIN)
    (tmp_path / "test_some.py").write_text(TESTS)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(run.__file__).parents[1]), "HOME": str(tmp_path)}
    words = ["-q", "-p", "no:django", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), *beside, str(tmp_path)]
    subprocess.run([sys.executable, "-m", "pytest", *words], cwd=tmp_path, env=environment, check=False, timeout=120)
    kept = {one.split("::")[1] for one in (tmp_path / "overdue").read_text().splitlines()}
    assert kept == {"test_waits", "test_command", "test_raises", "test_ended"}
