"""Calls WeChat's API for deliveries."""

from __future__ import annotations

from collections.abc import Sequence
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
from bridge.platforms.wechat.notices import bodies
from bridge.values.characters import clean_all
from bridge.values.foreign import text_of
from bridge.values.outcomes import DeliveryError, Outcome

SEND, TYPING = "/cgi-bin/message/custom/send", "/cgi-bin/message/custom/typing"
USER_INFO = "/cgi-bin/user/info"
TEMPLATES, SUBSCRIPTIONS = "/cgi-bin/template/get_all_private_template", "/wxaapi/newtmpl/gettemplate"
QR_CREATE = "/cgi-bin/qrcode/create"
MEDIA_GET, MEDIA_UPLOAD = "/cgi-bin/media/get", "/cgi-bin/media/upload"
MENU_CREATE, MENU_DELETE = "/cgi-bin/menu/create", "/cgi-bin/menu/delete"
MENU_ADD, MENU_TAKE_OFF = "/cgi-bin/menu/addconditional", "/cgi-bin/menu/delconditional"
MENU_TRY = "/cgi-bin/menu/trymatch"
STAFF_ADD, STAFF_UPDATE = "/customservice/kfaccount/add", "/customservice/kfaccount/update"
STAFF_DELETE, STAFF_PICTURE = "/customservice/kfaccount/del", "/customservice/kfaccount/uploadheadimg"
TAGS, TAG_CREATE, TAG_UPDATE = "/cgi-bin/tags/get", "/cgi-bin/tags/create", "/cgi-bin/tags/update"
TAG, UNTAG = "/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging"
REMARK, USERS_INFO = "/cgi-bin/user/info/updateremark", "/cgi-bin/user/info/batchget"
CONSOLE_MENU, CONSOLE_REPLIES = "/cgi-bin/get_current_selfmenu_info", "/cgi-bin/get_current_autoreply_info"
# What each call is for, as people say it.
NAMES = {
    SEND: gettext_noop("sending messages"),
    TYPING: gettext_noop("showing that somebody types"),
    USER_INFO: gettext_noop("looking customers up"),
    TEMPLATES: gettext_noop("fetching the templates"),
    SUBSCRIPTIONS: gettext_noop("fetching the templates"),
    bodies.TEMPLATE_SEND: gettext_noop("sending notices"),
    bodies.BIZSEND: gettext_noop("sending notices"),
    bodies.SUBSCRIBE_SEND: gettext_noop("sending notices"),
    QR_CREATE: gettext_noop("making QR codes"),
    MEDIA_GET: gettext_noop("fetching files"),
    MEDIA_UPLOAD: gettext_noop("uploading files"),
    MENU_CREATE: gettext_noop("publishing the menu"),
    MENU_DELETE: gettext_noop("deleting the menu"),
    MENU_ADD: gettext_noop("publishing the menu"),
    MENU_TAKE_OFF: gettext_noop("deleting the menu"),
    MENU_TRY: gettext_noop("reading the menu"),
    STAFF_ADD: gettext_noop("showing who answers"),
    STAFF_UPDATE: gettext_noop("showing who answers"),
    STAFF_DELETE: gettext_noop("showing who answers"),
    STAFF_PICTURE: gettext_noop("showing who answers"),
    TAGS: gettext_noop("reading the tags"),
    TAG_CREATE: gettext_noop("writing tags and remarks"),
    TAG_UPDATE: gettext_noop("writing tags and remarks"),
    TAG: gettext_noop("writing tags and remarks"),
    UNTAG: gettext_noop("writing tags and remarks"),
    REMARK: gettext_noop("writing tags and remarks"),
    USERS_INFO: gettext_noop("looking customers up"),
    CONSOLE_MENU: gettext_noop("reading the menu"),
    CONSOLE_REPLIES: gettext_noop("reading the automatic replies"),
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


def send(delivery: Delivery) -> str:
    """Send a customer-service message or a notice, or say that somebody types. DeliveryError where WeChat did not take it.

    Returns WeChat's id of a notice.
    """
    account = account_of(delivery.endpoint_id)
    if not delivery.needs_window:
        mini = account.kind == WeChatAccount.Kind.MINI_PROGRAM
        path, body = bodies.call_of(delivery.payload, delivery.pk, mini=mini)
        return text_of(call(account, path, {"touser": delivery.recipient, **body}).get("msgid"))
    path = TYPING if "command" in delivery.payload else SEND
    call(account, path, {"touser": delivery.recipient, **delivery.payload})
    return ""


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


def ask(account: WeChatAccount, path: str, **params: str) -> dict[str, Any]:
    """GET what WeChat answers there, as `call` does."""
    token = token_for(account, path)
    said = http.get_json(address(account, path), {"access_token": token, **params})
    return check(account, token, path, said)


def user_info(account: WeChatAccount, openid: str) -> dict[str, Any]:
    """Return what WeChat says of a follower: unionid, remark, how they came; no name and no picture since 2021."""
    return ask(account, USER_INFO, openid=openid, lang="zh_CN")


def users_info(account: WeChatAccount, openids: Sequence[str]) -> list[dict[str, Any]]:
    """Return what WeChat says of up to 100 followers, each as `user_info` does."""
    asked = {"user_list": [{"openid": openid, "lang": "zh_CN"} for openid in openids]}
    said = call(account, USERS_INFO, asked).get("user_info_list")
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
