"""The memory of endpoints, switched on (the other tests' forgets at once): what is served, and for how long."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from bridge.base import outage
from bridge.live import endpoints
from bridge.live.endpoints import Remembered
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import OPENID


@pytest.fixture
def now(monkeypatch):
    moment = [1000.0]
    monkeypatch.setattr(endpoints.time, "monotonic", lambda: moment[0])
    monkeypatch.setattr(outage, "database", outage.Outage(pause=1.0))
    return moment


def test_a_value_is_asked_for_once_in_its_time(now):
    asked: list[str] = []
    memory = Remembered(lambda key: (asked.append(key), f"{key}{len(asked)}")[1], seconds=lambda: 2.0)
    assert [memory.get("a"), memory.get("a"), memory.get("b")] == ["a1", "a1", "b2"]
    now[0] += 1.9
    assert memory.get("a") == "a1"
    now[0] += 0.2
    assert memory.get("a") == "a3"
    memory.forget()
    assert memory.get("a") == "a4"


def test_what_is_not_there_is_asked_for_each_time(now):
    asked: list[str] = []
    memory = Remembered(lambda key: asked.append(key), seconds=lambda: 2.0)
    assert [memory.get("a"), memory.get("a")] == [None, None]
    assert len(asked) == 2


def test_while_the_database_is_away_the_last_known_value_serves(db, now):
    answers = ["known", OperationalError("away"), OperationalError("away"), "new"]

    def load(_key: str) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    memory = Remembered(load, seconds=lambda: 2.0)
    assert memory.get() == "known"
    now[0] += 3
    assert memory.get() == "known"
    assert len(answers) == 2
    now[0] += 3
    assert memory.get() == "known"
    now[0] += 3
    assert memory.get() == "new"
    answers.append(OperationalError("away"))
    with pytest.raises(OperationalError):
        memory.get("never known")


def test_a_site_with_its_memory_on_goes_by_the_old_account_for_two_seconds(talking, platforms, monkeypatch):
    """As in production: a change in the admin is seen by every process after two seconds, and messages go on meanwhile."""
    real = endpoints.time.monotonic
    ahead = [0.0]
    monkeypatch.setattr(endpoints.time, "monotonic", lambda: real() + ahead[0])
    monkeypatch.setattr(endpoints, "SECONDS", 2.0)
    endpoints.forget()
    account = WeChatAccount.objects.get()
    assert endpoints.endpoints.account(account.pk).over_count == "hold"
    WeChatAccount.objects.update(over_count="fail")
    talking.customer_says("in between")
    talking.seat_says("an answer")
    talking.work()
    assert platforms.to_seat("alice")[-1] == "in between"
    assert platforms.to_customer(OPENID) == ["an answer"]
    assert endpoints.endpoints.account(account.pk).over_count == "hold"
    ahead[0] += 2.1
    assert endpoints.endpoints.account(account.pk).over_count == "fail"
