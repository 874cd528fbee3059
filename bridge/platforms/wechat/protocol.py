"""WeChat pushes as values: their fields, the key of an event, the IM account of a customer. No Django, no I/O.

Source: developers.weixin.qq.com, "接收普通消息" and "接收事件推送".
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable

from bridge.platforms.wechat import cleaning, crypto, envelope, objects
from bridge.platforms.wechat.envelope import MalformedError

_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_ELEMENTS = 50  # that are tried from each end
# What tells two pushes without a MsgId apart.
_TOLD_APART = (
    "FromUserName",
    "CreateTime",
    "MsgType",
    "Event",
    "EventKey",
    "MsgID",
    "ScanResult",
    "Content",
    "MediaId",
)
_ENCRYPT = re.compile(rb"<Encrypt>\s*<!\[CDATA\[([A-Za-z0-9+/=]*)\]\]>\s*</Encrypt>")


def parse_xml(body: bytes) -> dict[str, str]:
    """Return the children of `<xml>` as a flat dict of their texts; of a nested element, only what was scanned.

    No document type, no entities, no network. MalformedError for anything else than `<xml>` with elements in it.
    """
    return envelope.read(cleaning.decode(body))


def parse_push(body: bytes) -> dict[str, str]:
    """Return a push's fields as texts: XML, or the JSON object that a mini program may be set to send.

    MalformedError for anything else.
    """
    return read_push(cleaning.decode(body))


def read_push(text: str) -> dict[str, str]:
    """Return the fields of a push that was decoded before. MalformedError where it is none."""
    bare = text.lstrip("\ufeff \t\n")
    return objects.read(bare) if bare.startswith("{") else envelope.read(bare)


def cut_ciphertext(body: bytes, is_signed: Callable[[str], object] = lambda text: False) -> str:
    """Return the text of `<Encrypt>`; of several, the first that `is_signed`. MalformedError where there is none.

    A search instead of a parse: the door does this on every push, the signature covers exactly this text, and nothing
    else of the outer document is used. In compatible mode that holds the customer's words, which may hold an element
    that looks the same.
    """
    found = _ENCRYPT.findall(body)
    if len(found) == 1:
        return found[0].decode()
    likely = [*found[:_MOST_ELEMENTS], *found[_MOST_ELEMENTS:][-_MOST_ELEMENTS:]]
    if signed := next((text.decode() for text in likely if is_signed(text.decode())), ""):
        return signed
    if not found and (text := parse_push(body).get("Encrypt", "").strip()):
        return text
    raise MalformedError("no Encrypt element")


def sealed_reply(reply: bytes, token: str, key: bytes, app_id: str, now: int) -> bytes:
    """Return a passive reply encrypted with the key that opened the push, and signed with its token."""
    ciphertext, nonce = crypto.encrypt(reply, key, app_id), secrets.token_hex(8)
    signature = crypto.signature(token, str(now), nonce, ciphertext)
    return (
        f"<xml><Encrypt><![CDATA[{ciphertext}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
        f"<TimeStamp>{now}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    ).encode()


def check_openid(openid: str) -> str:
    """Return `openid` if it can be one (letters, digits, - and _), else raise MalformedError."""
    if not _OPENID.fullmatch(openid):
        raise MalformedError("not an openid")
    return openid


def event_kind(fields: dict[str, str]) -> str:
    """Return the type of a push: `text`, `image`, ... or `event:<Event>`. MalformedError where it has none."""
    kind = fields.get("MsgType", "")
    if not kind:
        raise MalformedError("no MsgType")
    return f"event:{fields.get('Event', '')}" if kind.lower() == "event" else kind


def dedup_key(account: int, fields: dict[str, str]) -> str:
    """Return what is the same in every repeat of this push: a hash, which names nobody.

    Of a message the sender and MsgId, as two senders were seen with the same MsgId. Else sender, time and all that tells two
    of the same second apart. Source: "接收普通消息" on repeats.
    """
    message_id = fields.get("MsgId") or fields.get("MsgID")
    named = message_id and fields.get("MsgType", "").lower() != "event"
    parts = ("FromUserName", "MsgId", "MsgID") if named else _TOLD_APART
    said = chr(0).join(fields.get(name, "") for name in parts)
    return f"wx:{account}:{hashlib.sha256(said.encode()).hexdigest()}"


def unreadable_key(account: int, body: str) -> str:
    """Return the key of a push that nobody could read: what is the same in every repeat is its whole body."""
    return f"wx:{account}:unreadable:{hashlib.sha256(body.encode()).hexdigest()}"


def unreadable_lane(account: int) -> str:
    """Return the lane of the pushes to this account that nobody could read."""
    return f"wechat:unreadable:{account}"
