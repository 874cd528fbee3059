"""/desk/im/: Tencent's client is built, mounts, and logs in as the seat; our customer stands beside it.

Tencent's servers are out of reach of a test. What is proved is what is asked of Tencent's SDK, by what it says of itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from TLSSigAPIv2 import TLSSigAPIv2

from tests.browser.test_desk_live import PASSWORDS, Desk, customer
from tests.seats.api.test_api import unpacked
from tests.support.chromium import IN_CHROMIUM, shot, wait_for
from tests.support.stack import BASE, Stack
from tests.support.waiting import wait_until

pytestmark = [*IN_CHROMIUM, pytest.mark.once, pytest.mark.timeout(400)]
# What the page asks of the client, in place of the client: it says that a chat was opened.
STAND_IN = """
export async function start(root, options) {
  window.asked = { sdkAppId: options.sdkAppId, userId: options.userId, userSig: options.userSig, language: options.language };
  window.openChat = options.onPeer;
}
"""


@pytest.fixture(scope="module")
def built() -> bool:
    """Build the client where that is asked for (it takes npm, the network and a minute); tell whether it is there."""
    wanted = os.environ.get("IM_DESK") == "1" and shutil.which("npm") is not None
    if wanted:
        subprocess.run(["make", "im-desk"], cwd=BASE, check=True, capture_output=True, timeout=300)
    return wanted


@pytest.fixture(scope="module")
def stack(built):
    with Stack({"alice": 3, "bob": 0}, workers=1, threads=2, static=True) as running:
        running.manage("shell", "-v0", "-c", PASSWORDS)
        yield running


def check_sig(sig: str, monkeypatch) -> None:
    """The same as Tencent's own library makes at the same second, for this app and seat."""
    said = unpacked(sig)
    assert (said["TLS.identifier"], said["TLS.sdkappid"]) == ("alice", 1400000001)
    monkeypatch.setattr("time.time", lambda: said["TLS.time"])
    assert unpacked(TLSSigAPIv2(1400000001, "im-secret").gen_sig("alice", said["TLS.expire"])) == said
    monkeypatch.undo()


def test_the_client_is_built_mounts_and_logs_in_as_the_seat(stack, built, browser, monkeypatch):
    if not built:
        pytest.skip("only with IM_DESK=1 and npm")
    desk = Desk(browser, stack, "alice")
    said: list[str] = []
    desk.page.on("console", lambda message: said.append(message.text))
    desk.page.route(re.compile(r"^https://"), lambda route: route.abort())
    desk.page.goto(f"{stack.url}/desk/im/")
    desk.page.locator(".im-desk .tui-conversation, .im-desk-list > *").first.wait_for(timeout=60000)
    wait_until(lambda: any("sdkConstruct" in line and "SDKAppID:1400000001" in line for line in said))
    login = "globalThis.__$RTC_TUILogin__.getContext()"
    context = desk.page.evaluate(
        f"(() => {{ const {{ SDKAppID, userID, userSig }} = {login}; return {{ SDKAppID, userID, userSig }}; }})()"
    )
    assert (context["SDKAppID"], context["userID"]) == (1400000001, "alice")
    check_sig(context["userSig"], monkeypatch)
    assert not [line for line in said if context["userSig"] in line], "the UserSig is in the browser's console"
    shot(desk.page, "im-desk")


@pytest.mark.parametrize(("width", "language"), [(1440, "zh-CN"), (390, "en")])
def test_the_customer_of_the_open_chat_stands_beside_it(stack, browser, width, language):
    one = customer(1 if width == 1440 else 2)
    stack.player.post("customer", account="shop", openid=one, text=f"beside Tencent's client {width}")
    desk = Desk(browser, stack, "alice", width=width, language=language)
    desk.page.route("**/im-desk/im-desk.js", lambda route: route.fulfill(body=STAND_IN, content_type="text/javascript"))
    stand_in(desk)
    asked = desk.page.evaluate("window.asked")
    assert (asked["sdkAppId"], asked["userId"], asked["language"]) == (1400000001, "alice", language[:2])
    peer = wait_until(
        lambda: [
            e["peer"] for e in stack.entries() if e["side"] == "im" and e["text"] == f"beside Tencent's client {width}"
        ]
    )[-1]
    desk.page.evaluate("peer => window.openChat(peer)", peer)
    desk.page.locator("#beside .window").wait_for()
    # A command, and the pane follows what has changed without being asked.
    desk.dialog("d-note", "text", "wants an invoice")
    desk.page.locator("#beside .notes", has_text="wants an invoice").wait_for()
    stack.player.post("seat", seat="alice", to=peer, text="#name 张三")
    desk.page.locator("#beside .person h2", has_text="张三").wait_for(timeout=60000)
    widths = desk.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    shot(desk.page, f"im-desk-beside-{width}")
    desk.page.evaluate("window.openChat('nobody')")
    desk.page.locator("#beside .empty").wait_for()
    assert desk.problems == []


def stand_in(desk: Desk) -> None:
    """Open the page as if the client were built."""
    desk.page.goto(desk.page.url.split("/desk/")[0] + "/desk/im/")
    if not desk.page.locator("script[src*='desk/im.js']").count():
        desk.page.add_script_tag(url="/static/desk/im.js", type="module")
    wait_for(desk.page, "window.asked")


NEVER = "export function start() { window.begun = true; return new Promise(() => {}); }"


def test_where_tencent_is_out_of_reach_the_page_says_so_in_ten_seconds_and_what_to_check(stack, browser):
    desk = Desk(browser, stack, "alice")
    desk.page.clock.install()
    desk.page.route("**/im-desk/im-desk.js", lambda route: route.fulfill(body=NEVER, content_type="text/javascript"))
    with desk.page.expect_response("**/im-desk/im-desk.js"):
        desk.page.goto(f"{stack.url}/desk/im/")
        if not desk.page.locator("script[src*='desk/im.js']").count():
            desk.page.add_script_tag(url="/static/desk/im.js", type="module")
    wait_for(desk.page, "window.begun")
    desk.page.clock.fast_forward(10_000)
    said = desk.page.locator("#im-said")
    wait_for(desk.page, "document.querySelectorAll('#im-said li').length === 3")
    assert "腾讯云 IM" in said.inner_text()
    assert "tim.qq.com" in said.inner_text()
