"""WeChat pushes as values: safe XML, the key of an event, the IM account of a customer. No Django, no I/O.

Source: developers.weixin.qq.com, "接收普通消息" and "接收事件推送".
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading

from lxml import etree

from bridge.platforms.wechat import crypto

ID_LIMIT = 32  # bytes of a Tencent IM UserID
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENCRYPT = re.compile(rb"<Encrypt>\s*<!\[CDATA\[([A-Za-z0-9+/=]*)\]\]>\s*</Encrypt>")


_local = threading.local()


def _parser() -> etree.XMLParser:
    """Return this thread's parser; making one costs more than a parse."""
    if not hasattr(_local, "parser"):
        _local.parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
        )
    return _local.parser


class MalformedError(ValueError):
    """A body that is not what WeChat sends."""


def parse_xml(body: bytes) -> dict[str, str]:
    """Return the children of `<xml>` as a flat dict of their texts; a nested element's text is left out.

    No document type, no entities, no network. MalformedError for anything else than `<xml>` with elements in it.
    """
    try:
        root = etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedError("not XML") from error
    if root.tag != "xml" or str(root.getroottree().docinfo.doctype):  # type: ignore[union-attr]
        raise MalformedError("not a WeChat document")
    fields: dict[str, str] = {}
    for child in root:
        if isinstance(child.tag, str):
            fields.setdefault(child.tag, child.text or "")
    return fields


def parse_push(body: bytes) -> dict[str, str]:
    """Return a push's fields as texts: XML, or the JSON object that a mini program may be set to send.

    MalformedError for anything else.
    """
    return _parse_json(body) if body.lstrip()[:1] == b"{" else parse_xml(body)


def _parse_json(body: bytes) -> dict[str, str]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON") from error
    if not isinstance(data, dict):
        raise MalformedError("not a JSON object")
    fields: dict[str, str] = {}
    for name, value in data.items():
        if isinstance(value, str):
            # Halves of surrogate pairs, which JSON can spell but UTF-8 cannot, become question marks.
            fields[name] = value.encode("utf-8", "replace").decode()
        elif isinstance(value, int | float) and not isinstance(value, bool):
            fields[name] = str(value)
    return fields


def cut_ciphertext(body: bytes) -> str:
    """Return the text of `<Encrypt>`. MalformedError where there is not exactly one.

    A search instead of a parse: the door does this on every push, the signature covers exactly this text, and nothing
    else of the outer document is used.
    """
    found = _ENCRYPT.findall(body)
    if len(found) == 1:
        return found[0].decode()
    if not found and (text := parse_push(body).get("Encrypt", "").strip()):
        return text
    raise MalformedError("no Encrypt element")


def _cdata(text: str) -> str:
    """Return `text` as CDATA; what would end it, and what XML cannot hold, is taken care of."""
    clean = _NOT_XML.sub("", text)
    return f"<![CDATA[{clean.replace(']]>', ']]]]><![CDATA[>')}]]>"


def text_reply(to: str, sender: str, text: str, now: int) -> bytes:
    """Return a passive reply: the XML that answers a push with a text. Source: "被动回复用户消息"."""
    return (
        f"<xml><ToUserName>{_cdata(to)}</ToUserName><FromUserName>{_cdata(sender)}</FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>{_cdata(text)}</Content></xml>"
    ).encode()


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
    return f"event:{fields.get('Event', '')}" if kind == "event" else kind


def dedup_key(account: int, fields: dict[str, str]) -> str:
    """Return what is the same in every repeat of this push: MsgId, or for events sender, time, event and its key."""
    message_id = fields.get("MsgId") or fields.get("MsgID")
    if message_id and fields.get("MsgType") != "event":
        return f"wx:{account}:{message_id[:40]}"
    parts = [fields.get(name, "") for name in ("FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgID")]
    return f"wx:{account}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"


def customer_im_id(account: int, openid: str) -> str:
    """Return the customer's IM account, which is also the key of their lane: at most 32 bytes, as Tencent IM asks.

    The account's number in base 36, a dot and the openid. Openids have 28 characters; a longer one is hashed.
    """
    prefix = f"{_base36(account)}."
    if len(prefix) + len(openid) > ID_LIMIT:
        digest = hashlib.sha256(openid.encode()).digest()
        openid = base64.urlsafe_b64encode(digest).decode()[: ID_LIMIT - len(prefix)]
    return prefix + openid
