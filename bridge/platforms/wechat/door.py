"""The door for WeChat: `/callbacks/wechat/<slug>/`."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import partial

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bridge.base import clock, outage
from bridge.doors import entrance, passive
from bridge.inbox.storing import NewEvent
from bridge.live.parameters import parameters
from bridge.models import InboundEvent
from bridge.platforms import rotation
from bridge.platforms.wechat import arrival, cleaning, crypto, parse, protocol, replies
from bridge.platforms.wechat.door_accounts import DoorAccount, accounts
from bridge.platforms.wechat.models import NAME, WeChatAccount

logger = logging.getLogger(__name__)

ACK = b"success"
# How many pushes that nobody can read are kept of an account in plain mode, whose signature does not cover the body.
MOST_UNREADABLE = 100


@dataclass(frozen=True)
class Opened:
    """A push after all checks: its plain body, and what a reply must be signed and encrypted with."""

    plain: bytes
    token: str
    key: bytes | None = None


def _account(slug: str) -> DoorAccount:
    try:
        account = accounts.get(slug)
    except (OperationalError, InterfaceError):
        raise entrance.Refused(503, "try again later") from None
    if account is None:
        raise entrance.Refused(404, "no such account")
    return account


@csrf_exempt
@entrance.logged(NAME)
def door(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer WeChat: GET is the handshake, POST a push."""
    account = None
    try:
        account = _account(slug)
        if request.method == "GET":
            return _handshake(request, account)
        if request.method == "POST":
            return _push(request, account)
    except entrance.Refused as refused:
        if account:
            entrance.count_refused(account.pk, refused)
        return refused.response()
    return HttpResponse(status=405, headers={"Allow": "GET, POST"})


def _handshake(request: HttpRequest, account: DoorAccount) -> HttpResponse:
    query = entrance.query_of(request)
    given, timestamp, nonce = query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", "")
    _check_signature(account, given, timestamp, nonce)
    entrance.check_age(timestamp, parameters.PUSH_MAX_AGE)
    return HttpResponse(query.get("echostr", ""), content_type="text/plain; charset=utf-8")


def _push(request: HttpRequest, account: DoorAccount) -> HttpResponse:
    body = entrance.read_body(request)
    try:
        opened = _open(request, account, body)
    except protocol.MalformedError as error:
        raise entrance.Refused(400, str(error)) from error
    if account.is_changing:
        _note_use(account, opened)
    text = cleaning.decode(opened.plain)
    read = _read(account, text)
    if read is None:
        return _keep_unreadable(account, opened, text)
    fields, event = read
    answered_passively = account.kind != WeChatAccount.Kind.MINI_PROGRAM
    pending = passive.begin(event.dedup, account.pk, parse.push_of(fields)) if answered_passively else None
    if pending is None:
        entrance.keep(event)
        return HttpResponse(ACK, content_type="text/plain")
    return _answer(account, opened, fields, event, pending)


def _read(account: DoorAccount, text: str) -> tuple[dict[str, str], NewEvent] | None:
    """Return the push's fields and its event; None where it cannot be read."""
    try:
        fields = protocol.read_push(text)
        return fields, arrival.event_of(account.pk, fields, text)
    except protocol.MalformedError:
        return None
    except Exception:
        # A mistake of ours; what was signed is not lost by it.
        logger.exception("a push to account %d could not be read", account.pk)
        return None


def _note_use(account: DoorAccount, opened: Opened) -> None:
    """Note that WeChat uses the secrets in force. A handshake says nothing: it comes before the console has saved them."""
    in_force = opened.token == account.tokens[0] and (opened.key is None or opened.key == account.keys[0])
    if in_force:
        rotation.used(NAME, account.pk)
        accounts.forget()


def _keep_unreadable(account: DoorAccount, opened: Opened, text: str) -> HttpResponse:
    """Keep a push that was signed, but makes no sense: it fails where people see it, and can be replayed after a fix."""
    event = arrival.unreadable(account.pk, text)
    if opened.key is None and _unreadable_of(event.lane) >= MOST_UNREADABLE:
        raise entrance.Refused(400, "not what WeChat sends, and too many of them are kept already")
    entrance.keep(event)
    return HttpResponse(ACK, content_type="text/plain")


def _unreadable_of(lane: str) -> int:
    """Return how many wait for somebody. Refused with 503 while the database is away: then nobody can count them."""
    states = (InboundEvent.State.NEW, InboundEvent.State.FAILED)
    if not outage.database.lasts():
        try:
            return InboundEvent.objects.filter(lane=lane, state__in=states)[:MOST_UNREADABLE].count()
        except (OperationalError, InterfaceError):
            connection.close_if_unusable_or_obsolete()
            outage.database.seen()
    raise entrance.Refused(503, "try again later")


def _answer(
    account: DoorAccount, opened: Opened, fields: dict[str, str], event: NewEvent, pending: passive.PendingReply
) -> HttpResponse:
    """Store the event, and answer with what comes of it in time, else acknowledge."""
    stored = False
    try:
        stored = entrance.keep(event)
    finally:
        answer = pending.end(stored=stored)
    if not answer:
        return HttpResponse(ACK, content_type="text/plain")
    now = int(clock.now().timestamp())
    reply = replies.passive_reply(fields["FromUserName"], fields.get("ToUserName", ""), json.loads(answer), now)
    if opened.key:
        reply = protocol.sealed_reply(reply, opened.token, opened.key, account.app_id, now)
    return HttpResponse(reply, content_type="text/xml; charset=utf-8")


def _signed_by(account: DoorAccount, given: str, *signed: str) -> str:
    """Return the token that made the signature, "" for none of the account's."""
    # All are compared, so that the time taken says nothing.
    return next(iter([token for token in account.tokens if crypto.signature_matches(given, token, *signed)]), "")


def _check_signature(account: DoorAccount, given: str, *signed: str) -> str:
    """Return the token that made the signature: the one in force, or the previous one for a while after a change."""
    if not (token := _signed_by(account, given, *signed)):
        raise entrance.Refused(401, "bad signature: is the token the same on both sides?")
    return token


def _open(request: HttpRequest, account: DoorAccount, body: bytes) -> Opened:
    """Return the push's plain body after all checks; see PUSH_MAX_AGE for how old it may be."""
    query = entrance.query_of(request)
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if query.get("encrypt_type", "raw") == "aes":
        given = query.get("msg_signature", "")
        is_signed = partial(_signed_by, account, given, timestamp, nonce)
        ciphertext = protocol.cut_ciphertext(body, is_signed)
        signed: tuple[str, ...] = (timestamp, nonce, ciphertext)
    elif account.encryption == WeChatAccount.Encryption.PLAIN:
        # The plain mode's signature does not cover the body; the admin warns about it.
        ciphertext, given, signed = "", query.get("signature", ""), (timestamp, nonce)
    else:
        raise entrance.Refused(403, "this account takes encrypted pushes only")
    token = _check_signature(account, given, *signed)
    entrance.check_age(timestamp, parameters.PUSH_MAX_AGE)
    if not ciphertext:
        return Opened(body, token)
    plain, key = _decrypt(account, ciphertext)
    return Opened(plain, token, key)


def _decrypt(account: DoorAccount, ciphertext: str) -> tuple[bytes, bytes]:
    """Try the key in force, then the previous one: both are seen for a while after a change."""
    status, reason = 400, "no EncodingAESKey is set for this account"
    for key in account.keys:
        try:
            return crypto.decrypt(ciphertext, key, account.app_id), key
        except crypto.ForeignAppError:
            status, reason = 403, "encrypted for another app id"
        except crypto.CryptoError:
            if status != 403:
                reason = "the EncodingAESKey does not open this push"
    raise entrance.Refused(status, reason)
