"""The embedded run's processes, under supervisor: what dies is restarted, and all stop together."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

BASE = Path(__file__).resolve().parents[2]
HEAD = """[supervisord]
nodaemon = true
logfile = {logs}/supervisor.log
logfile_maxbytes = 5MB
pidfile = {data}/supervisor.pid
childlogdir = {logs}
directory = {base}
"""
# startsecs = 0: a process that is killed right after its start is restarted at once, without growing pauses.
PROGRAM = """
[program:{name}]
command = {command}
directory = {base}
environment = {environment}
priority = {priority}
numprocs = {count}
process_name = %(program_name)s%(process_num)d
autorestart = true
startsecs = {startsecs}
startretries = 1000000
stopsignal = TERM
stopwaitsecs = 12
stopasgroup = true
killasgroup = true
stdout_logfile = {logs}/{name}%(process_num)d.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 2
redirect_stderr = true
"""


@dataclass(frozen=True)
class Program:
    """One kind of process: its command, when it starts (lower first; it stops later), how many there are."""

    name: str
    command: list[str]
    priority: int = 100
    count: int = 1
    startsecs: int = 0
    environment: dict[str, str] = field(default_factory=dict)


def _quoted(word: str) -> str:
    escaped = word.replace("%", "%%").replace('"', '\\"')
    return f'"{escaped}"'


def _environment(values: dict[str, str]) -> str:
    return ",".join(f"{name}={_quoted(value)}" for name, value in values.items())


def python(*words: str) -> list[str]:
    """Return a command that runs this Python."""
    return [sys.executable, *words]


# A command that starts with these words ends with supervisor, also where that is killed.
TIED = python("-I", "-S", str(BASE / "config" / "run" / "tied.py"))


def site_programs() -> list[Program]:
    """Return web, worker and beat."""
    worker = [
        "-m", "celery", "-A", "config", "-q", "--skip-checks", "worker", "--pool", "threads",
        "--concurrency", str(settings.WORKER_THREADS),
        "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO",
        "--hostname", "worker%(process_num)d",
    ]  # fmt: skip
    return [
        Program("web", python("-m", "config.run.web")),
        Program("worker", python(*worker), count=settings.WORKERS),
        Program(
            "beat",
            python(
                "-m", "celery", "-A", "config", "-q", "--skip-checks", "beat", "--loglevel", "WARNING", "--pidfile="
            ),
        ),
    ]


def sandbox_program(site: Path, port: int, bridge: str) -> Program:
    """Return the sandbox: one process, because its world is in memory, with many threads."""
    serve = ["-m", "uvicorn", "sandbox.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    quiet = ["--no-access-log", "--log-level", "warning", "--timeout-keep-alive", "75", "--lifespan", "off"]
    environment = {
        "DJANGO_SETTINGS_MODULE": "sandbox.settings",
        "SANDBOX_SITE": str(site),
        "SANDBOX_PORT": str(port),
        "SANDBOX_BRIDGE_URL": bridge,
    }
    return Program("sandbox", python(*serve, *quiet), environment=environment)


def write(path: Path, data_dir: Path, programs: list[Program]) -> None:
    """Write supervisor's configuration for `programs`; each of them is tied to it."""
    logs = data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    places = {"logs": str(logs).replace("%", "%%"), "base": str(BASE).replace("%", "%%")}
    text = HEAD.format(data=str(data_dir).replace("%", "%%"), **places)
    for program in programs:
        command = TIED + program.command
        words = [word if "%(process_num)d" in word else _quoted(word) for word in command]
        text += PROGRAM.format(
            name=program.name,
            command=" ".join(words),
            environment=_environment(program.environment),
            priority=program.priority,
            count=program.count,
            startsecs=program.startsecs,
            **places,
        )
    path.write_text(text)
