"""Sends deliveries to seats.

Source: cloud.tencent.com/document/product/269/2282 (sendmsg).
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.models import Delivery
from bridge.platforms.tencent_im import accounts
from bridge.platforms.tencent_im.app import tencent_im_app
from bridge.platforms.tencent_im.rest import UINT32, call
from bridge.values.outcomes import Chance, DeliveryError, Outcome

SEND = "openim/sendmsg"
# Our own messages must not come back to us as callbacks.
NO_CALLBACKS = ["ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"]
# SyncOtherMachine: whether the sender's own clients get the message too. A customer has none; what a seat wrote on the desk
# is to stand in its IM clients as well.
SYNC, DO_NOT_SYNC = 1, 2


def send(delivery: Delivery) -> None:
    """Send a message to a seat as the customer or the system account, introducing the sender before the first one.

    MsgSeq, MsgRandom and body are the same on every try, so that Tencent IM drops a repeat (within 120 s); MsgSeq grows
    within a lane, which orders messages of the same second.
    """
    app = tencent_im_app.get()
    if app is None:
        raise DeliveryError("app", _("no Tencent IM app is configured"), Outcome.STOP)
    body = {
        "SyncOtherMachine": SYNC if delivery.recipient == delivery.lane else DO_NOT_SYNC,
        "From_Account": delivery.sender or app.system_account,
        "To_Account": delivery.recipient,
        "MsgSeq": delivery.pk % UINT32,
        "MsgRandom": delivery.random,
        "ForbidCallbackControl": NO_CALLBACKS,
        **delivery.payload,
    }
    try:
        accounts.introduce(app, delivery.sender)
        call(app, SEND, body)
    except DeliveryError as error:
        if error.chance is Chance.IMPORT:
            accounts.introduce(app, delivery.sender, again=True)
            accounts.import_account(app, delivery.recipient, delivery.recipient)
        raise
