"""On a running site: a QR code is followed into its group with its welcome, and a keyword costs nothing."""

from __future__ import annotations

import pytest
import requests

from tests.support.chromium import IN_CHROMIUM, shot
from tests.support.stack import Stack

pytestmark = IN_CHROMIUM
SETTING_UP = """
from bridge.models import AutoAnswer
from bridge.platforms.wechat.models import QrCode, WeChatAccount
from bridge.platforms.wechat.qr_forms import order
from chatbots.models import FaqEntry
from seats.models import Seat, SeatGroup
account = WeChatAccount.objects.get()
account.bots = [{"name": "faq", "on": True}]
account.save()
care = SeatGroup.objects.create(slug="care", name="Care")
care.seats.add(Seat.objects.get(im_user_id="bob"))
code = QrCode(account=account, name="poster", scene="poster", group="care", mode="faq",
              welcome=AutoAnswer.of("Welcome from the poster."))
order(code)
code.save()
FaqEntry.objects.create(keywords="hours", answer=AutoAnswer.of("From nine to six."))
print("address", code.url)
"""


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5, "bob": 5}, workers=1, threads=4, static=False, SANDBOX_WINDOW_COUNT="5") as running:
        yield running


def left_of(stack, openid: str) -> int:
    return next(one["left"] for key, one in stack.state()["windows"].items() if openid in key)


def test_a_code_is_followed_into_its_group_and_a_keyword_is_free(browser, stack):
    said = stack.manage("shell", "-c", SETTING_UP)
    address = said.split("address ")[1].split()[0]
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en").new_page()
    page.goto(stack.sandbox)
    page.click("#new-customer")
    page.select_option("#kind", "scan")
    page.fill("#phone-text", address)
    page.press("#phone-text", "Enter")
    page.wait_for_selector("#phone li:not(.mine) .bubble >> text=Welcome from the poster.")
    entry = next(one for one in stack.entries() if one["text"] == "Welcome from the poster.")
    assert entry["key"] == "passive"
    assert left_of(stack, entry["openid"]) == 3
    page.select_option("#kind", "text")
    page.fill("#phone-text", "hours")
    page.press("#phone-text", "Enter")
    page.wait_for_selector("#phone li:not(.mine) .bubble >> text=From nine to six.")
    assert left_of(stack, entry["openid"]) == 5
    page.fill("#phone-text", "a person, please")
    page.press("#phone-text", "Enter")
    assert stack.player.wait_for("a person, please", "im")["seat"] == "bob"
    shot(page, "followed-by-code")


def test_a_code_that_is_unknown_is_refused(stack):
    answer = requests.post(
        f"{stack.sandbox}/play/scan", json={"account": "shop", "openid": "oX", "code": "nowhere"}, timeout=10
    )
    assert answer.status_code == 404
