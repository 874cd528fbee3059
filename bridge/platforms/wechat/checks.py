"""Checks of a WeChat account's set-up.

Sources: developers.weixin.qq.com, "接入指南" (handshake), "获取稳定版接口调用凭据" (40164: IP allow list), "客服消息" (48001: the
account may not send them).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bridge import http
from bridge.base import clock
from bridge.models import InboundEvent
from bridge.platforms.checks import BAD, GOOD, WARN, Check, foreign, heard, hidden, is_loopback, unasked, unreachable
from bridge.platforms.wechat import client, console, crypto, permission, tokens
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import DeliveryError

IP_NOT_ALLOWED, NOT_PERMITTED = "40164", "48001"
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
# What WeChat answers to a call for somebody who does not exist; that it does says that the call is permitted.
_NOBODY = {"40003", "45015", "45047", "45080", "45081"}


def check(account: WeChatAccount) -> Iterator[Check]:
    """Yield all checks; makes three calls."""
    yield _entered(account)
    token = _token(account)
    yield token
    yield _permission(account) if token.state == GOOD else _not_asked()
    yield _handshake(account)
    newest = InboundEvent.objects.filter(platform="wechat", account_id=account.pk).order_by("-pk")
    last = newest.values_list("received_at", flat=True).first()
    todo = _("Save the address and token in WeChat's console, switch the server configuration on, and write a message.")
    yield heard(_("Pushes of WeChat"), last, clock.now(), todo)
    yield _encryption(account)
    yield _window(account)


def _entered(account: WeChatAccount) -> Check:
    """What WeChat's console would refuse can still stand here, from a file or from before the form refused it."""
    name = _("AppID, AppSecret and Token")
    try:
        console.check_app_id(account.app_id)
        console.check_app_secret(account.app_secret)
        console.check_token(account.token)
    except ValidationError as error:
        return Check(name, BAD, error.messages[0], _("Correct it in the form."))
    return Check(name, GOOD, _("they look as WeChat issues and takes them"))


def _token(account: WeChatAccount) -> Check:
    name = _("Access token")
    try:
        tokens.renew(account)
    except DeliveryError as error:
        if error.code == IP_NOT_ALLOWED:
            found = _IP.search(error.reason)
            address = found.group() if found else _("this server's address")
            return Check(name, BAD, error.reason, _("Add %s to the IP allow list in WeChat's console.") % address)
        todo = _("Compare app id and app secret with WeChat's console.")
        return unasked(name, error) or Check(name, BAD, f"{error.reason} ({error.code})", todo)
    return Check(name, GOOD, _("WeChat gives one: app id, secret and IP allow list are right"))


def _not_asked() -> Check:
    return Check(_("Customer-service messages"), WARN, _("not checked: that takes an access token"))


def _permission(account: WeChatAccount) -> Check:
    name = _("Customer-service messages")
    body = {"touser": "nobody", "command": "Typing"}
    try:
        client.call(account, client.TYPING, body)
    except DeliveryError as error:
        if error.code == NOT_PERMITTED:
            todo = _("The account must be verified, and the feature switched on in WeChat's console.")
            return Check(name, BAD, error.reason, todo)
        if error.code not in _NOBODY:
            words = f"{error.reason} ({error.code})"
            return unasked(name, error) or Check(name, WARN, words, _("Try again in a minute."))
    return Check(name, GOOD, _("the account may send them"))


def _handshake(account: WeChatAccount) -> Check:
    """Do to ourselves what WeChat does when the address is saved."""
    name, address = _("Callback address"), f"{settings.PUBLIC_URL}/callbacks/wechat/{account.slug}/"
    if check := hidden(name, address, account.api_base):
        return check
    if urlsplit(address).port not in (None, 80, 443) and not is_loopback(account.api_base):
        todo = _("Let a reverse proxy answer there, and set PUBLIC_URL to its address, without a port.")
        return Check(name, BAD, _("%s: WeChat calls ports 80 and 443 only") % address, todo)
    timestamp, nonce, echo = str(int(clock.now().timestamp())), secrets.token_hex(4), secrets.token_hex(8)
    signature = crypto.signature(account.token, timestamp, nonce)
    query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": echo}
    try:
        status, text = http.get_text(address, query)
    except DeliveryError as error:
        return unreachable(name, address, error.reason)
    if status == 200 and text == echo:
        return Check(name, GOOD, _("%s answers as WeChat expects") % address)
    return foreign(name, address, status)


def _encryption(account: WeChatAccount) -> Check:
    name = _("Encryption")
    if account.encryption == WeChatAccount.Encryption.PLAIN:
        return Check(
            name, WARN, _("messages come unencrypted"), _("Choose the secure mode here and in WeChat's console.")
        )
    return Check(name, GOOD, account.get_encryption_display())


def _window(account: WeChatAccount) -> Check:
    grant = permission.grant(account.kind, account.window_rules, "message")
    if grant is None:
        return Check(
            _("Window"),
            BAD,
            _("no message is allowed after one of the customer"),
            _("Correct the numbers in the form."),
        )
    count = _("any number of messages") if not grant.count else _("%d messages") % grant.count
    said = _("%(count)s within %(hours)d hours after a message of the customer") % {
        "count": count, "hours": grant.seconds // 3600,
    }  # fmt: skip
    usual = permission.defaults(account.kind)["message"]
    if grant != usual:
        return Check(_("Window"), WARN, said, _("WeChat's usual numbers are %(count)d and %(hours)d.") % {
            "count": usual.count, "hours": usual.seconds // 3600,
        })  # fmt: skip
    return Check(_("Window"), GOOD, said)
