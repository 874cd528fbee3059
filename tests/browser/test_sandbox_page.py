"""The sandbox's page in real Chromium: a customer and a seat talk."""

from __future__ import annotations

import json
import tomllib

import pytest
import requests

from tests.support import samples
from tests.support.chromium import IN_CHROMIUM, shot
from tests.support.stack import ONLINE, Stack
from tests.support.waiting import wait_until

pytestmark = IN_CHROMIUM
RULES = {"SANDBOX_WINDOW_COUNT": "5", "MEDIA_ALLOW_PRIVATE": "1"}


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5, "bob": 5}, workers=1, threads=4, **RULES) as running:
        yield running


def open_page(browser, stack, width, language):
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=language)
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(stack.sandbox)
    return page, problems


def look_at(page, entry, words) -> None:
    """Open the conversation that `entry` belongs to in the seat's client."""
    page.select_option("#seat", entry["seat"])
    page.click(f"#peers button >> text={words}")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_talk(browser, stack, width, language, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(samples.picture())
    page, problems = open_page(browser, stack, width, language)
    page.click("#new-customer")
    shot(page, f"sandbox-empty-{language}-{width}")
    tag = f"{language}-{width}"
    page.fill("#phone-text", f"你好，{tag}\n第二行 😀")
    page.press("#phone-text", "Enter")
    page.wait_for_selector(f"#phone .mine .bubble >> text=你好，{tag}")
    look_at(page, stack.player.wait_for(f"你好，{tag}\n第二行 😀", "im"), tag)
    page.wait_for_selector(f"#im .bubble >> text=你好，{tag}")
    assert "第二行 😀" in page.locator("#im .bubble", has_text=tag).last.inner_text()
    page.fill("#im-text", f"您好，在的 {tag}")
    page.press("#im-text", "Enter")
    page.wait_for_selector(f"#phone li:not(.mine) .bubble >> text=您好，在的 {tag}")
    page.set_input_files("#phone-file", picture)
    page.wait_for_selector("#im li:not(.mine) .bubble img")
    page.set_input_files("#im-file", picture)
    page.wait_for_selector("#phone li:not(.mine) .bubble img")
    assert page.evaluate("[...document.images].every((one) => !one.complete || one.naturalWidth > 0)")
    page.fill("#im-text", "#help")
    page.press("#im-text", "Enter")
    page.wait_for_selector("#im .notice .bubble >> text=#transfer")
    assert page.locator("#phone .bubble", has_text="#help").count() == 0
    shot(page, f"sandbox-talk-{language}-{width}")
    if width > 1000:
        assert page.evaluate("document.documentElement.scrollHeight <= document.documentElement.clientHeight + 1")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    assert problems == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_odd_messages(browser, stack, width, language):
    page, problems = open_page(browser, stack, width, language)
    page.click("#new-customer")
    page.select_option("#phone-odd select", "cdata_end")
    page.click("#phone-odd button")
    page.wait_for_selector("#phone .mine .bubble >> text=a[b[1]]>2")
    openid = page.input_value("#customer")
    mine = lambda: [one for one in stack.entries() if one["side"] == "im" and one["peer"].endswith(openid)]  # noqa: E731
    came = wait_until(mine)
    page.select_option("#seat", came[0]["seat"])
    page.click("#peers button >> text=a[b[1]]>2")
    page.wait_for_selector("#im li:not(.mine) .bubble >> text=a[b[1]]>2")
    page.select_option("#im-odd select", "vertical_tab")
    page.click("#im-odd button")
    page.wait_for_selector("#im .mine .bubble >> text=第二行")
    assert page.locator("#phone-odd option").count() > 15
    shot(page, f"sandbox-odd-{language}-{width}")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    assert problems == []


def test_a_seat_goes_offline_and_too_much_to_read(browser, stack):
    page, problems = open_page(browser, stack, 1440, "zh-CN")
    page.wait_for_selector("#presence[aria-pressed=true]")
    for seat in ("alice", "bob"):
        page.select_option("#seat", seat)
        page.click("#presence")
        page.wait_for_selector("#presence[aria-pressed=false]")
    # The page knows at once; the site once a worker has read the callbacks, in lanes other than the customer's.
    wait_until(lambda: stack.manage("shell", "-v0", "-c", ONLINE).strip() == "0", said=stack.logs)
    page.click("#new-customer")
    page.fill("#phone-text", "有人吗？" + "很长的一段话，" * 60)
    page.press("#phone-text", "Enter")
    page.wait_for_selector("#phone li:not(.mine) .bubble >> text=排在第 1 位")
    shot(page, "sandbox-waiting")
    page.click("#presence")
    page.click("#peers button >> text=有人吗")
    page.wait_for_selector("#im .bubble >> text=有人吗")
    assert problems == []


def wechat(stack, path, body):
    """Call the sandbox's WeChat as the account's owner."""
    account = tomllib.loads((stack.home / "site.toml").read_text())["wechat_account"][0]
    asked = {"grant_type": "client_credential", "appid": account["app_id"], "secret": account["app_secret"]}
    base = f"{stack.sandbox}/wechat/cgi-bin"
    token = requests.post(f"{base}/stable_token", json=asked, timeout=10).json()["access_token"]
    reply = requests.post(
        f"{base}/{path}?access_token={token}", data=json.dumps(body, ensure_ascii=False).encode(), timeout=10
    )
    return reply.json()


def test_a_menu_shows_at_once_and_a_scan_follows(browser, stack):
    page, problems = open_page(browser, stack, 390, "zh-CN")
    page.click("#new-customer")
    page.wait_for_selector("#menu", state="hidden")
    below = [{"type": "click", "name": f"问题{number}", "key": f"ask-{number}"} for number in range(5)]
    first = {"name": "服务", "sub_button": below}
    buttons = [
        first,
        {"type": "click", "name": "人工", "key": "human"},
        {"type": "view", "name": "商城", "url": "https://example.com/"},
    ]
    assert wechat(stack, "menu/create", {"button": buttons})["errcode"] == 0
    page.wait_for_selector("#menu summary >> text=服务", timeout=60000)
    page.click("#menu summary >> text=服务")
    shot(page, "sandbox-menu-zh-CN-390")
    with page.expect_request("**/play/event") as tapped:
        page.click("#menu .below >> text=问题3")
    assert tapped.value.post_data_json["key"] == "ask-3"
    code = wechat(
        stack, "qrcode/create", {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "till-3"}}}
    )
    page.select_option("#kind", "scan")
    for words in ("http://weixin.qq.com/q/other", code["url"]):
        page.fill("#phone-text", words)
        with page.expect_response("**/play/scan") as answered:
            page.press("#phone-text", "Enter")
        assert answered.value.status == (200 if words == code["url"] else 404)
    page.wait_for_selector("#phone .notice >> text=二维码已过期")
    assert problems == []
