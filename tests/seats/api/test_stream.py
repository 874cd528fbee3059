"""The event stream with a token, on a whole site: ids of what changes, to whoever may see it, until the token ends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import requests

from tests.support.stack import Stack

pytestmark = [pytest.mark.workers, pytest.mark.once, pytest.mark.timeout(240)]
MOST = 6
SOMEBODY = "oApiStreamCustomer0000000001"


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 3, "bob": 0}, workers=1, threads=2, STREAMS_PER_USER=str(MOST)) as running:
        yield running


def token(stack: Stack, name: str, *scopes: str) -> str:
    words = [word for scope in scopes for word in ("--scope", scope)]
    return stack.manage("token", name, *words).strip()


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


def events(stack: Stack, token: str, after: str = "", most: float = 90) -> Iterator[tuple[str, str, object]]:
    """Yield the events with name, id and data, for so many seconds."""
    headers = bearer(token, **({"Last-Event-ID": after} if after else {}))
    ends, fields = time.monotonic() + most, {}
    with requests.get(f"{stack.url}/api/stream/", headers=headers, stream=True, timeout=(30, 60)) as answer:
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            assert time.monotonic() < ends
            name, _colon, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "event" in fields:
                yield fields["event"], fields.get("id", ""), json.loads(fields["data"])
                fields = {}


def test_a_program_hears_ids_of_what_it_may_see_and_resumes_where_it_was(stack):
    alice, bob = token(stack, "alice", "read"), token(stack, "bob", "read")
    stack.player.post("customer", account="shop", openid=SOMEBODY, text="what does it cost")
    heard, position = [], ""
    for name, place, data in events(stack, alice):
        position = place or position
        if name == "conversation":
            heard.append(data)
            if data["messages"] and position:
                break
    last = heard[-1]
    assert set(last) == {"conversation", "messages", "moved", "offered"}
    read = requests.get(f"{stack.url}/api/messages/{last['messages'][0]}/", headers=bearer(alice), timeout=30).json()
    assert read["preview"] == "what does it cost"
    # Bob has no room and it never waited for long: he hears at most that something moved.
    seen = []
    for name, _place, data in events(stack, bob):
        if name == "beat":
            break
        seen.append((name, data))
    assert not [data for name, data in seen if name == "conversation" and data["messages"]]
    assert (
        requests.get(f"{stack.url}/api/messages/{last['messages'][0]}/", headers=bearer(bob), timeout=30).status_code
        == 404
    )
    stack.player.post("customer", account="shop", openid=SOMEBODY, text="hello?")
    again = next(
        data for name, _place, data in events(stack, alice, position) if name == "conversation" and data["messages"]
    )
    assert last["messages"][0] not in again["messages"]


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [
        ("get", {}, 401, "not_authenticated"),
        ("get", bearer("wcb_nonsense"), 401, "authentication_failed"),
        ("get", {"Authorization": b"Bearer \xff\xfe"}, 401, "authentication_failed"),
        ("post", {}, 405, "method_not_allowed"),
    ],
)
def test_who_may_not_listen_hears_why(stack, method, headers, status, code):
    answer = requests.request(method, f"{stack.url}/api/stream/", headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (answer.headers.get("WWW-Authenticate") == "Bearer") is (status == 401)


def test_a_token_without_the_scope_does_not_listen(stack):
    answer = requests.get(f"{stack.url}/api/stream/", headers=bearer(token(stack, "alice", "answer")), timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_a_users_streams_are_limited_whatever_their_tokens(stack):
    """As many as the site's setting says, of all tokens together; another user is not concerned."""
    open_ones = []
    for _number in range(MOST):
        headers = bearer(token(stack, "alice", "read")) if len(open_ones) < 2 else open_ones[0][1]
        answer = requests.get(f"{stack.url}/api/stream/", headers=headers, stream=True, timeout=30)
        open_ones.append((answer, headers))
    assert [answer.status_code for answer, _headers in open_ones] == [200] * MOST
    refused = requests.get(f"{stack.url}/api/stream/", headers=open_ones[1][1], timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
    with requests.get(
        f"{stack.url}/api/stream/", headers=bearer(token(stack, "bob", "read")), stream=True, timeout=10
    ) as other:
        assert other.status_code == 200
    for answer, _headers in open_ones:
        answer.close()


def test_the_stream_ends_soon_after_the_token(stack):
    mine = token(stack, "alice", "read")
    stream = events(stack, mine)
    next(stream)
    stack.manage("shell", "-v0", "-c", "from knox.models import AuthToken; AuthToken.objects.all().delete()")
    began = time.monotonic()
    assert list(stream)
    assert time.monotonic() - began < 45
