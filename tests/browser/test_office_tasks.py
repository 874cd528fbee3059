"""Twelve tasks of a back office in Chromium, each from the first page and with at most four clicks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client

from analytics.facts import rollups
from bridge.base import clock
from bridge.models import Conversation, Customer, Delivery, Endpoint, Fact, Message, SpecialDay, WorkingHours
from bridge.models.inbox import InboundEvent
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.content import Image
from seats.models import CannedReply, Seat, SeatGroup
from tests.support.actors import OPENID, Site
from tests.support.chromium import ONCE_IN_CHROMIUM, shot, wait_for

pytestmark = [*ONCE_IN_CHROMIUM, pytest.mark.django_db(transaction=True)]
MOST_CLICKS = 4
SECOND = "oAnotherCustomer000000000000"


@pytest.fixture
def office(platforms, client) -> Site:
    """A site with a busy day: who waits, what failed, who is locked out, and scores of last week."""
    site = Site(client, platforms)
    for seat, name in ((site.alice, "陈小满"), (site.bob, "周一")):
        User.objects.filter(pk=seat.user_id).update(first_name=name)
        Seat.objects.filter(pk=seat.pk).update(capacity=1)
    User.objects.create_superuser("chief", first_name="管理员")
    site.login("alice")
    site.customer_says("我要退款")
    site.customer_says("有人吗", SECOND)
    site.work()
    Customer.objects.filter(openid=OPENID).update(remark="王敏")
    Customer.objects.filter(openid=SECOND).update(remark="李雷")
    _yesterday(Conversation.objects.get(customer__openid=OPENID))
    _last_week(site.alice)
    WorkingHours.objects.create(name="门店", monday="09:00-18:00")
    AccessAttempt.objects.create(username="zhou", ip_address="192.0.2.1", failures_since_start=9)
    return site


def _yesterday(talk: Conversation) -> None:
    """Let the talk be of yesterday, with a picture that did not arrive."""
    at = clock.now() - timedelta(days=1)
    Conversation.objects.filter(pk=talk.pk).update(opened_at=at)
    Message.objects.filter(conversation=talk).update(created_at=at)
    picture = Message.objects.create(
        conversation=talk, side="seat", author="陈小满", content=Image(name="发票.png").to_json(), preview="[图片] 发票.png",
        created_at=at, relayed=True,
    )  # fmt: skip
    Delivery.objects.create(
        lane=talk.customer.im_id, direction="customer", platform="wechat", endpoint=Endpoint.objects.get(platform="wechat"),
        conversation=talk, message=picture, recipient=OPENID, payload={}, content=picture.content, random=1, state="failed",
        due_at=at, created_at=at, finished_at=at, code="40009", reason="图片太大",
    )  # fmt: skip


def _last_week(seat: Seat) -> None:
    at = clock.now() - timedelta(days=7)
    for score in (5, 5, 5, 2):
        Fact.objects.create(
            kind=Fact.Kind.SCORED, at=at, value=score, seat_id=seat.pk, group="sales", conversation_id=1
        )
    rollups.update(clock.now())


class Office:
    """Somebody at a browser, whose clicks are counted; to choose in a list is one, to type is none."""

    def __init__(self, browser: Any, url: str) -> None:
        self.url, self.clicks, self.counted, self.problems = url, 0, {}, []
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        signed_in = Client()
        signed_in.force_login(User.objects.get(username="chief"), backend="django.contrib.auth.backends.ModelBackend")
        context.add_cookies([{"name": "sessionid", "value": signed_in.cookies["sessionid"].value, "url": url}])
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    @contextmanager
    def task(self, name: str) -> Iterator[None]:
        self.page.goto(f"{self.url}/admin/")
        self.clicks = 0
        yield
        self.counted[name] = self.clicks
        shot(self.page, f"task-{len(self.counted)}")
        assert self.clicks <= MOST_CLICKS, f"{name}: {self.clicks}"

    def click(self, where: str, *, leads: bool = True) -> None:
        """Click; where it `leads` to another page, wait for that one."""
        if leads:
            with self.page.expect_navigation():
                self.page.click(where)
        else:
            self.page.click(where)
        self.clicks += 1

    def menu(self, path: str) -> None:
        self.click(f"#nav-sidebar a[href='/admin/{path}/']")

    def chooses(self, name: str, label: str) -> None:
        self.page.select_option(f"[name={name}]", label=label)
        self.clicks += 1

    def finds(self, words: str) -> None:
        with self.page.expect_navigation():
            self.page.fill("#searchbar", words)
            self.page.press("#searchbar", "Enter")

    def saves(self) -> None:
        self.click("[name=_save]")
        assert "errornote" not in self.page.content(), self.text()

    def text(self) -> str:
        return self.page.inner_text("body")


def _why_one_waited(one: Office, site: Site) -> None:
    one.menu("bridge/customer")
    one.finds("李雷")
    one.click("#result_list >> text=李雷")
    one.click("a[href$='/transcript/']")
    assert "排在第 1 位" in one.text()


def _who_is_overloaded(one: Office, site: Site) -> None:
    one.menu("reports/live")
    row = next(line for line in one.page.locator("tr").all_inner_texts() if "陈小满" in line)
    assert re.search(r"1\s*/\s*1", row)


def _a_new_seat(one: Office, site: Site) -> None:
    one.menu("seats/seat")
    one.click("a[href*='/seats/seat/add/']")
    for name, value in (
        ("username", "lihua"),
        ("full_name", "李华"),
        ("password", "Tr0ub4dor-and-3"),
        ("im_user_id", "lihua"),
    ):
        one.page.fill(f"[name={name}]", value)
    one.click(f"[name=groups][value='{site.sales.pk}']", leads=False)
    one.saves()
    made = Seat.objects.get(im_user_id="lihua")
    assert (str(made), made.user.check_password("Tr0ub4dor-and-3")) == ("李华", True)
    assert list(made.groups.all()) == [site.sales]


def _a_holiday(one: Office, site: Site) -> None:
    one.menu("bridge/workinghours")
    one.click("#result_list >> text=门店")
    one.page.fill("[name=special_days-0-day]", "2027-05-01")
    one.page.fill("[name=special_days-0-name]", "劳动节")
    one.saves()
    assert SpecialDay.objects.get().name == "劳动节"


def _a_text_of_one_account(one: Office, site: Site) -> None:
    one.menu("bridge/wechataccount")
    one.click("#result_list >> text=旗舰店")
    one.click(".jumps >> text=系统发给客户的文案", leads=False)
    assert one.page.locator("[name=text_queued]").evaluate("(one) => one.getBoundingClientRect().top < innerHeight")
    one.page.fill("[name=text_queued]", "您好，欢迎光临，您排在第 %(place)d 位。")
    assert "您好，欢迎光临，您排在第 3 位。" in one.page.inner_text(".preview >> nth=0")
    one.saves()
    assert WeChatAccount.objects.get().texts == {"queued": "您好，欢迎光临，您排在第 %(place)d 位。"}


def _last_weeks_scores(one: Office, site: Site) -> None:
    one.menu("reports/seats")
    one.click(".presets >> text=上周")
    row = next(line for line in one.page.locator("tr").all_inner_texts() if "陈小满" in line)
    assert "75.0 %" in row


def _a_failed_picture(one: Office, site: Site) -> None:
    one.menu("bridge/message")
    one.finds("退款")
    one.click("#result_list a[href$='/transcript/']")
    one.click("a[href$='/resend/']")
    one.click("form.asks button")
    failed = Delivery.objects.get(code="40009")
    asked = InboundEvent.objects.filter(kind="resend").latest("pk")
    assert (asked.lane, str(failed.pk) in asked.body) == (failed.lane, True)


def _erasing_a_customer(one: Office, site: Site) -> None:
    one.menu("bridge/customer")
    one.click("#result_list >> text=王敏")
    one.click("a[href$='/erase/']")
    one.click("form.asks button")
    assert InboundEvent.objects.filter(kind="erase").exists()


def _letting_somebody_in(one: Office, site: Site) -> None:
    one.menu("axes/accessattempt")
    one.click("#result_list >> text=zhou")
    one.click("a[href$='/delete/']")
    one.click("form [type=submit]:visible >> nth=-1")
    assert not AccessAttempt.objects.exists()


def _a_canned_reply(one: Office, site: Site) -> None:
    one.menu("seats/cannedreply")
    one.click("a[href*='/seats/cannedreply/add/']")
    one.page.fill("[name=title]", "退款")
    one.page.fill("[name=text]", "{customer}，退款三天内到账。")
    one.chooses("group", "销售")
    one.saves()
    assert CannedReply.objects.get().group == site.sales


def _a_leaver(one: Office, site: Site) -> None:
    one.menu("auth/user")
    one.click("#result_list >> text=bob")
    one.click("[name=is_active]", leads=False)
    one.saves()
    assert not User.objects.get(username="bob").is_active


def _an_earlier_reminder(one: Office, site: Site) -> None:
    one.menu("seats/seatgroup")
    one.click("#result_list >> text=销售")
    one.page.fill("[name=remind_seat_seconds]", "1 分 30 秒")
    one.saves()
    assert SeatGroup.objects.get(slug="sales").remind_seat_seconds == 90


TASKS: dict[str, Callable[[Office, Site], None]] = {
    "why did this customer wait": _why_one_waited,
    "who is overloaded": _who_is_overloaded,
    "a new seat with log-in and IM id": _a_new_seat,
    "a holiday": _a_holiday,
    "a text of one account": _a_text_of_one_account,
    "last week's CSAT a seat": _last_weeks_scores,
    "re-send the failed picture of yesterday's refund talk": _a_failed_picture,
    "erase a customer": _erasing_a_customer,
    "let in whom the lock keeps out": _letting_somebody_in,
    "a canned reply of a group": _a_canned_reply,
    "a leaver's log-in off": _a_leaver,
    "remind seats earlier": _an_earlier_reminder,
}


def test_twelve_tasks(browser, live_server, office):
    one = Office(browser, live_server.url)
    for name, task in TASKS.items():
        with one.task(name):
            task(one, office)
    assert len(one.counted) == 12
    _the_search_says_what_it_finds(one)
    assert one.problems == []


def _the_search_says_what_it_finds(one: Office) -> None:
    one.page.goto(f"{one.url}/admin/")
    for words, said in (
        ("登录失败", "/axes/accessattempt/"),
        ("锁定多久", "q=LOGIN_LOCK_MINUTES"),
        ("独角兽", "没有找到"),
    ):
        one.page.fill("#nav-filter", "")
        one.page.type("#nav-filter", words)
        one.page.press("#nav-filter", "End")  # typed at once, Chinese comes without a key
        wait_for(one.page, f"document.querySelector('#search-results').innerHTML.includes('{said}')")
    shot(one.page, "search-nothing")
    one.page.goto(f"{one.url}/admin/constance/config/?q=LOGIN_LOCK_MINUTES")
    wait_for(one.page, "document.querySelectorAll('[data-row]:not([hidden])').length === 1")
    one.page.fill("#parameter-search", "独角兽")
    assert one.page.is_visible("text=没有相符的参数")
