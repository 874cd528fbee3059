"""Pushes to the bridge's doors: one after another per sender, WeChat's three times when no answer comes in 5 s."""

from __future__ import annotations

import json
import queue
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import requests

from sandbox import crypto, settings
from sandbox.world import Entry, world

WECHAT_TIMEOUT = 5.0
WECHAT_TRIES = 3
_queues: dict[str, queue.Queue[Callable[[], None]]] = {}
_lock = threading.Lock()
_local = threading.local()


def in_order(sender: str, job: Callable[[], None]) -> None:
    """Run `job` after all earlier ones of the same sender."""
    with _lock:
        if sender not in _queues:
            _queues[sender] = queue.Queue()
            threading.Thread(target=_run, args=(_queues[sender],), daemon=True).start()
        _queues[sender].put(job)


def _run(jobs: queue.Queue[Callable[[], None]]) -> None:
    while True:
        jobs.get()()


def _session() -> requests.Session:
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.trust_env = False
    return _local.session


def _xml(fields: dict[str, Any]) -> str:
    def node(name: str, value: Any) -> str:
        if isinstance(value, int | float):
            return f"<{name}>{value}</{name}>"
        return f"<{name}><![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"

    return "<xml>" + "".join(node(name, value) for name, value in fields.items()) + "</xml>"


def wechat_push(slug: str, fields: dict[str, Any], entry: Entry | None = None, copies: int = 1) -> None:
    """Push `fields` to the account's door, encrypted as the account says; `copies` sends it more than once."""
    account = world().account(slug)
    in_order(f"{slug}:{fields['FromUserName']}", lambda: _wechat(account, fields, entry, copies))


def _wechat_request(account: dict[str, Any], fields: dict[str, Any]) -> tuple[str, bytes]:
    xml, timestamp, nonce = _xml(fields), str(int(time.time())), secrets.token_hex(5)
    query = {"signature": crypto.sign(account["token"], timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
    query["openid"] = fields["FromUserName"]
    mode = account.get("encryption", "secure")
    if mode != "plain":
        ciphertext = crypto.encrypt(xml, account["encoding_aes_key"], account["app_id"])
        query["encrypt_type"] = "aes"
        query["msg_signature"] = crypto.sign(account["token"], timestamp, nonce, ciphertext)
        outer = f"<ToUserName>{escape(fields['ToUserName'])}</ToUserName><Encrypt><![CDATA[{ciphertext}]]></Encrypt>"
        xml = f"<xml>{outer}</xml>" if mode == "secure" else xml.replace("<xml>", f"<xml>{outer}", 1)
    return f"{settings.BRIDGE_URL}/callbacks/wechat/{account['slug']}/?{urlencode(query)}", xml.encode()


def _wechat(account: dict[str, Any], fields: dict[str, Any], entry: Entry | None, copies: int) -> None:
    state = "failed"
    for _copy in range(copies):
        for _try in range(WECHAT_TRIES):
            url, body = _wechat_request(account, fields)
            try:
                reply = _session().post(url, data=body, headers={"Content-Type": "text/xml"}, timeout=WECHAT_TIMEOUT)
            except requests.RequestException:
                time.sleep(0.3)
                continue
            if reply.status_code == 200 and reply.content in (b"success", b""):
                state = "acked"
                break
            time.sleep(0.3)
    if entry:
        world().update(entry, state)


def im_callback(sender: str, command: str, data: dict[str, Any], entry: Entry | None = None, copies: int = 1) -> None:
    """Send a callback of Tencent IM to the bridge's door, signed where the app has a callback token."""
    in_order(f"im:{sender}", lambda: _im(command, data, entry, copies))


def _im(command: str, data: dict[str, Any], entry: Entry | None, copies: int) -> None:
    app, state = world().app, "failed"
    for _copy in range(copies):
        for _try in range(WECHAT_TRIES):
            request_time = str(int(time.time()))
            query = {
                "SdkAppid": app["sdk_app_id"],
                "CallbackCommand": command,
                "contenttype": "json",
                "ClientIP": "127.0.0.1",
                "OptPlatform": "Web",
                "RequestTime": request_time,
                "Sign": crypto.callback_sign(app.get("callback_token", ""), request_time),
            }
            url = f"{settings.BRIDGE_URL}/callbacks/tencent-im/?{urlencode(query)}"
            try:
                reply = _session().post(url, data=json.dumps(data).encode(), timeout=WECHAT_TIMEOUT)
            except requests.RequestException:
                time.sleep(0.3)
                continue
            if reply.status_code == 200:
                state = "acked"
                break
            time.sleep(0.3)
    if entry:
        world().update(entry, state)
