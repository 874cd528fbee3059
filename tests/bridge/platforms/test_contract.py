"""All platforms keep the contract: WeChat, Tencent IM, and the sample platform of the tests."""

from __future__ import annotations

import json

import pytest

from bridge.platforms.tencent_im import errors as im_errors
from bridge.platforms.testing import PlatformContract
from bridge.platforms.wechat import errors as wechat_errors
from bridge.values.outcomes import Outcome
from tests.echo import protocol as echo
from tests.support.actors import PAYLOADS, payload

pytestmark = pytest.mark.once
WECHAT_SAYS = "<Content><![CDATA[你好，这款还有货吗？😀]]></Content>"


class TestWeChat(PlatformContract):
    platform_name = "wechat"
    samples = tuple(("", payload(f"wechat/{path.name}")) for path in sorted((PAYLOADS / "wechat").iterdir()))
    door = "/callbacks/wechat/nobody/"
    secret_call = (
        "https://api.weixin.qq.com/cgi-bin/stable_token?access_token=SECRET",
        json.dumps({"appid": "wx1", "secret": "SECRET", "answer": {"access_token": "SECRET"}}),
    )
    codes = {-1: Outcome.RETRY, 45047: Outcome.CHANCE, 45015: Outcome.FAIL, 40164: Outcome.STOP, 45009: Outcome.LIMIT}

    def text_event(self, words):
        return "text", payload("wechat/text.xml").replace(WECHAT_SAYS, f"<Content><![CDATA[{words}]]></Content>")

    def error_of(self, code):
        return wechat_errors.delivery_error(code, "said")


class TestTencentIM(PlatformContract):
    platform_name = "tencent_im"
    samples = tuple(
        (json.loads(path.read_text("utf-8"))["CallbackCommand"], path.read_text("utf-8"))
        for path in sorted((PAYLOADS / "tencent_im").iterdir())
    )
    door = "/callbacks/tencent-im/"
    secret_call = (
        "https://console.tim.qq.com/v4/openim/sendmsg?usersig=SECRET&identifier=administrator",
        json.dumps({"UserSig": "SECRET"}),
    )
    codes = {
        60007: Outcome.RETRY,
        70001: Outcome.CHANCE,
        70107: Outcome.CHANCE,
        60010: Outcome.STOP,
        80001: Outcome.FAIL,
    }

    def text_event(self, words):
        data = json.loads(payload("tencent_im/after_send_text.json"))
        data["MsgBody"] = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}]
        return data["CallbackCommand"], json.dumps(data)

    def error_of(self, code):
        return im_errors.delivery_error(code, "said")


class TestEcho(PlatformContract):
    platform_name = "echo"
    samples = tuple(
        (one["kind"], json.dumps({"id": "1", "from": "bob", **one}))
        for one in (
            {"kind": "text", "text": "hello"},
            {"kind": "image", "file": "f1", "url": "https://files.example/1.png"},
            {"kind": "join"},
            {"kind": "weather"},
        )
    )
    door = "/callbacks/echo/nobody/"
    secret_call = ("https://echo.example/echo/send?echo_key=SECRET", json.dumps({"echo_key": "SECRET"}))
    codes = {code: outcome for code, (outcome, _words) in echo.CODES.items()}

    def text_event(self, words):
        return "text", json.dumps({"id": "1", "from": "bob", "kind": "text", "text": words})

    def error_of(self, code):
        return echo.error(code)
