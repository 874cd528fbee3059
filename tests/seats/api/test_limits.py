"""Who asks the API too often waits: a token, a user in a browser, an address that is not let in; nobody else."""

from __future__ import annotations

import pytest
import redis
from django.test import Client

from seats.api import limits, programs
from seats.api.authentication import make_token
from seats.api.problems import MEDIA_TYPE
from tests.support.routing import client_of

pytestmark = pytest.mark.either


@pytest.fixture
def few(floor, settings):
    settings.API_PER_MINUTE = 2
    floor.now = floor.now.replace(second=15, microsecond=0)
    return floor


def ask(token="", **words):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(headers=headers, **words).get("/api/me/")


def test_a_token_that_asks_too_often_waits_and_others_do_not(few):
    one, other = (make_token(few.site.alice.user, 1)[1] for _at in range(2))
    assert [ask(one).status_code for _at in range(3)] == [200, 200, 429]
    answer = ask(one)
    assert (answer["Content-Type"], answer["Retry-After"], answer.json()["code"]) == (MEDIA_TYPE, "45", "throttled")
    assert ask(other).status_code == 200
    assert client_of("alice").get("/api/me/").status_code == 200
    few.now = few.now.replace(second=0, minute=(few.now.minute + 1) % 60)
    assert ask(one).status_code == 200


def test_a_user_in_a_browser_waits_too(few):
    browser = client_of("alice")
    assert [browser.get("/api/me/").status_code for _at in range(3)] == [200, 200, 429]


def test_an_address_that_is_not_let_in_waits_and_tokens_from_there_do_not(few):
    assert [ask("wcb_wrong").status_code for _at in range(3)] == [401, 401, 429]
    answer = ask()
    assert (answer.status_code, answer["Retry-After"]) == (429, "45")
    assert ask(make_token(few.site.alice.user, 1)[1]).status_code == 200
    assert ask(REMOTE_ADDR="192.0.2.7").status_code == 401


def test_no_limit_and_no_redis(few, settings, monkeypatch):
    monkeypatch.setattr(limits, "client", lambda: redis.Redis.from_url("unix:///nowhere"))
    assert [ask().status_code for _at in range(3)] == [401, 401, 401]
    monkeypatch.undo()
    settings.API_PER_MINUTE = 0
    assert [ask().status_code for _at in range(3)] == [401, 401, 401]


def test_what_was_counted_is_forgotten(few):
    """Else each minute of each token would stay in Redis for ever."""
    token, _words = make_token(few.site.alice.user, 1)
    limits.wait_of(limits.of_token(token))
    (key,) = limits.client().keys(f"bridge:api:{limits.of_token(token)}:*")
    assert 0 < limits.client().ttl(key) <= 2 * limits.MINUTE


def test_opening_streams_counts_as_well(few):
    token = make_token(few.site.alice.user, 1)[1]
    scope = {
        "type": "http", "method": "GET", "path": programs.PATH, "query_string": b"", "client": ("127.0.0.1", 1),
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }  # fmt: skip
    answers = [programs.enter(scope) for _at in range(3)]
    assert [getattr(one, "status_code", 200) for one in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "45"
