"""Log lines: what they look like, and what of an error and of a library's words is left out."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from bridge.base import subject
from bridge.values.traces import event_of, trace_of
from config import logs

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
