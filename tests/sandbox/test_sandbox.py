"""The sandbox keeps the platforms' rules: its API alone, without a bridge."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from bridge.platforms.tencent_im.crypto import user_sig
from sandbox import control, crypto, im_api, odd, phone, pushing, world, wrong
from sandbox.wechat import files, messages, signing_in
from tests.support import samples
from tests.support.actors import AES_KEY

pytestmark = pytest.mark.once
SITE = {
    "tencent_im": {"sdk_app_id": 1400000001, "secret_key": "k"},
    "wechat_account": [
        {"slug": "shop", "app_id": "wx1", "app_secret": "s"},
        {"slug": "mini", "app_id": "wx2", "app_secret": "s2", "kind": "mini_program"},
    ],
    "seat": [{"username": "alice"}],
}
MB = 1024**2


@pytest.fixture(autouse=True)
def here(monkeypatch):
    made = world.World(SITE)
    monkeypatch.setattr(world, "_world", made)
    monkeypatch.setattr("sandbox.pushing.in_order", lambda sender, job: None)
    return made


def post(view, body, *, escaped=False, **query):
    data = json.dumps(body, ensure_ascii=escaped)
    request = RequestFactory().post("/x", data, content_type="application/json", query_params=query)
    return json.loads(view(request).content)


def token(app_id="wx1", secret="s", force=False):
    body = {"grant_type": "client_credential", "appid": app_id, "secret": secret, "force_refresh": force}
    return post(signing_in.stable_token, body)


def writes(slug="shop"):
    post(phone.customer, {"account": slug, "openid": "o1", "text": "hi"})


def send(kind="text", content=None, access=None):
    body = {"touser": "o1", "msgtype": kind, kind: content or {"content": "hello"}}
    return post(messages.custom_send, body, access_token=access or token()["access_token"])["errcode"]


def upload(kind, body, access=None):
    file = SimpleUploadedFile("a.bin", body)
    query = {"access_token": access or token()["access_token"], "type": kind}
    request = RequestFactory().post("/x", {"media": file}, query_params=query)
    return json.loads(files.upload(request).content)


def test_five_after_a_message_then_45047_and_after_48_hours_45015(here):
    assert send() == 40003
    writes()
    assert [send() for _number in range(6)] == [0] * 5 + [45047]
    writes()
    post(control.clock, {"seconds": 48 * 3600 + 1})
    assert send() == 45015


def test_three_within_a_minute_after_a_scan_and_counts_do_not_add_up(here):
    for _time in range(2):
        post(phone.event, {"account": "shop", "openid": "o1", "event": "SCAN", "key": "k"})
    assert [send() for _number in range(4)] == [0, 0, 0, 45047]
    post(phone.event, {"account": "shop", "openid": "o1", "event": "CLICK", "key": "k"})
    post(control.clock, {"seconds": 61})
    assert send() == 45015


def test_tokens(here):
    first = token()["access_token"]
    assert token()["access_token"] == first
    writes()
    assert send(access=first) == 0
    post(control.token, {"account": "shop"})
    assert send(access=first) == 40001
    forced = token(force=True)["access_token"]
    assert token(force=True)["errcode"] == 45011
    assert send(access=forced) == 0
    post(control.clock, {"seconds": 7201})
    assert send(access=forced) == 42001
    assert token("wx9")["errcode"] == 40013
    assert token("wx1", "wrong")["errcode"] == 40125
    assert post(signing_in.stable_token, {"appid": "wx1", "secret": "s"})["errcode"] == 40002


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("image", samples.picture(), 0), ("image", samples.PDF, 40005), ("image", b"\x89PNG" + b"0" * 10 * MB, 40006),
        ("image", b"", 40006), ("voice", samples.amr(), 0), ("voice", samples.mp3(), 0), ("voice", samples.m4a(), 40005),
        ("video", samples.film(), 0), ("video", samples.film(10 * MB), 40006), ("thumb", samples.picture("JPEG"), 0),
        ("thumb", samples.picture(), 40005), ("file", samples.PDF, 40004),
    ],
)  # fmt: skip
def test_what_is_taken_as_media(kind, body, code):
    said = upload(kind, body)
    assert said.get("errcode", 0) == code
    assert bool(said.get("media_id")) is (code == 0)


def test_media_live_three_days_and_belong_to_their_account():
    writes()
    media_id = upload("image", samples.picture())["media_id"]
    assert send("image", {"media_id": media_id}) == 0
    assert send("image", {"media_id": "made-up"}) == 40007
    writes("mini")
    assert send("image", {"media_id": media_id}, token("wx2", "s2")["access_token"]) == 40007
    post(control.clock, {"seconds": 3 * 86400 + 1})
    writes()
    assert send("image", {"media_id": media_id}) == 40007


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("text", {"content": "好" * 683}, 45002), ("text", {"content": "好" * 682}, 0), ("news", {"articles": []}, 45008),
        ("news", {"articles": [{"title": "a"}]}, 0), ("msgmenu", {"list": [{"id": "1", "content": ""}]}, 45064),
        ("hologram", {"x": 1}, 40008),
    ],
)  # fmt: skip
def test_what_is_taken_as_a_message(kind, content, code):
    writes()
    assert send(kind, content) == code


def test_escapes_would_reach_the_customer_as_they_are():
    writes()
    body = {"touser": "o1", "msgtype": "text", "text": {"content": "好"}}
    access = token()["access_token"]
    assert post(messages.custom_send, body, escaped=True, access_token=access)["errcode"] == 40033


def test_a_mini_program_takes_less():
    writes("mini")
    access = token("wx2", "s2")["access_token"]
    assert send("news", {"articles": [{}]}, access) == 40008
    assert send("link", {"title": "a"}, access) == 0


def im(view, body, **query):
    sig = user_sig(1400000001, "k", "administrator", int(world.time.time()), 600)
    known = {"sdkappid": "1400000001", "identifier": "administrator", "usersig": sig, **query}
    return post(view, body, **known)["ErrorCode"]


def message(number=1, text="hi", to="alice"):
    body = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}]
    return {"From_Account": "1.o1", "To_Account": to, "MsgSeq": number, "MsgRandom": 7, "MsgBody": body}


def test_tencents_rules(here):
    assert im(im_api.sendmsg, message()) == 20003
    assert im(im_api.account_import, {"UserID": "1.o1", "Nick": "x"}) == 0
    assert im(im_api.account_import, {"UserID": "x" * 33}) == 70402
    assert [im(im_api.sendmsg, message()) for _time in range(3)] == [0, 0, 0]
    assert len([entry for entry in here.entries if entry.side == "im"]) == 1
    assert im(im_api.sendmsg, message(2)) == 0
    assert len([entry for entry in here.entries if entry.side == "im"]) == 2
    assert im(im_api.sendmsg, message(3, to="nobody")) == 90048
    assert im(im_api.sendmsg, message(4, "好" * 5000)) == 80002
    assert im(im_api.sendmsg, message(5), usersig="x") == 70003
    assert im(im_api.sendmsg, message(5), sdkappid="2") == 60006
    post(control.forget, {"im_account": "alice"})
    assert im(im_api.sendmsg, message(6)) == 90048


def test_tencents_pace(here):
    post(control.rate, {"im": 3})
    im(im_api.account_import, {"UserID": "1.o1", "Nick": "x"})
    codes = [im(im_api.query_online_status, {"To_Account": ["alice"]}) for _time in range(5)]
    assert 60007 in codes
    assert here.refusals["60007"] >= 1


def test_faults():
    writes()
    post(control.fault, {"path": "/x", "code": -1, "times": 2, "account": "shop"})
    access = token()
    assert access["errcode"] == -1
    assert token()["errcode"] == -1
    assert send() == 0


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [({"status": 502}, 502, b"the gateway says no\n"), ({"text": "<html>"}, 200, b"<html>")],
)
def test_an_answer_that_is_none_of_the_platforms_until_it_is_calm(here, asked, status, body):
    writes()
    access = token()["access_token"]
    post(control.fault, {"path": "/x", "times": 1000, **asked})
    for view in (messages.custom_send, im_api.sendmsg):
        answer = view(RequestFactory().post("/x", "{}", "application/json", query_params={"access_token": access}))
        assert (answer.status_code, answer.content) == (status, body)
    assert [entry for entry in here.entries if not entry.mine] == [], "it took no effect"
    post(control.calm, {})
    assert send(access=access) == 0


@pytest.mark.parametrize(
    ("tries", "answers", "state", "sent"), [(3, [503, 503, 200], "acked", 3), (4, [503] * 4, "failed", 4)]
)
def test_a_push_is_repeated_as_often_as_it_is_set(here, monkeypatch, tries, answers, state, sent):
    """WeChat repeats every five seconds, whether the door refused at once or did not answer."""
    slept, left = [], list(answers)
    monkeypatch.setattr(pushing.settings, "TRIES", tries)
    monkeypatch.setattr(pushing.settings, "REPEAT_SECONDS", 5.0)
    monkeypatch.setattr(pushing.time, "sleep", slept.append)
    monkeypatch.setattr(pushing, "_send", lambda url, body, acked, headers: left.pop(0) == 200)
    entry = here.add("phone", mine=True, state="sending")
    pushing._push(lambda: ("http://127.0.0.1:1/", b""), lambda body: True, entry, 1)
    assert (entry.state, len(answers) - len(left)) == (state, sent)
    assert slept == [pytest.approx(5, abs=0.2)] * (sent - 1)


# Odd messages


def test_pushes_go_out_as_raw_as_wechat_writes_them():
    fields = {
        "CreateTime": 7,
        "Content": "a]]>b\x1d<&\ud83d",
        "Label": "好".encode()[:2],
        "ScanCodeInfo": {"ScanResult": "x"},
    }
    assert pushing._xml(fields) == (
        b"<xml><CreateTime>7</CreateTime><Content><![CDATA[a]]>b\x1d<&\xed\xa0\xbd]]></Content>"
        b"<Label><![CDATA[\xe5\xa5]]></Label><ScanCodeInfo><ScanResult><![CDATA[x]]></ScanResult></ScanCodeInfo></xml>"
    )
    raw = pushing._json({"Content": 'a"\x1d\\u001d\n', "Label": "好".encode()[:2], "MsgId": 7})
    assert raw == b'{"Content": "a\\"\x1d\\\\u001d\\n", "Label": "\xe5\xa5", "MsgId": 7}'


@pytest.mark.parametrize(
    ("mode", "kind"), [("secure", ""), ("compatible", ""), ("plain", ""), ("secure", "mini_program")]
)
def test_an_odd_push_is_signed_and_sealed_as_it_is(here, mode, kind):
    keys = {"token": "t", "encoding_aes_key": AES_KEY}
    account = {**here.account("shop"), **keys, "encryption": mode, "kind": kind}
    plain = pushing._xml({"FromUserName": "o", "ToUserName": "gh", "Content": "]]>\x00"})
    url, body = pushing._wechat_request(account, {"FromUserName": "o", "ToUserName": "gh"}, plain)
    if mode == "plain":
        assert body == plain
        return
    cipher = json.loads(body)["Encrypt"] if kind else body.split(b"<Encrypt><![CDATA[")[1].split(b"]]>")[0].decode()
    assert crypto.decrypt(cipher, account["encoding_aes_key"], account["app_id"]) == plain
    query = dict(parse_qsl(urlsplit(url).query))
    assert query["msg_signature"] == crypto.sign(account["token"], query["timestamp"], query["nonce"], cipher)
    assert (b"]]>\x00" in body) == (mode == "compatible")


def test_the_odd_messages_by_name(here):
    rf = RequestFactory()
    listed = json.loads(odd.odd(rf.get("/play/odd")).content)
    assert listed["customer"]["cdata_end"] == "The end of CDATA, ]]>"
    assert listed["seat"]["quote"] == "A quote"
    sent = json.dumps({"name": "half_emoji", "account": "shop", "openid": "oSomebody"})
    number = json.loads(odd.odd(rf.post("/play/odd", sent, content_type="application/json")).content)["number"]
    (entry,) = here.after(0, 0)
    assert (entry["number"], entry["text"], entry["openid"]) == (number, "好的\ud83d", "oSomebody")
    with pytest.raises(wrong.Wrong, match="GET /play/odd"):
        odd.odd(
            rf.post("/play/odd", '{"name": "no", "account": "shop", "openid": "o"}', content_type="application/json")
        )
