"""WeChat as a platform of the bridge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy

from bridge.base import clock
from bridge.inbox.storing import NewEvent
from bridge.live.endpoints import endpoints
from bridge.media.store import Draft
from bridge.models import Customer, Delivery, Template
from bridge.observe import troubles
from bridge.platforms.base import Platform, Prepared, Profile
from bridge.platforms.checks import Check
from bridge.platforms.wechat import (
    arrival,
    checks,
    client,
    door,
    errors,
    event_words,
    in_step,
    media,
    parse,
    permission,
    prepare,
    replies,
    sources,
)
from bridge.platforms.wechat import render as bodies
from bridge.platforms.wechat.menus import expecting  # noqa: F401  it says which taps are answered
from bridge.platforms.wechat.models import NAME, WeChatAccount
from bridge.platforms.wechat.notices import blanks
from bridge.platforms.wechat.provision import SECTION
from bridge.platforms.wechat.redaction import RULES
from bridge.platforms.wechat.staff import calls as staff
from bridge.values.content import TemplateMessage
from bridge.values.foreign import text_of
from bridge.values.incoming import Incoming

_ID = re.compile(r"[A-Za-z0-9_-]+")


class WeChatPlatform(Platform):
    """WeChat: customers. It cannot recognize a repeated call."""

    name = NAME
    model = WeChatAccount
    menu = gettext_lazy("Accounts")
    invitation = gettext_lazy("Connect a WeChat account.")
    redaction = RULES
    section = SECTION
    repeats_recognized = False

    def urls(self) -> list[URLPattern]:
        return [path("wechat/<slug:slug>/", door.door, name="wechat-door")]

    def parse(self, kind: str, body: str) -> Incoming:
        return parse.parse(body)

    def reread(self, account_id: int, body: str) -> NewEvent:
        return arrival.reread(account_id, body)

    render = staticmethod(bodies.render)

    def prepare(self, delivery: Delivery, *, again: bool = False) -> Prepared:
        return prepare.prepare(client.account_of(delivery.endpoint_id), delivery, self, again=again)

    def send(self, delivery: Delivery) -> str:
        name = "" if "command" in delivery.payload or not delivery.needs_window else staff.name_for(delivery)
        if not name:
            return client.send(delivery)
        account = client.account_of(delivery.endpoint_id)
        staff.send_named(account, {"touser": delivery.recipient, **delivery.payload}, name)
        return ""

    def template_message(self, template: Template, values: Mapping[str, str]) -> TemplateMessage:
        fitted = {name: blanks.fitted(name, value) for name, value in values.items()}
        said, subscribed = blanks.said(template.body, fitted), template.kind != Template.Kind.FREE
        where = {"url": template.url, "app_id": template.app_id, "path": template.path}
        return TemplateMessage(template.remote_id, template.title, said, fitted, subscribed, **where)

    def check(self, endpoint: WeChatAccount) -> Iterator[Check]:
        return checks.check(endpoint)

    def pause(self, delivery: Delivery) -> float:
        return troubles.pause(endpoints.account(delivery.endpoint_id))

    grant = staticmethod(permission.grant)
    refusal = staticmethod(errors.window_refusal)

    event_words = staticmethod(event_words.event_words)
    source_words = staticmethod(sources.source_words)

    def words_of(self, payload: dict[str, Any]) -> str:
        return bodies.words_of(payload)

    def may_be_passive(self, payload: dict[str, Any]) -> bool:
        return replies.may_be_passive(payload)

    join = staticmethod(bodies.join)

    def download(self, account_id: int | None, media_id: str, into: Draft, limit: int) -> None:
        media.download(client.account_of(account_id), media_id, into, limit)

    def keep_in_step(self, account: WeChatAccount, *, both: bool) -> None:
        if account.kind != WeChatAccount.Kind.MINI_PROGRAM:
            in_step.keep(account, clock.now(), both=both)

    def ways(self, account: WeChatAccount, openids: Sequence[str]) -> dict[str, str]:
        if account.kind == WeChatAccount.Kind.MINI_PROGRAM:
            return {}
        return {text_of(one.get("openid")): sources.way_of(one) for one in client.users_info(account, openids)}

    def profile(self, customer: Customer) -> Profile | None:
        account = client.account_of(customer.account_id)
        if account.kind == WeChatAccount.Kind.MINI_PROGRAM:
            return None
        return _profile(client.user_info(account, customer.openid))


def _profile(said: dict[str, Any]) -> Profile:
    """Return what an answer of user/info says, as far as it can be read; an id that is none is left out."""
    unionid = text_of(said.get("unionid"))
    scenes = (text_of(said.get(name)) for name in ("qr_scene_str", "qr_scene", "subscribe_scene"))
    scene = next((scene for scene in scenes if scene not in ("", "0")), "")
    return Profile(unionid if _ID.fullmatch(unionid) else "", text_of(said.get("remark")), scene, sources.way_of(said))
