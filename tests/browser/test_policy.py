"""Each page in Chromium under its Content-Security-Policy: nothing of it is refused, in either theme."""

from __future__ import annotations

import secrets

import pytest

from tests.support.chromium import ONCE_IN_CHROMIUM, shot
from tests.support.stack import Stack

pytestmark = ONCE_IN_CHROMIUM
PASSWORD = secrets.token_hex(8)
BEGIN = f"""
from django.contrib.auth.models import User
from seats.models import Seat
chief = User.objects.create_superuser("chief", password="{PASSWORD}")
User.objects.filter(username="alice").update(is_staff=True, is_superuser=True)
alice = User.objects.get(username="alice"); alice.set_password("{PASSWORD}"); alice.save()
"""
PAGES = (
    "/admin/", "/admin/bridge/conversation/", "/admin/bridge/delivery/", "/admin/seats/seat/", "/admin/bridge/lane/",
    "/admin/seats/seatgroup/add/", "/admin/auth/group/add/", "/admin/auth/user/", "/admin/constance/config/",
    "/admin/seats/seatgroup/outlook/", "/admin/chatbots/faqentry/try/", "/admin/two-step/", "/admin/reports/live/",
    "/admin/reports/overview/", "/admin/reports/explore/", "/admin/reports/behind/opened/?range=today",
    "/admin/password_change/", "/admin/chatbots/faqentry/import/", "/admin/check-up/", "/desk/", "/desk/floor/", "/desk/im/", "/api/docs/",
    "/no/such/page/",
)  # fmt: skip


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5}, workers=1, threads=2, static=True, ROLLUP_SECONDS="2") as running:
        running.manage("shell", "-v0", "-c", BEGIN)
        running.player.post("presence", seat="alice", online=True)
        running.player.post("customer", account="shop", openid="oPolicyCustomer000000000001", text="有人吗")
        running.player.wait_for("有人吗", "im")
        yield running


@pytest.fixture
def page(browser, stack):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    one = context.new_page()
    one.add_init_script(
        "document.addEventListener('securitypolicyviolation', (event) => console.error(`refused ${event.effectiveDirective}: "
        "${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));"
    )
    one.said = []
    one.on("console", lambda said: one.said.append(said.text) if "refused" in said.text.lower() else None)
    one.on("pageerror", lambda error: one.said.append(str(error)))
    yield one
    context.close()


def test_no_page_asks_for_what_its_policy_refuses(stack, page):
    page.goto(f"{stack.url}/admin/login/?next=/admin/")
    found = {"/admin/login/": list(page.said)}
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector(".home")
    transcript = "/admin/bridge/conversation/1/transcript/"
    for address in (*PAGES, "/desk/?c=1", transcript, "/admin/bridge/wechataccount/1/setup/"):
        page.said.clear()
        answer = page.goto(stack.url + address)
        page.wait_for_timeout(250)
        policy = answer.headers.get("content-security-policy", "")
        assert "frame-ancestors 'none'" in policy, address
        assert "unsafe-inline" not in policy, address
        found[address] = list(page.said)
    page.said.clear()
    page.goto(stack.sandbox)
    page.wait_for_selector("#phone li")
    found["sandbox"] = list(page.said)
    shot(page, "policy")
    assert {address: said for address, said in found.items() if said} == {}


def test_a_script_that_got_into_a_page_does_not_run(stack, page):
    """The control: this is what the policy is for."""
    page.goto(f"{stack.url}/desk/login/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran=1\">')")
    page.evaluate(
        "const one = document.createElement('script'); one.textContent = 'window.ran=1'; document.body.append(one)"
    )
    page.wait_for_timeout(250)
    assert page.evaluate("window.ran") is None
    assert page.said
