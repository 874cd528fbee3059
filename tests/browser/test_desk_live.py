"""The desk in real Chromium with real workers: two seats on two desks, customers on the sandbox's phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support import samples
from tests.support.chromium import ONCE_IN_CHROMIUM, shot, wait_for
from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = ONCE_IN_CHROMIUM
PASSWORDS = """
from django.contrib.auth.models import User
for name in ("alice", "bob"):
    user = User.objects.get(username=name)
    user.set_password(name + "-password-1")
    user.save()
from bridge.platforms.wechat.models import WeChatAccount
WeChatAccount.objects.update(survey=True)
from seats.models import CannedReply
CannedReply.objects.create(title="欢迎", text="欢迎光临，{customer}")
"""


ONLINE = """() => fetch("/api/me/").then((answer) => answer.json())
  .then(({ seat }) => !seat || seat.presence !== "offline")"""


def customer(number: int) -> str:
    return f"oDeskLiveCustomer00000000000{number}"


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 1, "bob": 1}, workers=2, threads=2, static=True) as running:
        running.manage("shell", "-v0", "-c", PASSWORDS)
        yield running


class Desk:
    """One seat at its desk."""

    def __init__(self, browser, stack: Stack, name: str, width: int = 1440, language: str = "zh-CN") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, locale=language)
        self.english, self.narrow = language == "en", width < 641
        if self.english:
            self.context.add_cookies([{"name": "django_language", "value": "en", "url": stack.url}])
        self.page, self.problems = self.context.new_page(), []
        self.page.on("pageerror", lambda error: self.problems.append(error.stack or str(error)))
        self.page.goto(f"{stack.url}/desk/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", f"{name}-password-1")
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_selector("#list ul")
        # The desk's first sign of life is an event like any other: who writes before it is applied goes to another seat.
        wait_for(self.page, ONLINE)
        self.name = name

    def t(self, chinese: str, english: str) -> str:
        return english if self.english else chinese

    def to_list(self) -> None:
        if self.narrow and self.page.locator("#chat [data-back]").is_visible():
            self.page.click("#chat [data-back]")

    def open(self, words: str) -> None:
        self.to_list()
        self.page.locator("#list a", has_text=words).first.click(timeout=60000)
        self.page.wait_for_selector("#messages")

    def write(self, text: str) -> None:
        self.page.fill("#composer textarea", text)
        self.page.press("#composer textarea", "Enter")

    def sees(self, text: str, seconds: float = 60) -> None:
        self.page.locator("#messages", has_text=text).wait_for(timeout=seconds * 1000)

    def has(self, words: str) -> bool:
        return self.page.locator("#list a", has_text=words).count() > 0

    def dialog(self, button: str, field: str = "", text: str = "", choose: str = "") -> None:
        self.page.locator(f"[data-dialog={button}]:visible").first.click()
        box = self.page.locator(f"#{button}")
        if choose:
            box.locator(f"input[value={choose}]").check()
        if field:
            box.locator(f"[name={field}]").fill(text)
        box.locator("button.main").click()
        box.wait_for(state="hidden", timeout=60000)


@contextmanager
def seated(browser, stack: Stack, name: str) -> Iterator[Desk]:
    """A seat at its desk, to which events come. Its pages must have had no error in the end."""
    one = Desk(browser, stack, name)
    one.page.locator("body[data-live]").wait_for(state="attached")
    yield one
    assert one.problems == []
    one.context.close()


def phone(stack: Stack, number: int) -> list[str]:
    mine = [one for one in stack.entries() if one["side"] == "phone" and one["openid"] == customer(number)]
    return [one["text"] for one in mine if not one["mine"]]


def test_a_morning_at_two_desks(stack, browser):
    # One in Chinese on a wide screen, one in English on a phone.
    alice, bob = Desk(browser, stack, "alice"), Desk(browser, stack, "bob", width=390, language="en")
    for desk in (alice, bob):
        desk.page.locator("body[data-live]").wait_for(state="attached")
    says = stack.player.post

    # Greeting: whoever gets the first one answers; the customer and the seat's own IM client have it.
    says("customer", account="shop", openid=customer(1), text="第一位客户，你好")
    first = wait_until(lambda: next((desk for desk in (alice, bob) if desk.has("第一位客户")), None))
    second = bob if first is alice else alice
    assert first.page.locator(".unread").inner_text() == "1"
    assert first.page.title().startswith("(1) ")
    first.open("第一位客户")
    first.sees("第一位客户，你好")
    wait_until(lambda: first.page.locator(".unread").count() == 0)  # seen is read
    first.write("你好，请讲")
    first.sees(first.t("已送达", "delivered"))
    assert phone(stack, 1) == ["你好，请讲"]
    wait_until(
        lambda: [one for one in stack.entries() if one["side"] == "im" and one["mine"] and one["text"] == "你好，请讲"]
    )

    # What the seat writes on IM stands on the desk.
    peer = next(one["peer"] for one in stack.entries() if one["side"] == "im" and one["seat"] == first.name)
    says("seat", seat=first.name, to=peer, text="这句是在 IM 里写的")
    first.sees("这句是在 IM 里写的")

    # A canned reply by its title, and a picture.
    first.page.fill("#composer textarea", "/欢迎")
    first.page.locator("#canned li").wait_for()
    first.page.press("#composer textarea", "Enter")
    assert first.page.input_value("#composer textarea").startswith("欢迎光临")
    first.page.press("#composer textarea", "Enter")
    first.sees("欢迎光临")
    picture = {"name": "shoe.png", "mimeType": "image/png", "buffer": samples.picture()}
    first.page.set_input_files("#attach", picture)
    first.page.locator("#messages .bubble.seat img").wait_for(timeout=60000)
    wait_until(lambda: [one for one in stack.entries() if one["side"] == "phone" and one["kind"] == "image"])

    # A question with answers to tap, and an own canned reply.
    first.page.click("[data-dialog=d-menu]")
    first.page.fill("#m-head", "哪一款？")
    first.page.fill("#m-items", "红色\n蓝色")
    first.page.click("#d-menu button.main")
    menus = lambda: [one for one in stack.entries() if one["kind"] == "msgmenu" and one["openid"] == customer(1)]  # noqa: E731
    assert "蓝色" in wait_until(menus)[0]["text"]
    first.page.click("#my-replies")
    first.page.fill("#r-title", "地址")
    first.page.fill("#r-text", "南京西路 1 号")
    first.page.click("#add-reply button.main")
    first.page.locator(".replies", has_text="南京西路").wait_for()
    first.page.click("#add-reply [data-cancel]")
    first.page.fill("#composer textarea", "/地址")
    first.page.locator("#canned li", has_text="南京西路").wait_for()
    first.page.fill("#composer textarea", "")

    # The customer gets a name, which is on the list at once.
    if first.narrow:
        first.page.click("[data-info]")
    first.page.click(".rename summary")
    first.page.fill(".rename input", "王女士")
    first.page.press(".rename input", "Enter")
    first.page.locator("#list .who", has_text="王女士").wait_for(state="attached")
    if first.narrow:
        first.page.click("[data-hide-info]")

    # Queue: both are full with the second one, so the third waits, and both see it.
    says("customer", account="shop", openid=customer(2), text="第二位客户")
    wait_until(lambda: second.has("第二位客户"))
    says("customer", account="shop", openid=customer(3), text="第三位客户")
    first.to_list()
    first.page.click("[role=tab][data-tab=queue]")
    wait_until(lambda: first.has("第三位客户"))
    shot(first.page, "desk-queue")
    first.page.click("[role=tab][data-tab=mine]")
    first.open("王女士")

    # Network loss: what is written is kept, and sent once when it is back.
    first.context.set_offline(True)
    first.write("断网时写的")
    first.page.locator("#offline").wait_for(state="visible")
    assert "断网时写的" in first.page.locator("#pending").inner_text()
    shot(first.page, "desk-offline")
    first.context.set_offline(False)
    first.sees("断网时写的")
    wait_until(lambda: first.page.locator("#pending li").count() == 0)
    wait_until(lambda: "断网时写的" in phone(stack, 1))
    assert phone(stack, 1).count("断网时写的") == 1

    # Close, with a summary (the customer has just written, so WeChat allows a message): the survey is asked, and the one who waited is served.
    says("customer", account="shop", openid=customer(1), text="谢谢，没有了")
    first.sees("谢谢，没有了")
    first.dialog("d-close", "summary", "问候")
    menu = wait_until(lambda: [one for one in menus() if "score-" in one["text"]])
    item = re.search(r"score-(\d+)-5", menu[0]["text"])[0]
    says("customer", account="shop", openid=customer(1), text="非常满意", menu_id=item)
    wait_until(lambda: "感谢您的评价。" in phone(stack, 1))
    wait_until(lambda: first.has("第三位客户"))

    # Transfer with a note, to a colleague who has closed theirs.
    second.open("第二位客户")
    second.dialog("d-close")
    first.open("第三位客户")
    first.dialog("d-transfer", "note", "要开发票", choose=second.name)
    wait_until(lambda: second.has("第三位客户"))
    second.open("第三位客户")
    second.sees("要开发票")
    second.write("发票马上开")
    second.sees(second.t("已送达", "delivered"))
    wait_until(lambda: phone(stack, 3)[-1:] == ["发票马上开"])
    shot(second.page, "desk-transferred")
    assert alice.problems == bob.problems == []


def test_on_a_phone_in_english(stack, browser):
    says = stack.player.post
    desk = Desk(browser, stack, "alice", width=390, language="en")
    says("customer", account="shop", openid=customer(7), text="small screen")
    wait_until(lambda: desk.has("small screen"))
    shot(desk.page, "desk-phone-list")
    desk.open("small screen")
    assert desk.page.locator(".left").is_hidden()
    desk.write("draft that stays")
    desk.sees("delivered")
    desk.page.fill("#composer textarea", "not sent yet")
    desk.page.click("#chat [data-back]")
    assert desk.page.locator(".left").is_visible()
    desk.open("draft that stays")
    assert desk.page.input_value("#composer textarea") == "not sent yet"
    desk.page.click("[data-info]")
    desk.page.locator("#customer", has_text="messages left").wait_for()
    shot(desk.page, "desk-phone-info")
    widths = desk.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    assert desk.problems == []


SUPERVISOR = """
from seats.models import Seat, SeatGroup
SeatGroup.objects.get(slug="sales").supervisors.add(Seat.objects.get(user__username="alice"))
Seat.objects.update(capacity=5)
"""


def test_a_supervisor_gives_several_on_from_the_floor(stack, browser):
    stack.manage("shell", "-v0", "-c", SUPERVISOR)
    for number in (8, 9):
        stack.player.post("customer", account="shop", openid=customer(number), text=f"floor {number}")
    desk = Desk(browser, stack, "alice")
    desk.page.click(".floor-link")
    rows = desk.page.locator("tbody tr")
    for number in (8, 9):
        rows.filter(has_text=f"微信用户000{number}").locator("input").check()
    # The rows come anew, and what was chosen stays so.
    desk.page.evaluate("new Promise((done) => document.addEventListener('floor:drawn', () => done(), { once: true }))")
    assert desk.page.locator("#bulk .main").is_disabled()  # nothing is chosen for one
    desk.page.select_option("#target", "bob")
    assert "bob" in desk.page.locator("#what").inner_text()
    desk.page.click("#bulk .main")
    for number in (8, 9):
        rows.filter(has_text=f"微信用户000{number}").filter(has_text="bob").wait_for(timeout=60000)
    shot(desk.page, "desk-floor")
    assert desk.problems == []


def test_where_the_session_has_ended_the_page_goes_to_the_log_in(stack, browser):
    desk = Desk(browser, stack, "bob")
    desk.context.clear_cookies(name="sessionid")
    desk.page.click("[role=tab][data-tab=queue]")
    desk.page.wait_for_selector("[name=password]", timeout=60000)
    assert desk.problems == []


def test_without_events_the_desk_asks_by_itself(stack, browser):
    desk = Desk(browser, stack, "alice")
    desk.page.route("**/desk/stream/**", lambda route: route.abort())
    desk.page.reload()
    desk.page.wait_for_selector("#list ul")
    stack.player.post("customer", account="shop", openid=customer(6), text="no events here")
    desk.open("no events here")
    assert desk.page.locator("body[data-live]").count() == 0
    stack.player.post("customer", account="shop", openid=customer(6), text="still none")
    desk.sees("still none")
    desk.page.unroute("**/desk/stream/**")
    desk.page.locator("body[data-live]").wait_for(state="attached", timeout=60000)
    assert desk.problems == []
