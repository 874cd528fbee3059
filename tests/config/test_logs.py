"""Log lines: what they look like, and what of an error and of a library's words is left out."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading

import pytest

from bridge.base import subject
from bridge.values.traces import event_of, trace_of
from config import gathering as gathering_room
from config import logs
from tests.support.waiting import wait_until

OPENID = "oGZUI0egBJY1zhBYw2KhdUfwVJJE"


def line(
    form: str, *, whole: bool = False, name: str = "some.library", said: str = "it went so", args: object = ()
) -> str:
    """Return the line of a record, with the error that is under way."""
    error = sys.exc_info() if sys.exc_info()[0] else None
    record = logging.LogRecord(name, logging.WARNING, "", 0, said, args, error)  # type: ignore[arg-type]
    logs.TaskFilter().filter(record)
    return logs.formatter(form, whole=whole).format(record)


def test_a_line_says_when_how_grave_by_whom_and_what_it_is_about():
    with subject.about(event_id=12, account_id=3, delivery_id=None, lane=f"1.{OPENID}", dedup="wechat:1:2"):
        found = json.loads(line(logs.JSON))
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "warning",
        "logger": "some.library",
        "event": "it went so",
        "trace": "e12",
        "account": 3,
    }


def test_lines_to_read_have_the_same_facts():
    with subject.about(event_id=12):
        assert line(logs.LINES).endswith(" WARNING some.library: it went so  trace=e12")


@pytest.mark.parametrize("form", [logs.JSON, logs.LINES])
def test_an_error_is_told_without_its_words(form):
    try:
        try:
            raise KeyError("13900000000")
        except KeyError as error:
            raise OSError(2006, "my number is 13900000000") from error
    except OSError:
        said = line(form)
    assert "OSError" in said
    assert "KeyError" in said
    assert "2006" in said
    assert "tests/config/test_logs.py:" in said
    assert "13900000000" not in said


def test_whoever_debugs_sees_it_whole():
    try:
        raise ValueError("these words")
    except ValueError:
        assert "ValueError: these words" in line(logs.LINES, whole=True)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"GET https://api.weixin.qq.com/a?access_token=abc&openid={OPENID}", "GET https://api.weixin.qq.com/a?…"),
        ("amqp://bridge:secret@broker:5672//", "amqp://…@broker:5672//"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("the token wcb_abc123 is over", "the token … is over"),
        (f"lane 1.{OPENID}", "lane 1.…"),
        ("was it changed? It was not.", "was it changed? It was not."),
    ],
)
def test_what_a_library_says_of_addresses_tokens_and_people_is_left_out(said, shown):
    assert json.loads(line(logs.JSON, said=said))["event"] == shown


def test_celery_does_not_repeat_a_tasks_error():
    told = {"name": "bridge.tasks.sweep", "id": "1", "exc": "ValueError('my number')", "traceback": "my number"}
    said = line(logs.JSON, name="celery.app.trace", said="Task %(name)s raised: %(exc)s %(traceback)s", args=(told,))
    assert "bridge.tasks.sweep" in said
    assert "my number" not in said


def test_what_ends_a_process_or_a_thread_is_a_line(caplog):
    try:
        raise ValueError("these words")
    except ValueError as error:
        logs._say_uncaught(type(error), error, error.__traceback__)
    assert [record.exc_info[0] for record in caplog.records] == [ValueError]


def test_a_trace_is_an_events_number_behind_a_letter():
    assert event_of(trace_of(7)) == 7
    assert (trace_of(None), event_of("7"), event_of("e"), event_of("x7")) == ("", 0, 0, 0)


def gathering() -> tuple[gathering_room.Gathering, io.StringIO]:
    handler, written = gathering_room.Gathering(logs.WAY), io.StringIO()
    handler.setStream(written)
    handler.setFormatter(logs.formatter(logs.LINES, whole=False))
    return handler, written


def said_by(handler: logging.Handler, name: str, what: str) -> None:
    handler.handle(logging.LogRecord(name, logging.INFO, "", 0, what, (), None))


def test_lines_about_messages_are_written_together_with_what_they_were_about():
    handler, written = gathering()
    with subject.about(event_id=1):
        said_by(handler, logs.WAY, "came in")
    with subject.about(event_id=2):
        said_by(handler, logs.WAY, "applied")
        handler.flush()
    assert [one.partition(": ")[2] for one in written.getvalue().splitlines()] == [
        "came in  trace=e1",
        "applied  trace=e2",
    ]


def test_any_other_line_is_written_at_once_and_after_those_before_it(monkeypatch):
    monkeypatch.setattr(gathering_room, "PAUSE", 3600)
    handler, written = gathering()
    said_by(handler, logs.WAY, "first")
    said_by(handler, "bridge.tasks", "second")
    assert [one.rpartition(" ")[2] for one in written.getvalue().splitlines()] == ["first", "second"]


def test_lines_about_messages_are_written_by_themselves_soon():
    handler, written = gathering()
    for number in range(3):
        said_by(handler, logs.WAY, f"{number}")
    wait_until(lambda: written.getvalue().count("\n") == 3)
    said_by(handler, logs.WAY, "one more")
    wait_until(lambda: "one more" in written.getvalue())


def test_many_threads_lose_no_line_and_double_none(monkeypatch):
    monkeypatch.setattr(gathering_room, "PAUSE", 0.001)
    monkeypatch.setattr(gathering_room, "MOST", 7)
    handler, written = gathering()

    def say(thread: int) -> None:
        for number in range(500):
            said_by(handler, logs.WAY, f"{thread}.{number}")

    threads = [threading.Thread(target=say, args=(one,)) for one in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    handler.flush()
    said = [one.rpartition(" ")[2] for one in written.getvalue().splitlines()]
    assert sorted(said) == sorted(f"{thread}.{number}" for thread in range(4) for number in range(500))


def test_a_process_writes_its_lines_before_it_ends_and_a_fork_none_of_its_parents():
    code = (
        "import logging, os; from config import gathering, logs; gathering.PAUSE = 3600\n"
        "logging.config.dictConfig(logs.settings(logs.LINES, 'INFO', 'INFO', whole=False, gathers=True))\n"
        "logging.getLogger(logs.WAY).info('of the parent')\n"
        "child = os.fork()\n"
        "if not child: logging.getLogger(logs.WAY).info('of the child')\n"
        "else: os.waitpid(child, 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert sorted(one.partition(": ")[2] for one in ended.stderr.splitlines()) == ["of the child", "of the parent"]
