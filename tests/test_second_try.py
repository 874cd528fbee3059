"""Which failed tests of a lane get a second try."""

import json

import pytest

from tests import run

PAGE, WORKER = "tests/browser/test_desk_trust.py::test_a", "tests/processes/test_workers.py::test_b"


@pytest.mark.parametrize(
    ("failed", "again"),
    [
        ([PAGE], [PAGE]),
        ([PAGE, PAGE + "2", PAGE + "3"], [PAGE, PAGE + "2", PAGE + "3"]),
        ([PAGE, PAGE + "2", PAGE + "3", PAGE + "4"], []),  # that many are no accident
        ([WORKER], []),
        ([PAGE, WORKER], []),  # a fault is there anyway
        ([], []),
    ],
)
def test_pages_alone_get_one_and_only_where_they_are_few(monkeypatch, tmp_path, failed, again):
    monkeypatch.setattr(run, "LAST_FAILED", tmp_path / "lastfailed")
    assert run.slow_pages() == []  # pytest ended before it wrote any
    run.LAST_FAILED.write_text(json.dumps(dict.fromkeys(failed, True)))
    assert run.slow_pages() == again
