"""Calls WeChat's API for deliveries."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge import flight, http
from bridge.endpoints import wechat_accounts
from bridge.models import Delivery, WeChatAccount
from bridge.platforms.base import DeliveryError, Outcome
from bridge.platforms.wechat import errors, tokens

SEND = "/cgi-bin/message/custom/send"


def send(delivery: Delivery) -> None:
    """Send a customer-service message. DeliveryError where WeChat did not take it."""
    account = wechat_accounts.get(str(delivery.account_id))
    if account is None:
        raise DeliveryError("account", _("the account is gone"), Outcome.FAIL)
    call(account, SEND, {"touser": delivery.recipient, **delivery.payload})


def call(account: WeChatAccount, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make one API call with the account's token; a refused token is replaced, and the error says so."""
    token = tokens.get(account)
    with flight.final_call():
        reply = http.post_json(account.api_base.rstrip("/") + path, {"access_token": token}, body)
    errcode = int(reply.get("errcode", 0))
    if errcode:
        if errcode in errors.TOKEN_CODES:
            tokens.refresh(account, failed=token)
        raise errors.delivery_error(errcode, str(reply.get("errmsg", "")))
    return reply
