"""A menu in real Chromium with real workers: it is edited in the back office, published, and tapped on the customer's phone."""

from __future__ import annotations

import pytest

from tests.browser.test_sandbox_page import wechat
from tests.support.chromium import ONCE_IN_CHROMIUM, shot
from tests.support.stack import Stack

pytestmark = ONCE_IN_CHROMIUM
BEGIN = """
from django.contrib.auth.models import User
User.objects.create_superuser("chief", password="chief-password-1", first_name="管理员")
"""
ACCOUNT = "from bridge.platforms.wechat.models import WeChatAccount as A; print(A.objects.get().pk)"

FORGET = "from bridge.platforms.wechat.models import AccountMenu as M; M.objects.all().delete()"


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5}, workers=1, threads=2, static=True, SANDBOX_WINDOW_COUNT="5") as running:
        running.manage("shell", "-v0", "-c", BEGIN)
        yield running


@pytest.fixture
def editor(browser, stack):
    """A function that opens the page of the account's menu."""
    problems = []
    number = stack.manage("shell", "-v0", "-c", ACCOUNT).strip()

    def open_page(width: int, language: str, *, clock: bool = False):
        page = browser.new_context(viewport={"width": width, "height": 900}, locale=language).new_page()
        if clock:
            page.clock.install()
        page.on("pageerror", lambda error: problems.append(error.stack or str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{stack.url}/admin/login/?next=/admin/bridge/wechataccount/{number}/menu/")
        page.fill("[name=username]", "chief")
        page.fill("[name=password]", "chief-password-1")
        page.press("[name=password]", "Enter")
        page.wait_for_selector("#menu-bar .item")
        return page

    yield open_page
    assert problems == []


MENU = {"button": [
    {"name": "服务", "sub_button": {"list": [
        {"type": "text", "name": "营业时间", "value": "每天 9:00 到 18:00"},
        {"type": "finder", "name": "视频号", "value": "f"},
    ]}},
    {"type": "view", "name": "商城", "url": "https://example.com/"},
]}  # fmt: skip
REPLIES = {
    "is_add_friend_reply_open": 1,
    "is_autoreply_open": 1,
    "add_friend_autoreply_info": {"type": "text", "content": "欢迎关注旗舰店"},
    "keyword_autoreply_info": {"list": [{
        "rule_name": "营业", "reply_mode": "reply_all",
        "keyword_list_info": [{"type": "text", "match_mode": "contain", "content": "几点"}],
        "reply_list_info": [{"type": "text", "content": "9 点到 18 点"}],
    }]},
}  # fmt: skip


def add(page, name: str, does: str, below: bool = False) -> None:
    page.click("#menu-bar .sheet .add" if below else "#menu-bar > .column:last-child > .add")
    page.fill("#menu-name", name)
    page.select_option("#menu-does", does)


def test_an_account_moves_in_and_loses_nothing(browser, stack, editor):
    stack.player.post("console", account="shop", menu=MENU, replies=REPLIES)
    page = editor(1440, "zh-CN")
    page.goto(page.url.replace("/menu/", "/moving/"))
    page.click("[name=look]")
    page.click("[name=take]")
    page.wait_for_selector("text=已迁移，菜单为草稿")
    shot(page, "moved-zh-CN-1440")
    page.click("#menu-bar .item >> text=服务")
    page.click("#menu-bar .sheet .item >> text=视频号")
    page.click("text=移除")
    phone = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    phone.goto(stack.sandbox)
    phone.click("#new-customer")
    page.click("#menu-form [name=publish]")
    phone.wait_for_selector("#menu summary >> text=服务")
    openid = phone.input_value("#customer")
    stack.player.post("follow", account="shop", openid=openid)
    phone.wait_for_selector("#phone li:not(.mine) .bubble >> text=欢迎关注旗舰店")
    phone.click("#menu summary >> text=服务")
    phone.click("#menu .below >> text=营业时间")
    phone.wait_for_selector("#phone li:not(.mine) .bubble >> text=每天 9:00 到 18:00")
    stack.player.post("customer", account="shop", openid=openid, text="几点开门")
    phone.wait_for_selector("#phone li:not(.mine) .bubble >> text=9 点到 18 点")
    page.click("text=删除菜单")
    page.click("[role=alertdialog] [name=delete]")
    phone.wait_for_selector("#menu", state="hidden", timeout=60000)
    stack.manage("shell", "-v0", "-c", FORGET)


def test_a_menu_is_edited_published_and_tapped(browser, stack, editor):
    page = editor(1440, "zh-CN")
    shot(page, "menu-none-zh-CN-1440")
    page.click("#menu-bar .add")
    page.fill("#menu-name", "一个太长的名字")
    page.click("#menu-bar .sheet .add")
    page.fill("#menu-name", "营业时间")
    page.select_option("#menu-does", "answer")
    add(page, "人工客服", "person", below=True)
    page.click("text=前移")
    page.click("#menu-form [name=publish]")
    page.wait_for_selector("#menu-panel strong.wrong >> text=最多 16 字节")
    shot(page, "menu-wrong-zh-CN-1440")
    page.fill("#menu-name", "帮助")
    page.click("#menu-bar .sheet .item >> text=营业时间")
    page.fill("#menu-words", "每天 9:00 到 18:00")
    add(page, "商城", "link")
    page.fill("#menu-url", "https://example.com/")

    phone = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    phone.goto(stack.sandbox)
    phone.click("#new-customer")
    page.click("#menu-form [name=publish]")
    page.wait_for_selector("text=已发布")
    phone.wait_for_selector("#menu summary >> text=帮助", timeout=60000)
    shot(page, "menu-published-zh-CN-1440")
    assert phone.locator("#menu button").all_inner_texts()[-1] == "商城"
    phone.click("#menu summary >> text=帮助")
    phone.click("#menu .below >> text=营业时间")
    phone.wait_for_selector("#phone li:not(.mine) .bubble >> text=每天 9:00 到 18:00")
    phone.click("#menu summary >> text=帮助")
    phone.click("#menu .below >> text=人工客服")
    phone.wait_for_selector("#im li:not(.mine) .bubble >> text=帮助 › 人工客服")
    shot(phone, "menu-tapped-zh-CN-1440")


def test_customers_with_a_tag_see_a_menu_of_their_own(browser, stack, editor):
    """On the phone, for the tagged customer alone; the other one goes on seeing the account's own."""
    page = editor(1440, "zh-CN")
    page.select_option("#menu-does", "link") if page.is_visible("#menu-does") else add(page, "商城", "link")
    page.fill("#menu-name", "商城")
    page.fill("#menu-url", "https://example.com/")
    page.click("#menu-form [name=publish]")
    page.wait_for_selector("text=已发布")
    phone = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    phone.goto(stack.sandbox)
    phone.click("#new-customer")
    openid = phone.input_value("#customer")
    stack.player.post("follow", account="shop", openid=openid)
    page.click("text=新建个性化菜单")
    page.click("#menu-tags [name=add] >> nth=0")
    page.wait_for_selector("nav [aria-current]")
    page.fill("#menu-name", "会员商城")
    page.click("#menu-form [name=publish]")
    page.wait_for_selector("text=已发布")
    shot(page, "menu-by-tag-zh-CN-1440")
    phone.wait_for_selector("#menu >> text=商城")
    assert phone.locator("#menu >> text=会员商城").count() == 0
    wechat(stack, "tags/members/batchtagging", {"openid_list": [openid], "tagid": 2})
    phone.wait_for_selector("#menu >> text=会员商城", timeout=60000)


def test_the_first_of_five_items_with_the_longest_names_can_be_reached(stack, editor):
    page = editor(1440, "en")
    page.click("#menu-bar > .column:last-child > .item")
    for number in range(5):
        page.click("#menu-bar .sheet .add, #menu-bar .column:last-child .sheet .add")
        page.fill("#menu-name", f"{number} Everything that there is to know about an order".ljust(60, "m"))
    page.click("#menu-bar .sheet .item >> nth=0")
    assert page.input_value("#menu-name").startswith("0 Everything")
    head, first = (page.locator(one).first.bounding_box() for one in (".menus .phone header", "#menu-bar .sheet"))
    assert first["y"] >= head["y"] + head["height"] - 1, "it does not cover the account's name"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_every_screen_and_its_fields_are_named(stack, editor, width, language):
    stack.player.post("console", account="shop", menu=MENU, replies=REPLIES)
    page = editor(width, language)
    page.click("#menu-bar > .column:last-child > .item")
    for kind in ("person", "answer", "link", "mini", "key", "bot"):
        page.select_option("#menu-does", kind)
        unnamed = "[...document.querySelectorAll('#menu-panel :is(input, textarea, select)')].filter((one) => !one.labels.length)"
        assert page.evaluate(f"{unnamed}.length") == 0
    shot(page, f"menu-{language}-{width}")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    page.goto(page.url.replace("/menu/", "/moving/"))
    page.click("[name=look]")
    page.wait_for_selector("[name=take]")
    shot(page, f"moving-{language}-{width}")
    cell = page.evaluate("[...document.querySelectorAll('.moving td')].map((one) => one.clientWidth)")
    assert min(cell) > 300, "a phone's whole width, so that long replies can be read"
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
