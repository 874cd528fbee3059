"""Tencent IM as a platform of the bridge."""

from __future__ import annotations

from typing import Any

from bridge.content import Content
from bridge.models import Delivery
from bridge.platforms.base import Incoming, Platform
from bridge.platforms.tencent_im import client, parse, render


class TencentIMPlatform(Platform):
    """Tencent IM: seats. It drops a call with the same MsgSeq, MsgRandom and body as one before."""

    name = "tencent_im"
    repeats_recognized = True

    def parse(self, kind: str, body: str) -> Incoming:
        return parse.parse(kind, body)

    def render(self, content: Content) -> list[dict[str, Any]]:
        return render.render(content)

    def send(self, delivery: Delivery) -> None:
        client.send(delivery)
