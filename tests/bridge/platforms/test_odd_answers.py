"""Answers of the platforms that hold what they should not: bad UTF-8, halves of characters, wrong types. None stops a message.

FUZZ_CASES says how many cases each reader gets (200; by hand also 10,000).
"""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge import worker
from bridge.base import clock
from bridge.base.redis import client
from bridge.http.calls import parsed
from bridge.models import Customer, Delivery, PlatformError
from bridge.platforms.answers import code_of, words_of
from bridge.platforms.base import Profile
from bridge.platforms.tencent_im import accounts, presence
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat import platform as wechat_platform
from bridge.platforms.wechat import tokens
from bridge.values import foreign
from bridge.values.outcomes import DeliveryError, Outcome
from tests.bridge.platforms.test_fuzz import ANYTHING, fuzz, objects
from tests.support.actors import payload

pytestmark = pytest.mark.once

SEND, IM_SEND = "message/custom/send", "openim/sendmsg"

# What may stand where a platform says how it went, and whether that says that all is well.
ODD = {
    "bad UTF-8": (b'{"%s":0,"errmsg":"ok \xff\xfe\xe4\xbd"}', True),
    "half an emoji": (rb'{"%s":0,"errmsg":"ok \ud83d","ErrorInfo":"\udc00"}', True),
    "a raw control character": (b'{"%s":0,"errmsg":"\x01\x00\x1b"}', True),
    "a NUL": (rb'{"%s":0,"errmsg":"\u0000"}', True),
    "a byte-order mark": (b'\xef\xbb\xbf{"%s":0}', True),
    "null": (b'{"%s":null,"errmsg":null,"ErrorInfo":5}', True),
    "zero as text": (b'{"%s":"0","errmsg":["ok"]}', True),
    "deep": (b'{"%s":0,"errmsg":' + b"[" * 31_000 + b"]" * 31_000 + b"}", True),
    "NaN": (b'{"%s":NaN}', True),
    "a word": (b'{"%s":"ok"}', False),
    "a list": (b'{"%s":[0]}', False),
    "an object": (b'{"%s":{"a":1}}', False),
    "true": (b'{"%s":true}', False),
    "a fraction": (b'{"%s":1.5}', False),
    "no object": (b'["%s"]', False),
    "a number": (b"0", False),
    "half of it": (b'{"%s":0,', False),
    "nothing": (b"", False),
    "31,000 brackets": (b"[" * 31_000, False),
    "a huge number": (b'{"%s":1' + b"0" * 30 + b"}", False),
}


def odd(name: str, field: str) -> tuple[bytes, bool]:
    answer, fine = ODD[name]
    return answer.replace(b"%s", field.encode()), fine


def last(direction: str) -> Delivery:
    return Delivery.objects.filter(direction=direction).latest("pk")


def later(site, seconds: float) -> None:
    at = clock.now() + timedelta(seconds=seconds)
    with clock.fixed(lambda: at):
        site.work()


@pytest.mark.parametrize("name", ODD)
def test_of_a_send_to_the_customer(talking, platforms, name):
    """What cannot be read may have arrived: the seat is told so, and nothing is sent twice."""
    answer, fine = odd(name, "errcode")
    platforms.answer(SEND, answer)
    talking.seat_says("the answer")
    talking.work()
    assert (last("customer").state, last("customer").attempts) == ("done" if fine else "unknown", 1)
    assert platforms.to_customer() == ["the answer"]
    assert any("可能未送达" in text for text in platforms.to_seat("alice")) is not fine


@pytest.mark.parametrize("name", ODD)
def test_of_a_send_to_the_seat(talking, platforms, name):
    """Tencent IM drops a repeat, so what cannot be read is sent again."""
    answer, fine = odd(name, "ErrorCode")
    platforms.answer(IM_SEND, answer)
    talking.customer_says("two")
    talking.work()
    assert (last("seat").state, last("seat").attempts) == ("done" if fine else "queued", 1)
    assert last("seat").code in ("", "reply")
    later(talking, 2)
    assert last("seat").state == "done"


@pytest.mark.parametrize("name", ODD)
def test_of_a_token_call(talking, platforms, name):
    client().flushdb()
    answer, _fine = odd(name, "errcode")
    platforms.answer("stable_token", answer)
    talking.seat_says("the answer")
    talking.work()
    assert last("customer").state == "queued"
    assert platforms.to_customer() == []
    later(talking, 2)
    assert platforms.to_customer() == ["the answer"]


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": "T", "expires_in": None},
        {"access_token": "T", "expires_in": "7200"},
        {"access_token": "T", "expires_in": ["x"]},
        {"access_token": "T", "expires_in": -5, "errcode": None},
        {"access_token": "T", "errcode": "0", "errmsg": 7},
    ],
)
def test_of_a_token_that_can_be_used(site, platforms, answer):
    platforms.answer("stable_token", json.dumps(answer).encode())
    assert tokens.get(site.account) == "T"


@pytest.mark.parametrize("token", [5, ["T"], {"a": 1}, True, "", None])
def test_of_a_token_that_is_none(site, platforms, token):
    platforms.answer("stable_token", json.dumps({"access_token": token, "expires_in": 7200}).encode())
    with pytest.raises(DeliveryError) as raised:
        tokens.get(site.account)
    assert raised.value.outcome is Outcome.RETRY


@pytest.mark.parametrize("path", ["account_import", "query_online_status"])
@pytest.mark.parametrize("name", ODD)
def test_of_tencents_other_calls(site, platforms, path, name):
    answer, fine = odd(name, "ErrorCode")
    platforms.answer(path, answer)
    app = TencentIMApp.objects.get()
    refused = contextlib.nullcontext() if fine else pytest.raises(DeliveryError)
    with refused:
        if path == "account_import":
            accounts.import_account(app, "x", "name")
        else:
            assert presence.present(app, ["alice"]) == {}


def test_of_the_online_status_as_far_as_it_goes(site, platforms):
    results = [None, 5, [], {"To_Account": ["a"]}, {"To_Account": "alice", "Status": "Online", "Detail": [3, {"Status": "Online", "Platform": 7}]}]  # fmt: skip
    platforms.answer("query_online_status", json.dumps({"ErrorCode": 0, "QueryResult": results}).encode())
    assert presence.present(TencentIMApp.objects.get(), ["alice"]) == {"alice": ("im:7",)}


def test_a_failure_that_only_the_action_status_tells(site, platforms):
    platforms.answer("account_import", b'{"ActionStatus":"FAIL","ErrorCode":null}')
    with pytest.raises(DeliveryError):
        accounts.import_account(TencentIMApp.objects.get(), "x", "name")


def test_of_user_info_that_ends_in_half_an_emoji(site, platforms):
    """The message goes on at once, and the profile is read with the half replaced."""
    platforms.answer("user/info", payload("answers/user_info_half_emoji.json").encode())
    site.login("alice")
    site.customer_says("hello")
    site.work()
    assert "hello" in platforms.to_seat("alice")
    customer = Customer.objects.get()
    assert (customer.unionid, customer.remark, customer.scene) == ("u", "VIP\ufffd", "ADD_SCENE_QR_CODE")
    imported = [body for body in platforms.bodies("account_import") if body["UserID"] == customer.im_id]
    assert imported[0]["Nick"].endswith("VIP\ufffd")


@pytest.mark.parametrize("name", ODD)
def test_of_user_info(site, platforms, name):
    answer, _fine = odd(name, "errcode")
    platforms.answer("user/info", answer)
    site.login("alice")
    site.customer_says("hello")
    site.work()
    assert "hello" in platforms.to_seat("alice")
    assert last("seat").state == "done"


@pytest.mark.parametrize(
    "answer",
    [
        {"unionid": 5, "remark": ["x"], "qr_scene": {"a": 1}, "subscribe_scene": None},
        {"unionid": "\ud83d", "remark": {"a": 1}, "qr_scene_str": True},
        {"unionid": "x" * 300, "remark": "r" * 9000, "qr_scene_str": "s" * 9000},
    ],
)
def test_of_user_info_with_fields_of_other_types(site, platforms, answer):
    platforms.answer("user/info", json.dumps(answer).encode())
    site.login("alice")
    site.customer_says("hello")
    site.work()
    assert "hello" in platforms.to_seat("alice")


def test_what_a_platform_says_of_an_error_can_be_stored_and_shown(talking, platforms):
    platforms.answer(SEND, rb'{"errcode":"45099","errmsg":"bad \ud83d\u0000\u001b word"}')
    talking.seat_says("the answer")
    talking.work()
    assert (last("customer").state, last("customer").code) == ("failed", "45099")
    assert "bad \ufffd word" in last("customer").reason
    assert PlatformError.objects.get(code="45099").text.endswith("bad \ufffd word")


def test_a_quota_of_user_info_does_not_use_up_the_profile(site, platforms):
    """A refusal that passes by is not taken for "there is no profile", which would hold for a month."""
    platforms.answer("user/info", {"errcode": 45011})
    site.login("alice")
    site.customer_says("hello")
    site.work()
    assert "hello" in platforms.to_seat("alice")
    assert Customer.objects.get().profile_at is None


# Text that JSON can spell: with characters and halves that nobody should send.
RAW = st.text(st.characters(exclude_categories=[]) | st.sampled_from("\x00\x01\x0b\x1b\x85\u2028\ud83d\ude00\ufffe\uffff\"\\]>"), max_size=40)  # fmt: skip


@fuzz
@given(st.binary(max_size=200) | RAW.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_bytes_are_an_object_or_a_typed_error(body):
    with contextlib.suppress(DeliveryError):
        assert isinstance(parsed(body), dict)


@fuzz
@given(objects("errcode", "ErrorCode", "errmsg", "unionid", "remark", "qr_scene", "qr_scene_str") | ANYTHING, RAW, st.integers(0, 60))  # fmt: skip
def test_objects_are_read_as_far_as_they_go(data, words, cut):
    if isinstance(data, dict):
        data = {**data, "remark": words}
    body = json.dumps(data, ensure_ascii=len(words) % 2 == 0).encode("utf-8", "surrogatepass")
    for sent in (body, body[:cut], body[:cut] + b"\xff\xe4" + body[cut:]):
        with contextlib.suppress(DeliveryError):
            answer = parsed(sent)
            json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
            profile = wechat_platform._profile(answer)
            assert all("\x00" not in text for text in (profile.remark, profile.scene, profile.unionid))
            words_of(answer, "errmsg").encode()
            assert isinstance(profile, Profile)
            for name in ("errcode", "ErrorCode"):
                assert isinstance(code_of(answer, name), int)


@fuzz
@given(ANYTHING)
def test_fields_of_any_type(value):
    foreign.text_of(value).encode()
    assert isinstance(foreign.whole_of(value), int | None)
    assert isinstance(foreign.object_of(value), dict)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(code=ANYTHING, words=ANYTHING | RAW)
def test_no_answer_ends_in_an_error_of_ours(talking, platforms, code, words):
    answer = json.dumps({"errcode": code, "errmsg": words, "ErrorCode": code, "ErrorInfo": words}).encode()
    platforms.answer(SEND, answer)
    talking.seat_says("the answer")
    worker.work_all(limit=1000)
    assert last("customer").code != "error"
    assert not Delivery.objects.filter(code="error").exists()
    Delivery.objects.all().delete()
    platforms.script.clear()
