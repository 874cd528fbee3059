"""The people and platforms of the tests.

Pushes are encrypted with wechatpy, not with our own code: an independent hand on the other side of the door.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from wechatpy.crypto import WeChatCrypto

from bridge import worker
from bridge.base import clock
from bridge.http.calls import parsed
from bridge.models import Customer
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import DeliveryError, Outcome
from seats.models import Seat, SeatGroup

PAYLOADS = Path(__file__).parent.parent / "payloads"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OTHER_AES_KEY = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"
APP_ID = "wx5823bf96d3bd56c7"
TOKEN = "QDG6eK"
SDK_APP_ID = 1400000001
CALLBACK_TOKEN = "callback-token"
OPENID = "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
_numbers = itertools.count(1)


def payload(name: str) -> str:
    """Return the text of a payload file, such as `wechat/text.xml`."""
    return (PAYLOADS / name).read_text("utf-8")


class FakeStream:
    """What `http.get_stream` returns, out of memory."""

    def __init__(
        self, body: bytes, *, status: int = 200, mime: str = "application/octet-stream", location: str = ""
    ) -> None:
        self.body, self.status, self.mime, self.location = body, status, mime, location
        self.length = len(body)
        self.encoded = False

    def __enter__(self) -> FakeStream:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def chunks(self, seconds: float) -> Any:
        for start in range(0, len(self.body), 65536):
            yield self.body[start : start + 65536]

    def json(self) -> dict[str, Any]:
        return parsed(self.body)


class FakePlatforms:
    """Stands where HTTP is: keeps every call, and answers with what was scripted, else with success.

    Scripted bytes are an answer as it comes over the wire.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.script: dict[str, list[Any]] = {}
        self.files: dict[str, bytes] = {}
        self.profile: dict[str, Any] = {}

    def answer(self, path: str, *replies: Any) -> None:
        """Answer the next calls of a path that ends with `path` with these replies (or raise them)."""
        self.script.setdefault(path, []).extend(replies)

    def post_json(self, url: str, params: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((url, params, body))
        scripted = self._scripted(url)
        if scripted is not None:
            return scripted
        if url.endswith("stable_token"):
            return {"access_token": f"token-{next(_numbers)}", "expires_in": 7200}
        return {"errcode": 0, "errmsg": "ok"} if "cgi-bin" in url else {"ActionStatus": "OK", "ErrorCode": 0}

    def get_json(self, url: str, params: dict[str, str]) -> dict[str, Any]:
        self.calls.append((url, params, {}))
        return self._scripted(url) or {"subscribe": 1, "openid": params.get("openid", ""), **self.profile}

    def get_stream(
        self, url: str, params: dict[str, str] | None = None, *, guarded: bool = False, anywhere: bool = False
    ) -> FakeStream:
        """Return the file that `files` has at the address, or by its media_id."""
        self.calls.append((url, params or {}, {"guarded": guarded}))
        if scripted := self._scripted(url):
            return (
                scripted
                if isinstance(scripted, FakeStream)
                else FakeStream(json.dumps(scripted).encode(), mime="application/json")
            )
        key = (params or {}).get("media_id") or url
        if key in self.files:
            return FakeStream(self.files[key])
        if "media_id" in (params or {}):
            return FakeStream(b'{"errcode":40007,"errmsg":"invalid media_id"}', mime="application/json")
        return FakeStream(b"not here", status=404)

    def post_file(
        self, url: str, params: dict[str, str], field: str, name: str, mime: str, path: Path
    ) -> dict[str, Any]:
        self.calls.append((url, params, {"field": field, "name": name, "mime": mime, "bytes": path.read_bytes()}))
        return self._scripted(url) or {"type": params["type"], "media_id": f"up-{next(_numbers)}", "created_at": 1}

    def _scripted(self, url: str) -> Any:
        for path, replies in self.script.items():
            if url.endswith(path) and replies:
                reply = replies.pop(0)
                if isinstance(reply, Exception):
                    raise reply
                return parsed(reply) if isinstance(reply, bytes) else reply
        return None

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for url, _params, body in self.calls if url.endswith(path)]

    def to_customer(self, openid: str = "") -> list[str]:
        """Return the texts customers (or one of them) received, in order."""
        sent = self.bodies("message/custom/send")
        mine = [body for body in sent if not openid or body["touser"] == openid]
        return [body["text"]["content"] if body["msgtype"] == "text" else f"({body['msgtype']})" for body in mine]

    def to_seat(self, seat: str = "") -> list[str]:
        """Return the texts seats (or one of them) received, in order."""
        texts = []
        for body in self.bodies("openim/sendmsg"):
            if not seat or body["To_Account"] == seat:
                for element in body["MsgBody"]:
                    texts.append(element["MsgContent"].get("Text", element["MsgType"]))
        return texts


def network_error(outcome: Outcome = Outcome.UNKNOWN) -> DeliveryError:
    return DeliveryError("timeout", "no answer", outcome)


class Site:
    """A small site, and hands to play both its sides."""

    def __init__(self, client, platforms: FakePlatforms) -> None:
        self.client = client
        self.platforms = platforms
        TencentIMApp.objects.create(sdk_app_id=SDK_APP_ID, secret_key="im-secret", callback_token=CALLBACK_TOKEN)
        self.account = WeChatAccount.objects.create(
            slug="shop", name="旗舰店", app_id=APP_ID, app_secret="wxSecret0123456789abcdef01234567", token=TOKEN,
            encoding_aes_key=AES_KEY, group="sales", survey=False, reopen_minutes=0,
        )  # fmt: skip
        self.sales = SeatGroup.objects.create(slug="sales", name="销售")
        self.care = SeatGroup.objects.create(slug="care", name="售后")
        self.alice = self.seat("alice", self.sales)
        self.bob = self.seat("bob", self.care)

    @staticmethod
    def seat(name: str, *groups: SeatGroup, capacity: int = 5, weight: int = 1, online: bool = False) -> Seat:
        user = User.objects.create_user(name, password=None)
        seat = Seat.objects.create(user=user, im_user_id=name, capacity=capacity, weight=weight, online=online)
        seat.groups.set(groups)
        return seat

    # The customer's side

    def push_xml(self, xml: str, *, age: float = 0, key: str = AES_KEY, app_id: str = APP_ID, token: str = TOKEN):
        """Send an encrypted push, as WeChat does in secure mode."""
        query, body = encrypted_push(xml, age=age, key=key, app_id=app_id, token=token)
        return self.client.post(f"/callbacks/wechat/shop/?{query}", body, content_type="text/xml")

    def customer_says(self, text: str, openid: str = OPENID, msg_id: int | None = None):
        """Push a text of the customer; every call is a new message unless `msg_id` repeats one."""
        return self.push_xml(text_xml(text, openid, msg_id))

    # The seat's side

    def im_callback(self, command: str, data: dict[str, Any], *, platform: str = "Web", age: float = 0, **query: str):
        """Send a signed callback, as Tencent IM does."""
        address = im_query(command, platform=platform, age=age, **query)
        return self.client.post(f"/callbacks/tencent-im/?{address}", json.dumps(data), content_type="application/json")

    def seat_says(self, text: str, seat: str = "alice", openid: str = OPENID, msg_key: str = ""):
        data = seat_message(seat, self.im_id(openid), text, msg_key)
        return self.im_callback(data["CallbackCommand"], data)

    def seat_state(self, action: str, seat: str = "alice"):
        return self.im_callback("State.StateChange", state_change(action, seat))

    def login(self, *seats: str) -> None:
        for seat in seats:
            self.seat_state("Login", seat)
        self.work()

    # Both

    def im_id(self, openid: str = OPENID) -> str:
        customer = Customer.objects.filter(openid=openid).first()
        return customer.im_id if customer else "nobody"

    @staticmethod
    def work() -> None:
        """Do what the workers would do by now."""
        worker.work_all(limit=1000)


def text_xml(text: str, openid: str = OPENID, msg_id: int | None = None) -> str:
    number = msg_id if msg_id is not None else 10**16 + next(_numbers)
    return (
        f"<xml><ToUserName><![CDATA[gh_4dd5e1b2c3a4]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(clock.now().timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId></xml>"
    )


def encrypted_push(
    xml: str, *, age: float = 0, key: str = AES_KEY, app_id: str = APP_ID, token: str = TOKEN
) -> tuple[str, str]:
    """Return query and body of an encrypted push, made by wechatpy."""
    timestamp, nonce = str(int(clock.now().timestamp() - age)), f"nonce{next(_numbers)}"
    body = WeChatCrypto(token, key, app_id).encrypt_message(xml, nonce, timestamp)
    signature = body.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
    query = {"timestamp": timestamp, "nonce": nonce, "encrypt_type": "aes", "msg_signature": signature}
    return urlencode(query), body


def im_query(command: str, *, platform: str = "Web", age: float = 0, **query: str) -> str:
    request_time = str(int(clock.now().timestamp() - age))
    values = {
        "SdkAppid": str(SDK_APP_ID),
        "CallbackCommand": command,
        "contenttype": "json",
        "ClientIP": "127.0.0.1",
        "OptPlatform": platform,
        "RequestTime": request_time,
        "Sign": hashlib.sha256((CALLBACK_TOKEN + request_time).encode()).hexdigest(),
        **query,
    }
    return urlencode(values)


def seat_message(seat: str, customer: str, text: str, msg_key: str = "") -> dict[str, Any]:
    number = next(_numbers)
    now = int(clock.now().timestamp())
    return {
        "CallbackCommand": "C2C.CallbackAfterSendMsg",
        "From_Account": seat,
        "To_Account": customer,
        "MsgSeq": number,
        "MsgRandom": number + 1,
        "MsgTime": now,
        "MsgKey": msg_key or f"{number}_{number + 1}_{now}",
        "SendMsgResult": 0,
        "ErrorInfo": "send msg succeed",
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
    }


def state_change(action: str, seat: str) -> dict[str, Any]:
    info = {"Action": action, "To_Account": seat, "Reason": "test"}
    return {
        "CallbackCommand": "State.StateChange",
        "Info": info,
        "EventTime": int(clock.now().timestamp() * 1000) + next(_numbers),
    }
