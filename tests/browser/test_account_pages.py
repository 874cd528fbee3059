"""The pages of what an account has at WeChat in real Chromium: on a phone and a desk, empty and with too much of everything."""

from __future__ import annotations

import pytest

from tests.support.chromium import ONCE_IN_CHROMIUM, make_as_wide, shot
from tests.support.stack import Stack

pytestmark = ONCE_IN_CHROMIUM
CHIEF = """
from django.contrib.auth.models import User
User.objects.create_superuser("chief", password="chief-password-1", first_name="管理员")
"""
# Long words of both languages, an address without blanks, many tags, and a template with many blanks.
TOO_MUCH = """
from datetime import timedelta
from django.utils import timezone
from bridge.models import AutoAnswer, Broadcast, Source, Template
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, PublishedMenu, QrCode, ShownSeat, WeChatAccount
from chatbots.models import Welcome
from seats.models import Seat
now, mine = timezone.now(), {"account": WeChatAccount.objects.get()}
long = "尊敬的客户，您好！周六（11 月 28 日）22:00 至周日 06:00 系统升级，期间无法查询物流。" * 8
address = "https://example.com/sale?utm_source=wechat&utm_campaign=" + "double11" * 12
by = "王小明 Alexander Konstantinopolsky"
for text, state in (("周日闭店", "draft"), (long[:600], "stopped"), (address, "done")):
    Broadcast.objects.create(**mine, text=text, state=state, sent=123456, made_by=by, started_at=now)
blanks = [f"thing{n}" for n in range(1, 16)]
Template.objects.create(**mine, remote_id="ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY", title="订单状态变更通知（含退款、换货与补发的进度提醒）",
    body="\\n".join(f"第{b}项：{{{{{b}.DATA}}}}" for b in blanks), blanks=blanks, words={"thing1": "好"}, fetched_at=now)
ShownSeat.objects.create(**mine, seat_id=Seat.objects.get().pk, kf_account="very_long_account_name_1@myshop_official", nickname="高级客服顾问林小美老师十六字")
QrCode.objects.create(**mine, name="双十一海报 · 国贸地铁站 B 出口扶梯旁（第二批印刷，2026 年 11 月）", scene="x" * 64, kind="temporary",
    url="http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI", ticket="t", expires_at=now + timedelta(days=9), welcome=AutoAnswer.of(long))
Welcome.objects.create(answer=AutoAnswer.of(long))
items = [{"name": "商城", "does": "link", "url": address}, {"name": "会员", "does": "link", "url": address}]
AccountMenu.objects.create(**mine, items=items)
for n in range(2):
    PublishedMenu.objects.create(**mine, items=items, published_at=now, published_by=by)
for n in range(12):
    ConditionalMenu.objects.create(**mine, tag_id=100 + n, tag_name=f"2026 年双十一大促高价值会员 {n}", items=items)
"""
NUMBERS = """
from bridge.models import Broadcast, Template
from bridge.platforms.wechat.models import ConditionalMenu, QrCode, ShownSeat, WeChatAccount
from chatbots.models import Welcome
print(*(one.objects.order_by("pk").values_list("pk", flat=True).first() for one in (
    WeChatAccount, Broadcast, Template, ShownSeat, QrCode, Welcome, ConditionalMenu)))
"""
LISTS = {
    "codes": "bridge/qrcode/", "broadcasts": "bridge/broadcast/", "templates": "bridge/template/",
    "seats": "bridge/shownseat/", "welcomes": "chatbots/welcome/",
}  # fmt: skip
EMPTY = LISTS | {
    "new code": "bridge/qrcode/add/", "new broadcast": "bridge/broadcast/add/", "new seat": "bridge/shownseat/add/",
    "new welcome": "chatbots/welcome/add/", "sources": "reports/sources/",
}  # fmt: skip
FULL = LISTS | {
    "code": "bridge/qrcode/{code}/change/", "print sheet": "bridge/qrcode/print/?ids={code}",
    "broadcast": "bridge/broadcast/{broadcast}/change/", "count": "bridge/broadcast/{broadcast}/send/",
    "template": "bridge/template/{template}/change/", "fetch": "bridge/template/fetch/",
    "seat": "bridge/shownseat/{seat}/change/", "welcome": "chatbots/welcome/{welcome}/change/",
    "menu": "bridge/wechataccount/{account}/menu/", "menu by tag": "bridge/wechataccount/{account}/menu/?tag={tagged}",
}  # fmt: skip
PHONE, DESK = 390, 1440  # pixels
KEYS = ("account", "broadcast", "template", "seat", "code", "welcome", "tagged")
# What can be pressed and is shown, but does not lie within the window's width, unless it stands in something that scrolls.
OUT_OF_REACH = """[...document.querySelectorAll('#main :is(button, a, input, select, textarea)')].filter((one) => {
  const box = one.getBoundingClientRect();
  if (!box.width || one.closest('.overflow-auto, .overflow-x-auto, .scroll, .tabs, [data-simplebar]')) return false;
  return box.right > document.documentElement.clientWidth + 1 || box.left < -1;
}).map((one) => one.outerHTML.slice(0, 120))"""

# On a phone each cell of a list says before its words what it is. Names that are not whole though there is room for them (nearly
# half of the line), or that leave the words none.
LABELS = """[...document.querySelectorAll('#result_list :is(td, th)[data-label]')].filter((one) => {
  const look = getComputedStyle(one, '::before'), own = getComputedStyle(one);
  const cell = one.clientWidth - parseFloat(own.paddingLeft) - parseFloat(own.paddingRight);
  if (!(cell > 0) || !one.dataset.label) return false;
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = `${look.fontWeight} ${look.fontSize} ${look.fontFamily}`;
  const width = parseFloat(look.width) - parseFloat(look.paddingRight);
  const wanted = Math.min(pen.measureText(one.dataset.label).width, cell * 0.45 - 12);
  return !look.content.includes(one.dataset.label) || !(width > wanted - 3) || width > cell * 0.5;
}).map((one) => one.outerHTML.slice(0, 120) + getComputedStyle(one, '::before').width)"""
# Words of a button that stand below one another.
BROKEN = """[...document.querySelectorAll('.menus td button')].filter((one) => one.getBoundingClientRect().height > 45).length"""


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5}, workers=1, threads=2, static=True) as running:
        running.manage("shell", "-v0", "-c", CHIEF)
        yield running


@pytest.fixture(scope="module")
def filled(stack):
    stack.manage("shell", "-v0", "-c", TOO_MUCH)
    return dict(zip(KEYS, stack.manage("shell", "-v0", "-c", NUMBERS).split(), strict=True))


def look_at(browser, stack, pages: dict[str, str], language: str, what: str) -> None:
    """Look at each page as it comes up on a phone, and then as wide as on a desk."""
    page = browser.new_context(viewport={"width": PHONE, "height": 900}, locale=language).new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{stack.url}/admin/login/?next=/admin/bridge/tag/")
    page.fill("[name=username]", "chief")
    page.fill("[name=password]", "chief-password-1")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#main")
    for name, address in pages.items():
        make_as_wide(page, PHONE)
        assert page.goto(f"{stack.url}/admin/{address}").status == 200, name
        page.wait_for_load_state("networkidle")
        for width in (PHONE, DESK):
            make_as_wide(page, width)
            shot(page, f"{name.replace(' ', '-')}-{what}-{language[:2]}-{width}")
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, (name, width, overflow)
            assert page.evaluate(OUT_OF_REACH) == [], (name, width)
            assert page.evaluate(BROKEN) == 0, (name, width)
            if width == PHONE:
                assert page.evaluate(LABELS) == [], name
    assert problems == []
    page.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_is_there_yet(browser, stack, language):
    look_at(browser, stack, EMPTY, language, "empty")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_there_is_too_much_of_everything(browser, stack, filled, language):
    pages = {name: address.format(**filled) for name, address in FULL.items()}
    look_at(browser, stack, pages, language, "full")
