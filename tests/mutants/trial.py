"""Try the changes of one part: `python -m tests.mutants.trial NAME SESSION`, in a copy of the tree.

All tests run once, to learn which runs which line. Then each change in a function is put into a fork of that process, which runs
only the tests that run the changed line, the quickest first, and stops at the first that fails. What runs at import (constants, classes'
bodies, defaults, decorators) is written into the file, and a fork made before anything of ours was loaded starts anew.
"""

from __future__ import annotations

import difflib
import importlib
import json
import mmap
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from _pytest.doctest import DoctestItem
from cosmic_ray.modules import find_modules
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.util import restore_contents
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkItem, WorkResult

from tests.mutants.parts import PARTS, Part
from tests.mutants.reach import AT_IMPORT, Reach
from tests.mutants.swap import Functions, NotInPlace, changed

OPTIONS = [
    "-n0",
    "-p",
    "no:cacheprovider",
    "-o",
    "timeout=0",
    "--hypothesis-profile=mutants",
    "-m",
    "not workers and not browser and not services",
]
# What a start anew runs: no test of its own that takes longer, in seconds.
LONG = 1.5
# How many tests are run first that have noticed something before; and where the last one is written down.
FEW, NOTICED = 5, Path("noticed")
PASSED, FAILED, NOT_THERE = 0, 1, 2


def fork(run: Callable[[], int]) -> int:
    """Run something in a fork of this process, silently; return its exit code, negative for a signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = FAILED
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        code = run()
    finally:
        os._exit(code)


def limit(seconds: float) -> None:
    """End this process when it has worked, or waited, much longer than a test took before."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, 3 + 5 * seconds)
    signal.setitimer(signal.ITIMER_REAL, 20 + 20 * seconds)


class Loaded:
    """The process in which all is loaded: as a plugin of pytest, it runs all tests once, then tries the changes in functions.

    What it cannot try stands in `rest` at the end: a job, and the tests that may notice.
    """

    def __init__(self, work: WorkDB, reach: Reach, notes: Path) -> None:
        self.work, self.reach, self.notes = work, reach, notes
        self.began = False
        self.functions: Functions | None = None
        # Which of its tests noticed a change; a fork writes it.
        self.noticed_by = mmap.mmap(-1, struct.calcsize("q"))
        self.items: dict[str, pytest.Item] = {}
        self.rest: dict[str, list[str]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        for item in session.items:
            if isinstance(item, DoctestItem):
                item.dtest.globs = Kept(item.dtest.globs)
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            self.reach.test(item.nodeid, lambda item=item, following=following: run(item, following))
        self.reach.coverage.stop()
        if session.testsfailed or fork(lambda: self._first_failure(self.reach.quickest(set(self.items)))) != PASSED:
            session.testsfailed = session.testsfailed or 1
            return True
        self.began, self.functions = True, Functions(self.reach.modules)
        for job in list(self.work.pending_work_items):
            self._try(job.job_id, job.mutations[0])
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.began:
            with self.notes.open("a") as notes:
                notes.write(f"{report.nodeid} fails without any change: {report.longreprtext}\n")

    def _try(self, job: str, change: MutationSpec) -> None:
        path = change.module_path.resolve()
        old = path.read_text(encoding="utf-8")
        new = changed_source(old, change)
        names = self.reach.of_line(path, change.start_pos[0])
        try:
            pairs = changed(path, old, new)
        except NotInPlace:
            self.rest[job] = self._may_notice(path)
            return
        if not pairs:
            self.work.set_result(job, WorkResult(WorkerOutcome.SKIPPED))
            return
        quick = self.reach.quickest(names)
        code = (
            fork(lambda: self._first_failure(quick) if self.functions and self.functions.change(pairs) else NOT_THERE)
            if quick
            else PASSED
        )
        if code == FAILED:
            self.reach.noticed[quick[struct.unpack("q", self.noticed_by)[0]]] += 1
        if code == NOT_THERE or (code == PASSED and AT_IMPORT in names):
            self.rest[job] = self._may_notice(path)
        else:
            self.work.set_result(job, result(code, change, old, new, quick))

    def _may_notice(self, path: Path) -> list[str]:
        """Return the tests for what runs at import: those that run something of the module first, and no long ones."""
        first = self.reach.quickest(self.reach.of_module(path))
        others = self.reach.quickest(set(self.items) - set(first))
        return [name for name in first + others if self.reach.seconds[name] < LONG]

    def _first_failure(self, names: list[str]) -> int:
        items = [self.items[name] for name in names]
        for item, following in zip(items, [*items[1:], None], strict=True):
            limit(self.reach.seconds[item.nodeid])
            before = item.session.testsfailed
            run(item, following)
            if item.session.testsfailed > before:
                self.noticed_by[:] = struct.pack("q", names.index(item.nodeid))
                return FAILED
        return PASSED


class Kept(dict[str, object]):
    """The names of a doctest, which empties them when it has run."""

    def clear(self) -> None:
        pass


class Only:
    """The test that comes after the last one: it needs what belongs to the session, so that is not torn down."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session

    def listchain(self) -> list[pytest.Session]:
        return [self.session]


def run(item: pytest.Item, following: pytest.Item | None) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following or Only(item.session))


def changed_source(source: str, change: MutationSpec) -> str:
    """Return the changed source; the same where cosmic-ray cannot make the change, or what it makes is no Python."""
    operator = get_operator(change.operator_name)(**change.operator_args)
    try:
        new = mutate_code(source, operator, change.occurrence) or source
        compile(new, str(change.module_path), "exec", dont_inherit=True)
    except (AttributeError, SyntaxError):
        # `except a.B` has no name to change, and the `*` before keywords is no product.
        return source
    return str(new)


def result(code: int, change: MutationSpec, old: str, new: str, names: list[str]) -> WorkResult:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    diff = "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
    outcome = TestOutcome.SURVIVED if code == PASSED else TestOutcome.KILLED
    said = f"{len(names)} tests" if code >= 0 else f"ended by {signal.Signals(-code).name}"
    diff = f"{change.module_path}:{change.start_pos[0]} {change.operator_name.removeprefix('core/')}, {said}\n{diff}"
    return WorkResult(WorkerOutcome.NORMAL, said, outcome, diff)


def try_loaded(part: Part, session: str, notes: Path) -> int:
    """Run in a fork: try what can be changed in place, and write down the rest."""
    sys.stdout = sys.stderr = notes.with_suffix(".log").open("w")
    os.dup2(sys.stdout.fileno(), 1)
    os.dup2(sys.stdout.fileno(), 2)
    reach = Reach([path.resolve() for path in find_modules([Path(name) for name in part.modules])])
    reach.coverage.start()
    with use_db(session, WorkDB.Mode.open) as work:
        loaded = Loaded(work, reach, notes.with_suffix(".failed"))
        code = int(pytest.main([*OPTIONS, *part.tests], plugins=[loaded]))
    notes.write_text(json.dumps({"seconds": reach.seconds, "rest": loaded.rest}))
    return code


class Anew:
    """In a process that starts anew: some tests, in this order, each with its limit."""

    def __init__(self, names: list[str], seconds: dict[str, float]) -> None:
        self.seconds, self.rank = seconds, {name: at for at, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.rank), key=lambda item: self.rank[item.nodeid])

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        limit(self.seconds[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            NOTICED.write_text(report.nodeid)


def preload() -> None:
    """Import what is slow to import and not ours, so that a fork that starts anew begins with it; no test fails by its time."""
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "mutants", deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    for name in (
        "hypothesis.strategies",
        "schemathesis.pytest.plugin",
        "django.test",
        "wechatpy",
        "celery",
        "lxml.etree",
    ):
        try:
            importlib.import_module(name)
        except ImportError:
            continue


def run_anew(names: list[str], seconds: dict[str, float]) -> int:
    files = sorted({name.split("::")[0] for name in names})
    code = pytest.main([*OPTIONS, "-x", *files], plugins=[Anew(names, seconds)])
    return PASSED if code == pytest.ExitCode.NO_TESTS_COLLECTED else int(code)


def try_anew(job: WorkItem, names: list[str], seconds: dict[str, float], noticed: list[str]) -> WorkResult:
    """Try what runs at import: first the tests that have `noticed` something before, the last one first, then all."""
    change = job.mutations[0]
    old = change.module_path.read_text(encoding="utf-8")
    new = changed_source(old, change)
    NOTICED.unlink(missing_ok=True)
    with restore_contents(change.module_path):
        change.module_path.write_text(new, encoding="utf-8")
        code = PASSED
        for some in ([name for name in noticed if name in names][:FEW], names):
            if code == PASSED and some:
                code = fork(partial(run_anew, some, seconds))
    if NOTICED.exists():
        name = NOTICED.read_text()
        noticed[:] = [name, *(one for one in noticed if one != name)]
    return result(code, change, old, new, names)


def main(name: str, session: str) -> None:
    part, notes = PARTS[name], Path(f"{name}.json")
    sys.dont_write_bytecode = True
    preload()
    child = os.fork()
    if not child:
        code = FAILED
        try:
            code = try_loaded(part, session, notes)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        told = [file.read_text() for suffix in (".log", ".failed") if (file := notes.with_suffix(suffix)).exists()]
        sys.exit(f"{''.join(told)}\nExit code {code}")
    told = json.loads(notes.read_text())
    with use_db(session, WorkDB.Mode.open) as work:
        noticed: list[str] = []
        for job in list(work.pending_work_items):
            work.set_result(job.job_id, try_anew(job, told["rest"][job.job_id], told["seconds"], noticed))


if __name__ == "__main__":
    main(*sys.argv[1:])
