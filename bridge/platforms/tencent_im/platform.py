"""Tencent IM as a platform of the bridge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import URLPattern, path
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from bridge.base import clock
from bridge.models import Delivery
from bridge.observe import troubles
from bridge.platforms.base import SEATS, Platform, Prepared
from bridge.platforms.checks import Check
from bridge.platforms.customers import source_of
from bridge.platforms.tencent_im import accounts, checks, client, door, pace, parse, prepare, presence, protocol
from bridge.platforms.tencent_im import render as bodies
from bridge.platforms.tencent_im.app import tencent_im_app
from bridge.platforms.tencent_im.crypto import user_sig
from bridge.platforms.tencent_im.models import NAME, TencentIMApp
from bridge.platforms.tencent_im.provision import SECTION
from bridge.platforms.tencent_im.redaction import RULES

_EVENT_WORDS = {
    protocol.AFTER_SEND: gettext_noop("a seat writes"),
    protocol.AFTER_READ: gettext_noop("a seat has read"),
    protocol.AFTER_RECALL: gettext_noop("a seat takes a message back"),
    protocol.STATE_CHANGE: gettext_noop("a client of the seat came or went"),
}


class TencentIMPlatform(Platform):
    """Tencent IM: seats. It drops a call with the same MsgSeq, MsgRandom and body as one before."""

    name = NAME
    model = TencentIMApp
    serves = SEATS
    menu = gettext_lazy("Tencent IM app")
    icon = "hub"
    invitation = gettext_lazy("Enter the Tencent IM app whose clients your seats use.")
    redaction = RULES
    section = SECTION
    repeats_recognized = True

    def urls(self) -> list[URLPattern]:
        return [path("tencent-im/", door.door, name="tencent-im-door")]

    parse = staticmethod(parse.parse)
    render = staticmethod(bodies.render)

    def prepare(self, delivery: Delivery, *, again: bool = False) -> Prepared:
        return Prepared(prepare.prepare(delivery, source_of(delivery)))

    send = staticmethod(client.send)

    def look_ahead(self, deliveries: Sequence[Delivery]) -> None:
        accounts.look_ahead(delivery.sender for delivery in deliveries)

    def event_words(self, kind: str) -> str:
        return gettext(_EVENT_WORDS[kind]) if kind in _EVENT_WORDS else ""

    def seats_endpoint(self) -> TencentIMApp | None:
        return tencent_im_app.get()

    def warm_up(self) -> None:
        pace.warm_up()

    def words_of(self, payload: dict[str, Any]) -> str:
        return bodies.words_of(payload)

    def present(self, agents: list[str]) -> dict[str, tuple[str, ...]]:
        app = tencent_im_app.get()
        return presence.present(app, agents) if app else {}

    def reserved(self) -> frozenset[str]:
        app = tencent_im_app.get()
        return frozenset((app.admin, app.system_account)) if app else frozenset()

    def credentials(self, agent: str, seconds: int) -> dict[str, Any]:
        app = tencent_im_app.get()
        if app is None:
            return {}
        sig = user_sig(app.sdk_app_id, app.secret_key, agent, int(clock.now().timestamp()), seconds)
        return {"sdk_app_id": app.sdk_app_id, "user_id": agent, "user_sig": sig}

    def check(self, endpoint: TencentIMApp) -> Iterator[Check]:
        return checks.check(endpoint)

    def forget(self, im_id: str) -> None:
        if app := tencent_im_app.get():
            accounts.anonymize(app, im_id)

    def pause(self, delivery: Delivery) -> float:
        app = tencent_im_app.get()
        if app is None:
            return 0.0
        return troubles.pause(app) or pace.pause(app, client.SEND)
