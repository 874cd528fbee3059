"""The door for WeChat: `/callbacks/wechat/<slug>/`."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bridge import doors
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


class DoorAccounts:
    """The accounts of the doors, kept in memory for `seconds`, so that a push costs no SELECT.

    While the database is away the last known state goes on serving.
    """

    def __init__(self, seconds: float = 2.0) -> None:
        self._seconds = seconds
        self._known: dict[str, tuple[float, DoorAccount]] = {}
        self._lock = threading.Lock()

    def get(self, slug: str) -> DoorAccount:
        """Return the account at `slug`. Refused with 404 where there is none."""
        known = self._known.get(slug)
        if known and time.monotonic() - known[0] < self._seconds:
            return known[1]
        try:
            account = self._load(slug)
        except (OperationalError, InterfaceError):
            if not known:
                raise doors.Refused(503, "try again later") from None
            account = known[1]
        with self._lock:
            self._known[slug] = (time.monotonic(), account)
        return account

    def forget(self) -> None:
        """Ask the database again at the next push."""
        self._known.clear()

    @staticmethod
    def _load(slug: str) -> DoorAccount:
        row = WeChatAccount.objects.filter(slug=slug).first()
        if row is None:
            raise doors.Refused(404, "no such account")
        keys = [row.encoding_aes_key, row.previous_aes_key]
        return DoorAccount(
            row.pk, row.app_id, row.token, tuple(crypto.decode_key(key) for key in keys if key), row.encryption
        )


accounts = DoorAccounts()


@csrf_exempt
def door(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer WeChat: GET is the handshake, POST a push."""
    try:
        account = accounts.get(slug)
        if request.method == "GET":
            return _handshake(request, account)
        if request.method == "POST":
            return _push(request, account)
    except doors.Refused as refused:
        return refused.response()
    return HttpResponse(status=405, headers={"Allow": "GET, POST"})


def _handshake(request: HttpRequest, account: DoorAccount) -> HttpResponse:
    query = request.GET
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
    query = request.GET
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if query.get("encrypt_type", "raw") == "aes":
        ciphertext = protocol.cut_ciphertext(body)
        given = query.get("msg_signature", "")
        signed = (account.token, timestamp, nonce, ciphertext)
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
    fields = protocol.parse_xml(plain)
    openid = protocol.check_openid(fields.get("FromUserName", ""))
    return NewEvent(
        lane=protocol.customer_im_id(account.pk, openid),
        platform=NAME,
        account_id=account.pk,
        kind=protocol.event_kind(fields),
        dedup=protocol.dedup_key(account.pk, fields),
        body=plain.decode(),
    )
