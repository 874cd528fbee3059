"""Calls about customer-service accounts, and the name under which a seat's message goes out.

Source: developers.weixin.qq.com, "客服账号管理" (kfaccount/add, update, del, uploadheadimg: at most 100 accounts, nicknames of 16
characters, pictures as JPEG) and "发送客服消息" (customservice.kf_account).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge import http
from bridge.live.parameters import parameters_of
from bridge.media import store
from bridge.models import Delivery, Message
from bridge.platforms.wechat import client, fitting
from bridge.platforms.wechat.models import ShownSeat, WeChatAccount
from bridge.values.outcomes import DeliveryError, Outcome

UNKNOWN = ("65401", "61452", "65402", "65400")  # WeChat has no such account, or it cannot be used
TAKEN = ("65406", "61453")


def order(shown: ShownSeat) -> None:
    """Let WeChat have the account with its name and picture. DeliveryError where it does not."""
    account = WeChatAccount.objects.get(pk=shown.account_id)
    named = {"kf_account": shown.kf_account, "nickname": shown.nickname}
    try:
        client.call(account, client.STAFF_ADD, named)
    except DeliveryError as error:
        if error.code not in TAKEN:
            raise
        client.call(account, client.STAFF_UPDATE, named)
    if shown.picture:
        _send_picture(account, shown)


def _send_picture(account: WeChatAccount, shown: ShownSeat) -> None:
    made = fitting.fit(shown.picture, "thumb").media if shown.picture else None
    if made is None:
        raise DeliveryError("picture", _("the picture cannot be made a JPEG"), Outcome.FAIL)
    token = client.token_for(account, client.STAFF_PICTURE)
    params = {"access_token": token, "kf_account": shown.kf_account}
    with store.local_copy(made) as copy:
        said = http.post_file(
            client.address(account, client.STAFF_PICTURE), params, "media", "seat.jpg", made.mime, copy.path
        )
    client.check(account, token, client.STAFF_PICTURE, said)


def withdraw(shown: ShownSeat) -> None:
    """Let WeChat forget the account. DeliveryError where it does not."""
    account = WeChatAccount.objects.get(pk=shown.account_id)
    try:
        client.ask(account, client.STAFF_DELETE, kf_account=shown.kf_account)
    except DeliveryError as error:
        if error.code not in UNKNOWN:
            raise


def name_for(delivery: Delivery) -> str:
    """Return the account under which a seat's message goes out, "" for none: where the account does not show its seats."""
    message = delivery.message
    if message is None or message.side != Message.Side.SEAT or not message.seat_id:
        return ""
    if parameters_of(delivery.account_id).SEATS_SHOWN != "on":
        return ""
    rows = ShownSeat.objects.filter(account=delivery.account_id, seat_id=message.seat_id)
    return rows.values_list("kf_account", flat=True).first() or ""


def send_named(account: WeChatAccount, body: dict[str, Any], name: str) -> None:
    """Send a message under the name; without, where WeChat does not know it: a name keeps no message back. DeliveryError."""
    try:
        client.call(account, client.SEND, {**body, "customservice": {"kf_account": name}})
    except DeliveryError as error:
        if error.code not in UNKNOWN:
            raise
        client.call(account, client.SEND, body)
