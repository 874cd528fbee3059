"""Log lines: one shape for all that is logged, be it ours, Django's, uvicorn's or Celery's. JSON, or lines to read.

Nothing personal and no secret stands in them: of an error its type, its codes and its place, and not its words, which may
be what a customer wrote. With DEBUG=1 errors are shown whole.
"""

from __future__ import annotations

import json
import logging
import logging.config
import re
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog
from celery.signals import setup_logging

from bridge.base import subject
from bridge.values.traces import trace_of

JSON, LINES = "json", "lines"
WAY = "bridge.observe.way"  # the logger of the lines about messages
FRAMES = 20  # of an error's place, the innermost
# What no line of a library is to say either: queries, passwords in addresses, tokens, openids.
_HIDDEN = re.compile(
    r"(?<=\w\?)[^\s\"'<>]+|(?<=://)[^/\s@]+(?=@)|(?<=[Bb]earer )\S+|\bwcb_\w+|(?<![\w-])o[\w-]{27}(?![\w-])"
)
_OF_STRUCTLOG = ("_record", "_from_structlog", "_logger", "_name")
_LOGGERS: dict[str, dict[str, Any]] = {
    "django.security.DisallowedHost": {"level": "ERROR"},
    # Two lines per nudge would bury everything else.
    "celery.worker.strategy": {"level": "WARNING"},
    # What these say of each sign-in and migration stands in the database.
    "axes": {"level": "WARNING"},
    "constance": {"level": "WARNING"},
    "celery.app.trace": {"level": "WARNING"},
    # Their debug lines hold addresses, headers and rows, and those hold tokens, names and words.
    **{name: {"level": "INFO"} for name in ("urllib3", "botocore", "boto3", "s3transfer", "django.db.backends")},
    # Their own handlers would write lines of another shape.
    "django": {"handlers": [], "level": "INFO"},
    **{name: {"handlers": [], "propagate": True} for name in ("uvicorn", "uvicorn.error", "uvicorn.access")},
}
Line = MutableMapping[str, Any]


def settings(form: str, level: str, messages: str, *, whole: bool, gathers: bool = False) -> dict[str, Any]:
    """Return what Django calls LOGGING. `form`: JSON or LINES; `messages`: the level of the lines about messages; `whole`: as DEBUG.

    `gathers`: the lines about messages are written by a thread of their own.
    """
    writes = {"()": "config.gathering.Gathering", "gathered": WAY} if gathers else {"class": "logging.StreamHandler"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "config.logs.formatter", "form": form, "whole": whole}},
        "filters": {"celery": {"()": "config.logs.TaskFilter"}},
        "handlers": {"stderr": {**writes, "formatter": "line", "filters": ["celery"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {**_LOGGERS, WAY: {"level": messages}},
    }


def configure(logging_settings: dict[str, Any]) -> None:
    """Set logging up in this process; Django's LOGGING_CONFIG. What would be printed as it dies is a line as well."""
    logging.config.dictConfig(logging_settings)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(True)
    if logging_settings["formatters"]["line"]["form"] == JSON:
        # What no line shows is not looked up: half of what a line costs (logging's documentation, "Optimization").
        logging._srcfile = None
        logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
        sys.excepthook = _say_uncaught
        threading.excepthook = lambda died: _say_uncaught(died.exc_type, died.exc_value, died.exc_traceback)


def ready(configured: Any) -> None:
    """Set logging up by Django's settings, in a process that has not loaded the site yet."""
    if not logging.getLogger().handlers:
        configure(configured.LOGGING)


@setup_logging.connect
def keep_ours(**_facts: Any) -> None:
    """Let Celery leave logging as it is: where somebody answers this signal, it sets nothing up itself."""


def formatter(form: str, *, whole: bool) -> logging.Formatter:
    """Return what makes a line out of a record."""
    last = _as_json if form == JSON else _as_line
    return structlog.stdlib.ProcessorFormatter(processors=[_facts, _error_whole if whole else _error, _masked, last])


class TaskFilter(logging.Filter):
    """Takes the words out of what Celery says about a task that failed; `_error` says what it was."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "celery.app.trace" and isinstance(record.args, dict):
            record.args = {**record.args, "exc": "see error", "traceback": "", "args": "", "kwargs": ""}
        return True


def _facts(_logger: Any, _method: str, line: Line) -> Line:
    """Put in front when, how grave and by whom, and behind it what the thread works on."""
    record: logging.LogRecord = line["_record"]
    head = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
    }
    about = getattr(record, "subject", None) or subject.current()
    known = {
        "trace": trace_of(about.get("event_id")),
        "account": about.get("account_id"),
        "delivery": about.get("delivery_id"),
    }
    rest = {name: value for name, value in line.items() if name not in _OF_STRUCTLOG}
    return {**head, **rest, **{name: value for name, value in known.items() if value and name not in rest}}


def _error(_logger: Any, _method: str, line: Line) -> Line:
    """Say an error's type, codes and place, and those of what it came from."""
    if raised := _raised(line):
        line["error"] = [_described(one) for one in _chain(raised)]
    return line


def _error_whole(_logger: Any, _method: str, line: Line) -> Line:
    if raised := _raised(line):
        line["error"] = "".join(traceback.format_exception(raised))
    return line


def _raised(line: Line) -> BaseException | None:
    line.pop("stack_info", None)
    given = line.pop("exc_info", None)
    if isinstance(given, tuple):
        return given[1]
    return given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error and error not in seen and len(seen) < FRAMES:
        seen.append(error)
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _described(error: BaseException) -> Line:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    codes = [one for one in error.args if isinstance(one, int)]
    where = [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return {"type": type(error).__qualname__, **({"codes": codes} if codes else {}), "where": where}


def _place(path: str) -> str:
    """Return a file's path as it is imported, without the folders in which a machine keeps it."""
    return "/".join(path.rpartition("site-packages/")[2].split("/")[-3:])


def _masked(_logger: Any, _method: str, line: Line) -> Line:
    line["event"] = _HIDDEN.sub("…", str(line["event"]))
    return line


def _as_json(_logger: Any, _method: str, line: Line) -> str:
    return json.dumps(line, ensure_ascii=False, default=str)


def _as_line(_logger: Any, _method: str, line: Line) -> str:
    """Return `time LEVEL logger: what  fact=value`, and an error below it."""
    head = [str(line.pop(name)) for name in ("time", "level", "logger")]
    said, error = line.pop("event"), line.pop("error", None)
    facts = "".join(f"  {name}={value}" for name, value in line.items())
    below = error if isinstance(error, str) else "\n".join(json.dumps(one) for one in error or ())
    return f"{head[0]} {head[1].upper()} {head[2]}: {said}{facts}" + (f"\n{below}" if below else "")


def _say_uncaught(kind: type[BaseException], error: BaseException | None, place: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("config").critical("ended by an error", exc_info=(kind, error or kind(), place))
