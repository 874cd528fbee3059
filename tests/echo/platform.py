"""Echo as a platform of the bridge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import URLPattern, path

from bridge import http
from bridge.live.endpoints import endpoints
from bridge.media import fetch, intake, links, naming
from bridge.media.errors import MediaError
from bridge.media.store import Draft
from bridge.models import Delivery
from bridge.observe import troubles
from bridge.observe.redaction import Rules
from bridge.platforms.answers import code_of
from bridge.platforms.base import Platform, Prepared
from bridge.platforms.provisioning import ACCOUNT_KEYS, Key, Section, is_url
from bridge.values.content import Content
from bridge.values.incoming import Incoming
from bridge.values.outcomes import DeliveryError, Outcome
from bridge.values.windows import COUNT, Grant
from tests.echo import door, protocol
from tests.echo.models import EchoAccount


class EchoPlatform(Platform):
    """Echo: customers. It cannot recognize a repeated call."""

    name = EchoAccount.PLATFORM
    model = EchoAccount
    menu = "Echo"
    invitation = "Connect an echo account."
    redaction = Rules(
        platform=EchoAccount.PLATFORM,
        paths=("/echo/",),
        query=frozenset({"echo_sign", "echo_key"}),
        fields=frozenset({"echo_key"}),
        codes=("echo_code",),
    )
    section = Section(
        name="echo_account",
        model=EchoAccount,
        keys={**ACCOUNT_KEYS, "key": Key(str, required=True), "api_base": Key(str, check=is_url)},
        unique="slug",
        named_by="slug",
    )

    def urls(self) -> list[URLPattern]:
        return [path("echo/<slug:slug>/", door.door, name="echo-door")]

    def parse(self, kind: str, body: str) -> Incoming:
        return protocol.parse(body)

    def render(self, content: Content) -> list[dict[str, Any] | None]:
        return protocol.render(content)

    def prepare(self, delivery: Delivery, *, again: bool = False) -> Prepared:
        content = Content.from_json(delivery.content or {})
        try:
            media = intake.take(content, delivery, self)  # type: ignore[arg-type]  render leaves only files to prepare
        except MediaError as error:
            raise DeliveryError("media", error.reason, Outcome.RETRY if error.temporary else Outcome.FAIL) from None
        name = naming.name_for(delivery, media)
        return Prepared({"file": links.url(media, name), "name": name})

    def send(self, delivery: Delivery) -> None:
        account = _account(delivery.endpoint_id)
        body = {"to": delivery.recipient, **delivery.payload}
        reply = http.post_json(f"{account.api_base}/echo/send", {"echo_key": account.key}, body)
        if code := code_of(reply, "echo_code"):
            raise protocol.error(code)

    def download(self, account_id: int | None, media_id: str, into: Draft, limit: int) -> None:
        account = _account(account_id)
        with http.get_stream(f"{account.api_base}/echo/files/{media_id}", {"echo_key": account.key}) as reply:
            fetch.save(reply, into, limit)

    def pause(self, delivery: Delivery) -> float:
        return troubles.pause(endpoints.account(delivery.endpoint_id))

    def grant(self, kind: str, rules: Mapping[str, Any], trigger: str) -> Grant | None:
        return protocol.GRANTS.get(trigger)

    def refusal(self, why: str) -> DeliveryError:
        return protocol.error(3 if why == COUNT else 4)

    def words_of(self, payload: dict[str, Any]) -> str:
        return payload.get("text", "")


def _account(pk: int | None) -> EchoAccount:
    account = endpoints.account(pk)
    if not isinstance(account, EchoAccount):
        raise DeliveryError("account", "the account is gone", Outcome.FAIL)
    return account
