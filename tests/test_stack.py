"""A site of a test whose setting up fails leaves no process behind."""

from __future__ import annotations

import pytest

from tests.support.forked import Process
from tests.support.stack import Stack

pytestmark = pytest.mark.once


class Failing(Stack):
    """A site that gets as far as its database."""

    def _create_database(self) -> None:
        self.sleeper: Process = self._start(["sleep", "600"], "sleeper")
        self.others.append(self.sleeper)
        raise TimeoutError("no database")


def test_where_setting_up_fails_what_was_started_is_ended():
    site = Failing({"alice": 1})
    with pytest.raises(TimeoutError, match="no database"), site:
        pass
    assert [process.poll() is None for process in site.others] == [False] * len(site.others)
    assert site.sleeper.returncode == -15
