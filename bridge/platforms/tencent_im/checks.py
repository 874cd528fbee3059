"""Checks of the Tencent IM app's set-up.

Sources: cloud.tencent.com/document/product/269/1608 (account_import), 269/32431 (third-party callbacks and their switches).
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge import http
from bridge.base import clock
from bridge.models import InboundEvent
from bridge.platforms.checks import BAD, GOOD, WARN, Check, foreign, heard, hidden, unasked, unreachable
from bridge.platforms.tencent_im import accounts, protocol
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.values.outcomes import DeliveryError

# The callbacks that must be switched on in Tencent's console, and what they are called there.
SWITCHES = {
    "C2C.CallbackAfterSendMsg": gettext_noop("after a one-to-one message is sent"),
    "State.StateChange": gettext_noop("when the online status changes"),
    protocol.AFTER_READ: gettext_noop("after a one-to-one message is read"),
    protocol.AFTER_RECALL: gettext_noop("after a one-to-one message is recalled"),
}
_REFUSED_HERE = 403


def check(app: TencentIMApp) -> Iterator[Check]:
    """Yield all checks; makes two calls."""
    yield _import(app)
    yield _address(app)
    yield _token(app)
    for command, label in SWITCHES.items():
        newest = InboundEvent.objects.filter(platform="tencent_im", kind=command).order_by("-pk")
        last = newest.values_list("received_at", flat=True).first()
        todo = _("Switch on the callback “%s” in Tencent's console, and let a seat sign in and write.") % _(label)
        yield heard(command, last, clock.now(), todo, rare=command in (protocol.AFTER_READ, protocol.AFTER_RECALL))


def _import(app: TencentIMApp) -> Check:
    """Importing the system account proves id, key, administrator, region and network at once, and is needed anyway."""
    name = _("UserSig and import of an account")
    try:
        accounts.import_account(app, app.system_account, app.system_name or _("Customer service"))
    except DeliveryError as error:
        todo = _("Compare SDKAppID, secret key, administrator and region with Tencent's console.")
        return unasked(name, error) or Check(name, BAD, f"{error.reason} ({error.code})", todo)
    return Check(name, GOOD, _("Tencent IM takes our signature and has imported %s") % app.system_account)


def _address(app: TencentIMApp) -> Check:
    """A callback for another app is refused by our own door: that it is shows that the address leads here."""
    name, address = _("Callback address"), f"{settings.PUBLIC_URL}/callbacks/tencent-im/"
    if check := hidden(name, address, app.address):
        return check
    try:
        status = http.post_text(address, protocol.PROBE, "{}")
    except DeliveryError as error:
        return unreachable(name, address, error.reason)
    if status == _REFUSED_HERE:
        return Check(name, GOOD, _("%s leads here") % address)
    return foreign(name, address, status)


def _token(app: TencentIMApp) -> Check:
    name = _("Callback token")
    if app.callback_token:
        return Check(name, GOOD, _("callbacks must be signed with it"))
    if app.allow_unsigned:
        todo = _("Switch authentication on in Tencent's console and enter the token here.")
        return Check(name, WARN, _("unsigned callbacks are taken: anybody may send them"), todo)
    return Check(
        name,
        BAD,
        _("there is none, and unsigned ones are refused: nothing comes in"),
        _("Enter one here and in Tencent's console."),
    )
