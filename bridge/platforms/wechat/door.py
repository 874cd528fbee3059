"""The door for WeChat: `/callbacks/wechat/<slug>/`."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bridge import doors
from bridge.endpoints import Remembered
from bridge.inbox import NewEvent
from bridge.models import WeChatAccount
from bridge.platforms.wechat import crypto, protocol

NAME = "wechat"
ACK = b"success"


@dataclass(frozen=True)
class DoorAccount:
    """What the door must know of an account."""

    pk: int
    app_id: str
    token: str
    keys: tuple[bytes, ...]
    encryption: str


def _load(slug: str) -> DoorAccount | None:
    row = WeChatAccount.objects.filter(slug=slug).first()
    if row is None:
        return None
    keys = [row.encoding_aes_key, row.previous_aes_key]
    return DoorAccount(
        row.pk, row.app_id, row.token, tuple(crypto.decode_key(key) for key in keys if key), row.encryption
    )


accounts = Remembered(_load)


def _account(slug: str) -> DoorAccount:
    try:
        account = accounts.get(slug)
    except (OperationalError, InterfaceError):
        raise doors.Refused(503, "try again later") from None
    if account is None:
        raise doors.Refused(404, "no such account")
    return account


@csrf_exempt
def door(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer WeChat: GET is the handshake, POST a push."""
    try:
        account = _account(slug)
        if request.method == "GET":
            return _handshake(request, account)
        if request.method == "POST":
            return _push(request, account)
    except doors.Refused as refused:
        return refused.response()
    return HttpResponse(status=405, headers={"Allow": "GET, POST"})


def _handshake(request: HttpRequest, account: DoorAccount) -> HttpResponse:
    query = doors.query_of(request)
    given, timestamp, nonce = query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", "")
    if not crypto.signature_matches(given, account.token, timestamp, nonce):
        raise doors.Refused(401, "bad signature: is the token the same on both sides?")
    doors.check_age(timestamp, settings.PUSH_MAX_AGE)
    return HttpResponse(query.get("echostr", ""), content_type="text/plain; charset=utf-8")


def _push(request: HttpRequest, account: DoorAccount) -> HttpResponse:
    body = doors.read_body(request)
    try:
        plain = _open(request, account, body)
        event = _event(account, plain)
    except protocol.MalformedError as error:
        raise doors.Refused(400, str(error)) from error
    doors.keep(event)
    return HttpResponse(ACK, content_type="text/plain")


def _open(request: HttpRequest, account: DoorAccount, body: bytes) -> bytes:
    """Return the push's plain XML after all checks; see PUSH_MAX_AGE for how old it may be."""
    query = doors.query_of(request)
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if query.get("encrypt_type", "raw") == "aes":
        ciphertext = protocol.cut_ciphertext(body)
        given = query.get("msg_signature", "")
        signed: tuple[str, ...] = (account.token, timestamp, nonce, ciphertext)
    elif account.encryption == WeChatAccount.Encryption.PLAIN:
        # The plain mode's signature does not cover the body; the admin warns about it.
        ciphertext, given, signed = "", query.get("signature", ""), (account.token, timestamp, nonce)
    else:
        raise doors.Refused(403, "this account takes encrypted pushes only")
    if not crypto.signature_matches(given, *signed):
        raise doors.Refused(401, "bad signature: is the token the same on both sides?")
    doors.check_age(timestamp, settings.PUSH_MAX_AGE)
    return _decrypt(account, ciphertext) if ciphertext else body


def _decrypt(account: DoorAccount, ciphertext: str) -> bytes:
    """Try the key in force, then the previous one: both are seen for a while after a change."""
    refusal = doors.Refused(400, "no EncodingAESKey is set for this account")
    for key in account.keys:
        try:
            return crypto.decrypt(ciphertext, key, account.app_id)
        except crypto.ForeignAppError:
            refusal = doors.Refused(403, "encrypted for another app id")
        except crypto.CryptoError:
            if refusal.status != 403:
                refusal = doors.Refused(400, "the EncodingAESKey does not open this push")
    raise refusal


def _event(account: DoorAccount, plain: bytes) -> NewEvent:
    fields = protocol.parse_push(plain)
    openid = protocol.check_openid(fields.get("FromUserName", ""))
    return NewEvent(
        lane=protocol.customer_im_id(account.pk, openid),
        platform=NAME,
        account_id=account.pk,
        kind=protocol.event_kind(fields),
        dedup=protocol.dedup_key(account.pk, fields),
        body=plain.decode(),
    )
