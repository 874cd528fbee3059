"""A third platform: a customer on echo talks with a seat on Tencent IM and on the desk, both ways. Core code names no platform."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from bridge.base import clock
from bridge.live import endpoints
from bridge.models import Customer, Delivery, InboundEvent, Message
from bridge.values.lanes import lane_of_customer
from tests.echo import protocol
from tests.echo.models import EchoAccount
from tests.support import samples

KEY, SEND = "echo-key", "/echo/send"
BASE = Path(__file__).resolve().parents[3]
# What only a platform's own folder may say. Prose and texts may speak of WeChat; code may not know it.
NAMES = re.compile(r"""["'](?:wechat|tencent_im)["']|WeChat[A-Z]|TencentIM|wechat_account|\bmsgtype\b|MsgBody|touser""")
# The demo's history is that of a business on WeChat, with its accounts and its codes of refusals.
EXEMPT = (
    "analytics/demo/",
    "bridge/platforms/wechat/",
    "bridge/platforms/tencent_im/",
)


class Echo:
    """A customer on echo."""

    def __init__(self, site) -> None:
        self.site, self.number = site, 0
        self.account = EchoAccount.objects.create(slug="echo", name="Echo shop", key=KEY, group="sales", survey=False)

    def push(self, key: str = KEY, **fields: str):
        self.number += 1
        body = json.dumps({"id": str(self.number), "from": "+86 bob", **fields}).encode()
        address = f"/callbacks/echo/echo/?echo_sign={protocol.signature(key, body)}"
        answer = self.site.client.post(address, body, content_type="application/json")
        self.site.work()
        return answer

    def says(self, text: str):
        return self.push(kind="text", text=text)

    @property
    def customer(self) -> Customer:
        return Customer.objects.get(account=self.account.pk)

    def got(self) -> list[str]:
        """Return what the customer was sent."""
        return [body.get("text") or f"({body['name']})" for body in self.site.platforms.bodies(SEND)]

    def seat_says(self, text: str) -> None:
        self.site.seat_says(text, openid="+86 bob")
        self.site.work()


@pytest.fixture
def echo(site):
    site.login("alice")
    return Echo(site)


def test_a_customer_talks_with_a_seat_on_im_and_on_the_desk(echo, site, platforms, client):
    assert echo.says("hello").status_code == 200
    assert "hello" in platforms.to_seat("alice")
    assert echo.customer.im_id == lane_of_customer(echo.account.pk, "+86 bob")
    echo.seat_says("what can I do?")
    assert echo.got() == ["what can I do?"]
    assert platforms.bodies(SEND)[0]["to"] == "+86 bob"
    client.force_login(site.alice.user)
    conversation = echo.customer.open_conversation
    answer = client.post(
        f"/api/conversations/{conversation.pk}/messages/", {"text": "from the desk"}, content_type="application/json"
    )
    assert answer.status_code in (200, 201, 202), answer.content
    site.work()
    assert echo.got()[-1] == "from the desk"
    echo.says("thanks")
    assert "thanks" in platforms.to_seat("alice")
    rows = Delivery.objects.filter(direction="customer")
    assert {(row.platform, row.endpoint_id) for row in rows} == {("echo", echo.account.pk)}
    assert {row.platform for row in Delivery.objects.filter(direction="seat")} == {"tencent_im"}
    assert not platforms.bodies("message/custom/send")


def test_a_repeat_has_one_effect_and_a_forgery_none(echo, platforms):
    echo.says("once")
    echo.number -= 1
    echo.says("once")
    assert platforms.to_seat("alice").count("once") == 1
    assert echo.push(key="another", kind="text", text="x").status_code == 401
    assert not InboundEvent.objects.filter(body__contains='"x"').exists()


def test_its_window_is_counted_and_held(echo, platforms):
    """Three answers; the fourth waits until the customer writes, as the account says."""
    echo.says("hello")
    EchoAccount.objects.update(count_checked_at=clock.now())
    endpoints.forget()
    for number in range(4):
        echo.seat_says(f"answer {number}")
    assert echo.got() == ["answer 0", "answer 1", "answer 2"]
    assert any("answer 3" in text and "three answers were sent" in text for text in platforms.to_seat("alice"))
    echo.says("go on")
    assert echo.got() == ["answer 0", "answer 1", "answer 2", "answer 3"]


def test_pictures_pass_both_ways(echo, site, platforms):
    platforms.files["https://echo.example/echo/files/f1"] = samples.picture("PNG")
    echo.push(kind="image", file="f1")
    assert "TIMImageElem" in platforms.to_seat("alice")
    platforms.files["https://files.example/back.png"] = samples.picture("PNG")
    data = {
        "CallbackCommand": "C2C.CallbackAfterSendMsg", "From_Account": "alice", "To_Account": echo.customer.im_id,
        "MsgKey": "1_1_1", "SendMsgResult": 0, "MsgBody": [{"MsgType": "TIMImageElem", "MsgContent": {
            "UUID": "u", "ImageInfoArray": [{"Type": 1, "URL": "https://files.example/back.png"}]}}],
    }  # fmt: skip
    site.im_callback(data["CallbackCommand"], data)
    site.work()
    (sent,) = platforms.bodies(SEND)
    assert sent["file"].endswith(".png")
    assert "/media/" in sent["file"]


def test_failures_are_told_tried_again_and_stop_the_account(echo, site, platforms):
    echo.says("hello")
    platforms.answer(SEND, {"echo_code": 5})
    echo.seat_says("to nobody")
    assert any("to nobody" in text and "nobody of this name" in text for text in platforms.to_seat("alice"))
    platforms.answer(SEND, {"echo_code": 2})
    echo.seat_says("kept")
    account = EchoAccount.objects.get()
    assert "wrong key" in account.trouble
    assert Delivery.objects.get(payload__text="kept").state == Delivery.State.QUEUED
    assert not site.account.__class__.objects.exclude(trouble="").exists()


def test_a_seats_side_without_words_of_wechat(echo, platforms):
    """What a seat reads of an echo customer speaks of echo."""
    echo.says("hello")
    EchoAccount.objects.update(count_checked_at=clock.now())
    for number in range(3):
        echo.seat_says(f"answer {number}")
    told = " ".join(platforms.to_seat("alice"))
    assert "Echo" in told
    assert "微信" not in told


def test_its_page_in_the_admin(echo, admin_client):
    EchoAccount.objects.update(trouble="2: wrong key", retry_at=clock.now() + timedelta(hours=1))
    assert "Echo" in admin_client.get(reverse("admin:index")).content.decode()
    page = admin_client.get(reverse("admin:echo_echoaccount_change", args=[echo.account.pk])).content.decode()
    assert KEY not in page
    assert "/callbacks/echo/echo/" in page
    # Its model has no history, so nobody can be told of what somebody else changed meanwhile.
    answer = admin_client.post(reverse("admin:echo_echoaccount_change", args=[echo.account.pk]), {"seen_change": "1"})
    assert answer.status_code == 200
    admin_client.post(reverse("admin:echo_echoaccount_resume", args=[echo.account.pk]))
    assert not EchoAccount.objects.get().trouble
    for name in ("setup", "changelist", "add"):
        arguments = [echo.account.pk] if name == "setup" else []
        assert admin_client.get(reverse(f"admin:echo_echoaccount_{name}", args=arguments)).status_code == 200


def test_the_customers_messages_stand_in_the_log(echo):
    echo.says("hello")
    assert Message.objects.filter(side="customer", preview="hello").count() == 1
    assert echo.customer.display_name.endswith(" bob")


def test_core_code_names_no_platform():
    found = []
    for app in ("bridge", "seats", "chatbots", "analytics"):
        for path in sorted((BASE / app).rglob("*.py")):
            name = path.relative_to(BASE).as_posix()
            if name.startswith(EXEMPT) or "/migrations/" in name:
                continue
            lines = path.read_text("utf-8").splitlines()
            found += [f"{name}:{at}: {line.strip()}" for at, line in enumerate(lines, 1) if NAMES.search(line)]
    assert not found, "\n".join(found)
