"""Pushes to the bridge's doors: one after another per sender, WeChat's three times when no answer comes in 5 s."""

from __future__ import annotations

import json
import queue
import re
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import requests

from sandbox import crypto, passive, settings
from sandbox.world import Entry, world

TIMEOUT = 5.0
XML = {"Content-Type": "text/xml"}
_RAW_IN_JSON = re.compile(r"\\(u(00[01][0-9a-f])|.)")
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


def _raw(words: Any) -> bytes:
    """Return words as WeChat puts them into a push: bytes as they are, surrogates as if they were characters."""
    return words if isinstance(words, bytes) else str(words).encode("utf-8", "surrogatepass")


def _xml(fields: dict[str, Any]) -> bytes:
    """Return a push as WeChat writes it: words in CDATA, with nothing in them escaped, so that it may be no XML."""

    def node(name: str, value: Any) -> bytes:
        if isinstance(value, list):
            return b"".join(node(name, one) for one in value)
        if isinstance(value, dict):
            inner = b"".join(node(*item) for item in value.items())
        else:
            inner = b"%d" % value if isinstance(value, int) else _raw(value)
            inner = str(value).encode() if isinstance(value, float) else inner
            inner = inner if isinstance(value, int | float) else b"<![CDATA[" + inner + b"]]>"
        return b"<%s>%s</%s>" % (name.encode(), inner, name.encode())

    return b"<xml>" + b"".join(node(*item) for item in fields.items()) + b"</xml>"


def _json(fields: dict[str, Any]) -> bytes:
    """Return a push as a mini program gets it: control characters stand raw in the words."""
    marks: dict[bytes, bytes] = {}

    def marked(value: bytes) -> str:
        mark = f"<{secrets.token_hex(8)}>"
        marks[mark.encode()] = value
        return mark

    text = json.dumps(fields, ensure_ascii=False, default=marked)
    raw = _RAW_IN_JSON.sub(lambda one: chr(int(one[2], 16)) if one[2] else one[0], text)
    body = _raw(raw)
    for mark, value in marks.items():
        body = body.replace(mark, value)
    return body


def wechat_push(
    slug: str, fields: dict[str, Any], entry: Entry | None = None, copies: int = 1, body: bytes = b""
) -> None:
    """Push `fields` (or `body`) to the account's door, encrypted as the account says; `copies` sends it more than once."""
    account, openid = world().account(slug), fields["FromUserName"]
    # A mini program gets JSON, as it may be set to.
    plain = body or (_json(fields) if account.get("kind") == "mini_program" else _xml(fields))

    def acked(body: bytes) -> bool:
        return body in (b"success", b"") or _show_reply(account, openid, body)

    in_order(
        f"{slug}:{openid}", lambda: _push(lambda: _wechat_request(account, fields, plain), acked, entry, copies, XML)
    )


def _show_reply(account: dict[str, Any], openid: str, body: bytes) -> bool:
    """Show a passive reply on the phone; it costs nothing. Returns whether it was one that WeChat would take."""
    try:
        root = ElementTree.fromstring(body)
        if root.findtext("Encrypt"):
            cipher = str(root.findtext("Encrypt"))
            signed = (account["token"], str(root.findtext("TimeStamp")), str(root.findtext("Nonce")), cipher)
            if crypto.sign(*signed) != root.findtext("MsgSignature"):
                return False
            plain = crypto.decrypt(cipher, account["encoding_aes_key"], account["app_id"])
            root = ElementTree.fromstring(plain)
    except (ElementTree.ParseError, ValueError, KeyError):
        return False
    shown = passive.shown(account["slug"], root) if root.findtext("ToUserName") == openid else None
    if shown is None:
        return False
    world().add("phone", account=account["slug"], openid=openid, key="passive", **shown)
    return True


def _wechat_request(account: dict[str, Any], fields: dict[str, Any], plain: bytes) -> tuple[str, bytes]:
    timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
    query = {"signature": crypto.sign(account["token"], timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
    query["openid"] = fields["FromUserName"]
    body, mode = plain, account.get("encryption", "secure")
    if mode != "plain":
        ciphertext = crypto.encrypt(plain, account["encoding_aes_key"], account["app_id"])
        query["encrypt_type"] = "aes"
        query["msg_signature"] = crypto.sign(account["token"], timestamp, nonce, ciphertext)
        body = _sealed(account, fields["ToUserName"], ciphertext, plain if mode == "compatible" else b"")
    return f"{settings.BRIDGE_URL}/callbacks/wechat/{account['slug']}/?{urlencode(query)}", body


def _sealed(account: dict[str, Any], to: str, ciphertext: str, plain: bytes) -> bytes:
    """Return the outer body: in compatible mode what is encrypted stands in it in plain as well."""
    if account.get("kind") == "mini_program":
        return json.dumps({"ToUserName": to, "Encrypt": ciphertext}).encode()
    outer = f"<ToUserName>{escape(to)}</ToUserName><Encrypt><![CDATA[{ciphertext}]]></Encrypt>".encode()
    return plain.replace(b"<xml>", b"<xml>" + outer, 1) if plain.startswith(b"<xml>") else b"<xml>" + outer + b"</xml>"


def _push(
    make: Callable[[], tuple[str, bytes]],
    acked: Callable[[bytes], bool],
    entry: Entry | None,
    copies: int,
    headers: dict[str, str] | None = None,
) -> None:
    """Send what `make` returns, made anew for each try, until it is acknowledged; `acked` looks at the answer's body."""
    state, longest = "failed", 0.0
    for _copy in range(copies):
        for left in reversed(range(settings.TRIES)):
            url, body = make()
            began = time.monotonic()
            taken = _send(url, body, acked, headers)
            took = time.monotonic() - began
            if taken:
                state, longest = "acked", max(longest, took)
                break
            if left:
                time.sleep(max(settings.REPEAT_SECONDS - took, 0))
    if entry:
        world().update(entry, state, longest)


def _send(url: str, body: bytes | str, acked: Callable[[bytes], bool], headers: dict[str, str] | None) -> bool:
    """Send one push; tell whether it was acknowledged."""
    try:
        reply = _session().post(url, data=body, headers=headers, timeout=TIMEOUT)
    except requests.RequestException:
        return False
    return reply.status_code == 200 and acked(reply.content)


def im_callback(sender: str, command: str, data: dict[str, Any], entry: Entry | None = None, copies: int = 1) -> None:
    """Send a callback of Tencent IM to the bridge's door, signed where the app has a callback token."""
    in_order(f"im:{sender}", lambda: _push(lambda: _im_request(command, data), lambda body: True, entry, copies))


def _im_request(command: str, data: dict[str, Any]) -> tuple[str, bytes]:
    app, request_time = world().app, str(int(time.time()))
    query = {
        "SdkAppid": app["sdk_app_id"],
        "CallbackCommand": command,
        "contenttype": "json",
        "ClientIP": "127.0.0.1",
        "OptPlatform": "Web",
        "RequestTime": request_time,
        "Sign": crypto.callback_sign(app.get("callback_token", ""), request_time),
    }
    return f"{settings.BRIDGE_URL}/callbacks/tencent-im/?{urlencode(query)}", json.dumps(data).encode()
