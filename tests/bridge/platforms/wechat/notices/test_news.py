"""What WeChat pushes about notices, from payload files."""

from __future__ import annotations

import pytest

from bridge.pipeline.template_news import CAME, CONSENT
from bridge.platforms.wechat import parse
from tests.support.actors import payload

NUMBER = "1700827132819554304"
SAID = {
    "event_template_finish.xml": (CAME, [{"id": "200163836", "template": "", "trouble": ""}]),
    "event_template_refused.xml": (CAME, [{"id": "200163840", "template": "", "trouble": "客户不接收该公众号的消息"}]),
    "event_subscribe_msg_popup.xml": (CONSENT, [{"template": "S1", "on": True}]),
    "event_subscribe_msg_change.xml": (CONSENT, [{"template": "S1", "on": False}]),
    "event_subscribe_msg_sent.xml": (CAME, [{"id": NUMBER, "template": "S1", "trouble": ""}]),
    "mini_subscribe_msg_popup.json": (CONSENT, [{"template": "S1", "on": True}]),
    "mini_subscribe_msg_sent.json": (
        CAME, [{"id": "1864323726461255680", "template": "S1", "trouble": "微信的说明：user refuse (43101)"}],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "said"), SAID.items(), ids=SAID)
def test_news_of_notices(name, said):
    incoming = parse.parse(payload(f"wechat/{name}"))
    assert (incoming.event, list(incoming.facts["notices"])) == said
    assert (incoming.ignored, incoming.trigger) == ("", "")


@pytest.mark.parametrize("status", ["failed: system failed", "failed:system failed", "Failed: System Failed"])
def test_spellings_of_what_failed_mean_the_same(status):
    body = payload("wechat/event_template_finish.xml").replace("success", status)
    assert parse.parse(body).facts["notices"][0]["trouble"] == "微信未能送达"
