"""Calls WeChat's API for deliveries."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge import flight, http
from bridge.characters import clean_all
from bridge.endpoints import wechat_accounts
from bridge.models import Delivery, WeChatAccount
from bridge.platforms.answers import code_of, words_of
from bridge.platforms.base import DeliveryError, Outcome
from bridge.platforms.reactions import Reaction
from bridge.platforms.wechat import errors, tokens

SEND, TYPING = "/cgi-bin/message/custom/send", "/cgi-bin/message/custom/typing"
USER_INFO = "/cgi-bin/user/info"


def account_of(pk: int | None) -> WeChatAccount:
    """Return the account of a delivery. DeliveryError where it is gone."""
    account = wechat_accounts.get(str(pk)) if pk else None
    if account is None:
        raise DeliveryError("account", _("the account is gone"), Outcome.FAIL)
    return account


def address(account: WeChatAccount, path: str) -> str:
    """Return where the account's API has `path`."""
    return account.api_base.rstrip("/") + path


def send(delivery: Delivery) -> None:
    """Send a customer-service message, or say that somebody types. DeliveryError where WeChat did not take it."""
    path = TYPING if "command" in delivery.payload else SEND
    call(account_of(delivery.account_id), path, {"touser": delivery.recipient, **delivery.payload})


def call(account: WeChatAccount, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make one API call with the account's token; a refused token is replaced, and the error says so.

    Whatever is in `body`, WeChat gets no character that it refuses.
    """
    token = tokens.get(account)
    with flight.final_call():
        reply = http.post_json(address(account, path), {"access_token": token}, clean_all(body))
    return check(account, token, reply)


def check(account: WeChatAccount, token: str, reply: dict[str, Any]) -> dict[str, Any]:
    """Return the reply to a call made with `token`. DeliveryError where WeChat says that it failed."""
    errcode = code_of(reply, "errcode")
    if errcode:
        if errors.classify(errcode) is Reaction.TOKEN:
            tokens.refresh(account, failed=token)
        raise errors.delivery_error(errcode, words_of(reply, "errmsg"))
    return reply


def user_info(account: WeChatAccount, openid: str) -> dict[str, Any]:
    """Return what WeChat says of a follower: unionid, remark, how they came; no name and no picture since 2021."""
    token = tokens.get(account)
    params = {"access_token": token, "openid": openid, "lang": "zh_CN"}
    return check(account, token, http.get_json(address(account, USER_INFO), params))
