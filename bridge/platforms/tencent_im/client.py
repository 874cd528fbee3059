"""Calls Tencent IM's REST API for deliveries.

Source: cloud.tencent.com/document/product/269/1519 (REST API), 269/2282 (sendmsg), 269/1608 (account_import).
"""

from __future__ import annotations

import secrets
from typing import Any

from django.utils.translation import gettext as _

from bridge import clock, http
from bridge.endpoints import tencent_im_app
from bridge.models import Customer, Delivery, TencentIMApp
from bridge.platforms.base import DeliveryError, Outcome
from bridge.platforms.tencent_im import errors
from bridge.platforms.tencent_im.crypto import user_sig

SEND = "openim/sendmsg"
IMPORT = "im_open_login_svc/account_import"
SIG_SECONDS = 86400
# Our own messages must not come back to us as callbacks.
NO_CALLBACKS = ["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]
DO_NOT_SYNC = 2  # SyncOtherMachine: the sender is a customer, who has no IM client
UINT32 = 2**32

REMEMBERED = 50_000
_imported: set[str] = set()  # whom this process need not look up again
_sigs: dict[tuple[int, str, str], tuple[float, str]] = {}


def _signature(app: TencentIMApp) -> str:
    """Return the administrator's UserSig, made afresh when half of its life is over."""
    key = (app.sdk_app_id, app.secret_key, app.admin)
    made, sig = _sigs.get(key, (0.0, ""))
    now = clock.timestamp()
    if not sig or not 0 <= now - made < SIG_SECONDS / 2:
        sig = user_sig(app.sdk_app_id, app.secret_key, app.admin, int(now), SIG_SECONDS)
        _sigs[key] = (now, sig)
    return sig


def call(app: TencentIMApp, command: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make one API call as the app's administrator. DeliveryError where `ErrorCode` is not 0."""
    params = {
        "sdkappid": str(app.sdk_app_id),
        "identifier": app.admin,
        "usersig": _signature(app),
        "random": str(secrets.randbelow(UINT32)),
        "contenttype": "json",
    }
    reply = http.post_json(f"{app.api_base.rstrip('/')}/v4/{command}", params, body)
    code = int(reply.get("ErrorCode", 0))
    if code:
        if code in errors.SIGNATURE_CODES:
            _sigs.clear()
        raise errors.delivery_error(code, str(reply.get("ErrorInfo", "")))
    return reply


def import_account(app: TencentIMApp, user_id: str, nick: str) -> None:
    """Make `user_id` known to Tencent IM; importing it twice does no harm and brings the nickname up to date."""
    call(app, IMPORT, {"UserID": user_id, "Nick": nick[:100]})


def send(delivery: Delivery) -> None:
    """Send a message to a seat as the customer, importing the customer before the first one.

    MsgSeq, MsgRandom and body are the same on every try, so that Tencent IM drops a repeat (within 120 s); MsgSeq grows
    within a lane, which orders messages of the same second.
    """
    app = tencent_im_app.get()
    if app is None:
        raise DeliveryError("app", _("no Tencent IM app is configured"), Outcome.STOP)
    if delivery.sender not in _imported:
        _import_customer(app, delivery.sender)
    body = {
        "SyncOtherMachine": DO_NOT_SYNC,
        "From_Account": delivery.sender or app.admin,
        "To_Account": delivery.recipient,
        "MsgSeq": delivery.pk % UINT32,
        "MsgRandom": delivery.random,
        "ForbidCallbackControl": NO_CALLBACKS,
        **delivery.payload,
    }
    try:
        call(app, SEND, body)
    except DeliveryError as error:
        if error.chance == "import":
            _import_customer(app, delivery.sender, again=True)
            import_account(app, delivery.recipient, delivery.recipient)
        raise


def _import_customer(app: TencentIMApp, im_id: str, *, again: bool = False) -> None:
    """Import the customer where nobody has yet, or `again` where Tencent IM has forgotten."""
    customer = Customer.objects.select_related("account").filter(im_id=im_id).first()
    if customer and (again or not customer.im_imported):
        import_account(app, customer.im_id, customer.im_nick)
        Customer.objects.filter(pk=customer.pk).update(im_imported=True)
    if len(_imported) >= REMEMBERED:
        _imported.clear()
    _imported.add(im_id)
