"""On a running site: after the window a notice calls the customer back into the same conversation, and what waited is sent."""

from __future__ import annotations

import pytest

from tests.support.chromium import IN_CHROMIUM, make_as_wide, shot
from tests.support.stack import Stack

pytestmark = IN_CHROMIUM
USERS = """
from django.contrib.auth.models import User
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat
User.objects.create_superuser("chief", password="chief-password-1")
bob = User.objects.create_superuser("bob", password="bob-password-1")
Seat.objects.create(user=bob)
alice = User.objects.get(username="alice")
alice.set_password("alice-password-1")
alice.save()
WeChatAccount.objects.update(parameters={"TEMPLATE_WHEN_HELD": "time"})
"""
OVER = """
from datetime import timedelta
from bridge.base import clock
from bridge.models import Customer
Customer.objects.update(window_until=clock.now() - timedelta(hours=1))
"""
CONVERSATIONS = "from bridge.models import Conversation; print(Conversation.objects.count())"
TEMPLATE = {
    "template_id": "T1", "title": "客服回复提醒", "content": "内容：{{thing1.DATA}}\n时间：{{time2.DATA}}",
}  # fmt: skip
ANOTHER = """
from bridge.base import clock
from bridge.models import Account, Template
Template.objects.create(
    account=Account.objects.get(), remote_id="T2", title="退款到账通知", body="内容：{{thing1.DATA}}", blanks=["thing1"],
    words={"thing1": "退款已到账"}, for_seats=True, fetched_at=clock.now(),
)
"""
LABELS = (
    "[...document.querySelectorAll('#d-notice label:has([name=template])')].map((one) => one.getBoundingClientRect())"
)
NOTICE = "#phone li:not(.mine) .bubble:has-text('客服回复提醒')"


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5}, workers=1, threads=4, static=True, SANDBOX_WINDOW_COUNT="5") as running:
        running.manage("shell", "-v0", "-c", USERS)
        running.player.post("console", account="shop", templates=[TEMPLATE])
        yield running


def log_in(browser, stack, address: str, name: str):
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    page.goto(f"{stack.url}{address}")
    page.fill("[name=username]", name)
    page.fill("[name=password]", f"{name}-password-1")
    page.press("[name=password]", "Enter")
    return page


def fetch_and_fill(browser, stack) -> None:
    page = log_in(browser, stack, "/admin/login/?next=/admin/bridge/template/", "chief")
    page.click("text=从微信获取")
    page.click("form.asks button[type=submit]")
    page.click("text=客服回复提醒")
    page.fill("[name=blank_0]", "{reason}客服已回复您")
    page.fill("[name=blank_1]", "{time}")
    page.check("[name=for_seats]")
    page.check("[name=when_held]")
    shot(page, "notice-template")
    page.click("[name=_save]")
    page.wait_for_selector("text=可用")
    shot(page, "notice-templates")


def customer_writes(page, words: str) -> None:
    page.fill("#phone-text", words)
    page.press("#phone-text", "Enter")


def look_at_the_name(desk) -> None:
    """Whoever oversees has the most buttons; the customer's name has its place beside them."""
    desk.wait_for_selector("#list .empty")  # the page's script has begun
    desk.click("[data-tab=all]")
    desk.locator("#list a").first.click()
    desk.wait_for_selector("[data-dialog=d-notice]")
    shot(desk, "notice-overseen")
    assert desk.evaluate("(one => one.clientWidth >= one.scrollWidth)(document.querySelector('.title h1'))")
    make_as_wide(desk, 390)
    shot(desk, "notice-overseen-390")
    right = "[...document.querySelectorAll('.bar.head .btn')].map((one) => one.getBoundingClientRect().right)"
    assert desk.evaluate(f"Math.max(...{right})") <= 390, "nothing beyond the edge"


def test_a_customer_comes_back_by_a_notice(browser, stack):
    fetch_and_fill(browser, stack)
    stack.manage("shell", "-v0", "-c", ANOTHER)
    phone = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    phone.goto(stack.sandbox)
    phone.click("#new-customer")
    customer_writes(phone, "退款到账了吗")
    peer = stack.player.wait_for("退款到账了吗", "im")["peer"]
    stack.manage("shell", "-v0", "-c", OVER)
    stack.player.post("seat", seat="alice", to=peer, text="已经到账，请查收")
    phone.wait_for_selector(NOTICE)
    assert "已经到账，请查收" not in phone.inner_text("#phone")
    look_at_the_name(log_in(browser, stack, "/desk/login/", "bob"))
    desk = log_in(browser, stack, "/desk/login/", "alice")
    desk.locator("#list a").first.click()
    desk.click("[data-dialog=d-notice]")
    assert desk.evaluate(f"(([one, other]) => other.top >= one.bottom)({LABELS})"), "each below the one before"
    desk.check("#d-notice label:has-text('客服回复提醒') input")
    desk.fill("#d-notice [name=reason]", "退款")
    shot(desk, "notice-dialog")
    desk.click("#d-notice button.main")
    desk.wait_for_selector(".bubble:has-text('退款客服已回复您')")
    shot(desk, "notice-sent")
    phone.click(f"{NOTICE} >> nth=1 >> button.choice")
    shot(phone, "notice-on-the-phone")
    assert phone.evaluate("document.activeElement.id") == "phone-text"
    customer_writes(phone, "看到了，谢谢")
    phone.wait_for_selector("#phone li:not(.mine) .bubble >> text=已经到账，请查收")
    assert stack.manage("shell", "-v0", "-c", CONVERSATIONS).strip() == "1"
    desk.wait_for_selector(".bubble >> text=看到了，谢谢")
