"""WeChat as a platform of the bridge."""

from __future__ import annotations

from typing import Any

from bridge.content import Content
from bridge.models import Delivery
from bridge.platforms.base import Incoming, Platform
from bridge.platforms.wechat import client, parse, render


class WeChatPlatform(Platform):
    """WeChat: customers. It cannot recognize a repeated call."""

    name = "wechat"
    repeats_recognized = False

    def parse(self, kind: str, body: str) -> Incoming:
        return parse.parse(body)

    def render(self, content: Content) -> list[dict[str, Any]]:
        return render.render(content)

    def send(self, delivery: Delivery) -> None:
        client.send(delivery)
