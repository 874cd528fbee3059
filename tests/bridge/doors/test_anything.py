"""Whatever comes to the two doors, no answer is an error of ours: bytes, query strings and headers that nobody means.

Half of what is drawn is arbitrary, half is a real push with something broken in it, signed as the platform signs, so that it
gets as far as it can.
"""

from __future__ import annotations

import json
import os
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.asgi import _answer
from tests.support.actors import encrypted_push, im_query, seat_message, state_change, text_xml

pytestmark = pytest.mark.once
# By hand: DOOR_EXAMPLES=10000 python -m pytest tests/bridge/doors/test_anything.py
EXAMPLES = int(os.environ.get("DOOR_EXAMPLES", "25"))
MANY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 1000,
    suppress_health_check=list(HealthCheck),
)
WECHAT, TENCENT = "/callbacks/wechat/shop/", "/callbacks/tencent-im/"
WORDS = st.text(max_size=40)
NAMES = [
    b"content-type", b"content-length", b"host", b"user-agent", b"content-encoding", b"x-forwarded-for", b"cookie",
    b"authorization", b"transfer-encoding", b"x-anything",
]  # fmt: skip
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=60)), max_size=4)
METHODS = st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "HEAD", "OPTIONS", "DELETE"])
KNOWN = st.sampled_from(
    ["timestamp", "nonce", "signature", "msg_signature", "encrypt_type", "echostr", "SdkAppid", "CallbackCommand", "RequestTime",
     "Sign", "contenttype", "ClientIP", "OptPlatform"]
)  # fmt: skip
QUERIES = st.one_of(
    st.binary(max_size=80),
    st.dictionaries(st.one_of(KNOWN, WORDS), WORDS, max_size=6).map(lambda pairs: urlencode(pairs).encode()),
)


def asked(path: str, method: str, query: bytes, body: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """Ask a door as the server does; return the status of its answer."""
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
    return _answer(scope, body).status_code


def spoilt(data: st.DataObject, body: bytes) -> bytes:
    """Return the body with a piece of it cut out, doubled or replaced by bytes that are drawn."""
    # Thousandths, as the length of a push differs from run to run.
    start = data.draw(st.integers(0, 1000)) * len(body) // 1000
    end = start + data.draw(st.integers(0, 60))
    how, drawn = data.draw(st.sampled_from(["cut", "double", "replace"])), data.draw(st.binary(max_size=40))
    instead = {"cut": b"", "double": body[start:end] * 2, "replace": drawn}[how]
    return body[:start] + instead + body[end:]


@MANY
@given(method=METHODS, query=QUERIES, body=st.binary(max_size=400), headers=HEADERS)
def test_anything_at_wechats_door(site, method, query, body, headers):
    assert asked(WECHAT, method, query, body, headers) < 500


@MANY
@given(method=METHODS, query=QUERIES, body=st.binary(max_size=400), headers=HEADERS)
def test_anything_at_tencents_door(site, method, query, body, headers):
    assert asked(TENCENT, method, query, body, headers) < 500


@MANY
@given(data=st.data(), headers=HEADERS)
def test_a_push_of_wechat_that_is_broken_inside(site, data, headers):
    """What is sealed is broken: the signature is good."""
    xml = spoilt(data, text_xml("hello").encode()).decode("utf-8", "replace")
    query, body = encrypted_push(xml)
    assert asked(WECHAT, "POST", query.encode(), body.encode(), headers) < 500


@MANY
@given(data=st.data(), headers=HEADERS)
def test_a_push_of_wechat_that_is_broken_on_its_way(site, data, headers):
    query, body = encrypted_push(text_xml("hello"))
    broken, torn = spoilt(data, body.encode()), spoilt(data, query.encode())
    given_ = data.draw(st.sampled_from(["whole", "torn"]))
    assert asked(WECHAT, "POST", torn if given_ == "torn" else query.encode(), broken, headers) < 500


@MANY
@given(data=st.data(), headers=HEADERS)
def test_a_callback_of_tencent_that_is_broken(site, data, headers):
    call = seat_message("alice", "x", "hi") if data.draw(st.booleans()) else state_change("Login", "alice")
    body, words = spoilt(data, json.dumps(call).encode()), data.draw(WORDS)
    query = im_query(words if data.draw(st.booleans()) else call["CallbackCommand"])
    assert asked(TENCENT, "POST", query.encode(), body, headers) < 500
