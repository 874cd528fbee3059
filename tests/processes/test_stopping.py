"""`make run` is ended in every way there is: no process of it stays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.run import guard, supervised
from tests.support.stack import BASE, free_port
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.embedded, pytest.mark.timeout(240)]
PROVISION = '[[group]]\nslug = "sales"\n'


def listen() -> None:
    """Hear SIGINT and SIGHUP also where the tests run in the background or below nohup."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Made:
    """`make run` in a process group of its own, as a terminal or a service manager starts it."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        clean = ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "PUBLIC_URL", "PROVISION")
        inherited = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", *clean)}
        inherited.pop("BACKGROUND_THREADS", None)
        places = {"DATA_DIR": str(home), "PORT": str(free_port()), "SANDBOX_PORT": str(free_port()), "WORKERS": "1"}
        site = {"DJANGO_SETTINGS_MODULE": "config.settings", **dict.fromkeys(clean, "")}
        # What the bootstrap becomes once the packages are there.
        self.process = subprocess.Popen(
            ["make", "run", f"BOOT={sys.executable} -m config.run.serve"],
            cwd=BASE, env={**inherited, **site, **places, **environment}, start_new_session=True, preexec_fn=listen,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def wait_ready(self) -> str:
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl-C" in line:
                return said
        raise AssertionError(said)

    def alive(self) -> list[psutil.Process]:
        """Return every process that has this site's folder in its environment, command or working directory."""
        return [process for process in psutil.process_iter() if process.pid != os.getpid() and self._mine(process)]

    def _mine(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            places = [process.environ().get("DATA_DIR", ""), process.cwd(), *process.cmdline()]
        except psutil.Error:
            return False
        return any(str(self.home) in place for place in places)

    def find(self, word: str) -> psutil.Process:
        """Return the one process that is started as `python -m word`."""
        (found,) = [process for process in self.alive() if process.cmdline()[1:3] == ["-m", word]]
        return found

    def find_guard(self) -> psutil.Process:
        return psutil.Process(self.find("config.run.forking").ppid())

    def to_group(self, *numbers: int, after: float = 0.0) -> None:
        for number in numbers:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return
            time.sleep(after)

    def wait_gone(self, seconds: float = 60) -> None:
        said = lambda: [process.cmdline() for process in self.alive()]  # noqa: E731
        wait_until(lambda: not self.alive(), seconds, said=said, pause=0.3)  # every process of the machine is looked at
        self.process.wait(5)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One site's folder for all: it is made once, and each start is a start after something else ended the last one."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-stop-"))
    (folder / "site.toml").write_text(PROVISION)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make(home: Path) -> Iterator[Callable[..., Made]]:
    """Starts sites; kills what a failed test leaves."""
    made: list[Made] = []

    def start(**environment: str) -> Made:
        made.append(Made(home, **{"PROVISION": str(home / "site.toml"), **environment}))
        return made[-1]

    yield start
    for one in made:
        for process in one.alive():
            process.kill()
        one.process.stdout.close()


def valkey_closed(home: Path) -> bool:
    return "bye bye" in (home / "logs" / "redis0.log").read_text()


def test_a_service_manager_ends_the_group_and_make_passes_its_signal_on(make, home):
    run = make()
    run.wait_ready()
    (home / "logs" / "redis0.log").write_text("")
    assert {"config.run.web", "celery", "config.run.forking"} <= {one.cmdline()[2] for one in run.alive()}
    run.to_group(signal.SIGTERM, signal.SIGTERM, after=0.0005)
    run.wait_gone()
    assert valkey_closed(home)


@pytest.mark.parametrize(
    "numbers", [[signal.SIGHUP], [signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP] * 5]
)
def test_a_closed_terminal_an_impatient_user_and_all_at_once(make, home, numbers):
    run = make()
    run.wait_ready()
    run.to_group(*numbers, after=0.002)
    run.wait_gone()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it cannot be seen that make has got a signal")
def test_a_signal_for_make_alone_that_make_does_not_pass_on(make, home):
    run = make()
    run.wait_ready()
    run.process.send_signal(signal.SIGINT)
    run.wait_gone()


KILLED: dict[str, Callable[[Made], list[psutil.Process]]] = {
    "make": lambda run: [psutil.Process(run.process.pid)],
    "serve": lambda run: [run.find("config.run.serve")],
    "guard": lambda run: [run.find_guard()],
    "supervisord": lambda run: [run.find("config.run.forking")],
    "guard and supervisord": lambda run: [run.find_guard(), run.find("config.run.forking")],
}


@pytest.mark.parametrize("who", KILLED)
def test_what_holds_it_together_is_killed(make, home, who):
    run = make()
    run.wait_ready()
    (home / "logs" / "redis0.log").write_text("")
    for process in KILLED[who](run):
        process.kill()
    run.wait_gone()
    # What it says is written down by supervisord.
    assert valkey_closed(home) or "supervisord" in who


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody is left who could notice")
@pytest.mark.parametrize("supervisor_too", [False, True])
def test_serve_and_guard_are_killed_at_once(make, home, supervisor_too):
    run = make()
    run.wait_ready()
    others = [run.find("config.run.forking")] if supervisor_too else []
    for process in (run.find("config.run.serve"), run.find_guard(), *others):
        process.kill()
    run.wait_gone()


def test_the_demo_with_its_sandbox_stops_as_well(make, home):
    run = make(PROVISION="")
    run.wait_ready()
    assert any("sandbox.asgi:application" in one.cmdline() for one in run.alive())
    run.find("config.run.serve").kill()
    run.wait_gone()


def test_a_signal_at_any_moment_of_the_start(make):
    """Each start is interrupted a little later than the one before; the last one comes through."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-early-"))
    try:
        for step in range(5):
            run = Made(folder)
            number = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[step % 3]
            time.sleep(0.15 + 1.2 * step)
            run.to_group(number, number, after=0.0005)
            run.wait_gone()
            run.process.stdout.close()
        run = Made(folder)
        run.wait_ready()
        run.find("config.run.serve").terminate()
        assert run.process.wait(60) == 0
        run.wait_gone()
        run.process.stdout.close()
    finally:
        shutil.rmtree(folder)


# The guard alone

STUBBORN = "trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & echo up; while :; do sleep 0.1; done"


@pytest.fixture
def impatient(monkeypatch):
    for name in ("ORDERLY", "GRACE"):
        monkeypatch.setattr(guard, name, 0.5)


def test_what_does_not_listen_is_killed(impatient):
    with subprocess.Popen(["sh", "-c", STUBBORN], start_new_session=True, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert len(guard.members(process.pid)) >= 2
        guard.sweep(process.pid)
        assert guard.members(process.pid) == {}


ORDERLY = """
import signal, time
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(1))
print("up", flush=True)
while not told:
    time.sleep(0.01)
time.sleep(0.5)
print(len(told), flush=True)
"""


def test_what_ends_by_itself_is_told_once():
    """A second signal would interrupt what stops in good order."""
    command = [sys.executable, "-c", ORDERLY]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        guard.sweep(process.pid)
        assert process.stdout.readline() == "1\n"


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in guard.TO_STOP}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", guard.TO_STOP)
@pytest.mark.parametrize("early", [True, False])
def test_a_signal_while_the_supervisor_is_being_started_is_passed_on(monkeypatch, handlers, number, early):
    told = []

    class Guarded:
        def __init__(self, command: list[str], **words: object) -> None:
            if early:
                signal.raise_signal(number)  # the command runs, but nobody holds its lifeline yet

        def tell(self) -> None:
            told.append(number)

    signal.signal(number, signal.SIG_DFL)
    monkeypatch.setattr(supervised, "Guarded", Guarded)
    one = supervised.Supervised(Path("none.conf"), 0)
    if not early:
        signal.raise_signal(number)
    assert told == [number]
    assert one.asked
    assert not one.running()


def test_with_nohup_a_closed_terminal_ends_nothing(monkeypatch, handlers):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    monkeypatch.setattr(supervised, "Guarded", lambda *words, **more: None)
    supervised.die_at_once()
    one = supervised.Supervised(Path("none.conf"), 0)
    signal.raise_signal(signal.SIGHUP)
    assert not one.asked


@pytest.mark.parametrize(("ends", "code"), [("exit 3", 3), ("exit 0", 0), ("kill -9 $$", 137), ("kill -15 $$", 143)])
def test_a_command_ends_with_its_exit_code_and_what_it_left_behind_ends_too(ends, code):
    guarded = guard.Guarded(["sh", "-c", f"sleep 1000 & {ends}"])
    assert guarded.process.wait(20) == code
    assert guard.members(guarded.process.pid) == {}


def test_a_command_ends_with_whoever_had_it_run():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from guard import Guarded; one = Guarded(['sleep', '1000']);"
        "print(one.process.pid, flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(BASE / "config" / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        session = int(owner.stdout.readline())
        wait_until(lambda: len(guard.members(session)) == 2, pause=0.05)
        owner.kill()
        wait_until(lambda: not guard.members(session), pause=0.05)


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("ps"), reason="compares Linux's way with the others'")
def test_the_members_of_a_session_are_found_without_linux_as_well():
    with subprocess.Popen(["sh", "-c", STUBBORN], start_new_session=True, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        try:
            elsewhere, here = guard._members_elsewhere(process.pid), guard._members_linux(process.pid)
            assert elsewhere[process.pid] == here[process.pid] == process.pid
            assert len(elsewhere) >= 2
        finally:
            for pid in guard.members(process.pid):
                os.kill(pid, signal.SIGKILL)
