"""Calls WeChat's API for deliveries."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge import http
from bridge.base import flight
from bridge.live.endpoints import endpoints
from bridge.models import Delivery
from bridge.observe import limits
from bridge.platforms.answers import code_of, words_of
from bridge.platforms.reactions import Reaction
from bridge.platforms.wechat import errors, tokens
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.characters import clean_all
from bridge.values.outcomes import DeliveryError, Outcome

SEND, TYPING = "/cgi-bin/message/custom/send", "/cgi-bin/message/custom/typing"
USER_INFO = "/cgi-bin/user/info"
MEDIA_GET, MEDIA_UPLOAD = "/cgi-bin/media/get", "/cgi-bin/media/upload"
# What each call is for, as people say it.
NAMES = {
    SEND: gettext_noop("sending messages"),
    TYPING: gettext_noop("showing that somebody types"),
    USER_INFO: gettext_noop("looking customers up"),
    MEDIA_GET: gettext_noop("fetching files"),
    MEDIA_UPLOAD: gettext_noop("uploading files"),
}


def account_of(pk: int | None) -> WeChatAccount:
    """Return the account of a delivery. DeliveryError where it is gone."""
    account = endpoints.account(pk)
    if not isinstance(account, WeChatAccount):
        raise DeliveryError("account", _("the account is gone"), Outcome.FAIL)
    return account


def address(account: WeChatAccount, path: str) -> str:
    """Return where the account's API has `path`."""
    return account.api_base.rstrip("/") + path


def send(delivery: Delivery) -> None:
    """Send a customer-service message, or say that somebody types. DeliveryError where WeChat did not take it."""
    path = TYPING if "command" in delivery.payload else SEND
    call(account_of(delivery.endpoint_id), path, {"touser": delivery.recipient, **delivery.payload})


def call(account: WeChatAccount, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make one API call with the account's token; a refused token is replaced, and the error says so.

    Whatever is in `body`, WeChat gets no character that it refuses.
    """
    token = token_for(account, path)
    with flight.final_call():
        reply = http.post_json(address(account, path), {"access_token": token}, clean_all(body))
    return check(account, token, path, reply)


def token_for(account: WeChatAccount, path: str) -> str:
    """Return the token with which to call `path`. DeliveryError where that call is at its limit, or there is no token."""
    if account.limits:
        limits.check(account, path)
    return tokens.get(account)


def check(account: WeChatAccount, token: str, path: str, reply: dict[str, Any]) -> dict[str, Any]:
    """Return the reply to a call of `path` made with `token`. DeliveryError where WeChat says that it failed."""
    errcode = code_of(reply, "errcode")
    if not errcode:
        return reply
    if errors.classify(errcode) is Reaction.TOKEN:
        tokens.refresh(account, failed=token)
    error = errors.delivery_error(errcode, words_of(reply, "errmsg"))
    if error.outcome is Outcome.LIMIT:
        raise limits.reached(account, path, _(NAMES[path]), error)
    raise error


def user_info(account: WeChatAccount, openid: str) -> dict[str, Any]:
    """Return what WeChat says of a follower: unionid, remark, how they came; no name and no picture since 2021."""
    token = token_for(account, USER_INFO)
    params = {"access_token": token, "openid": openid, "lang": "zh_CN"}
    return check(account, token, USER_INFO, http.get_json(address(account, USER_INFO), params))
