"""What a seat must be able to trust, in real Chromium on lines that are slow or broken: nothing goes to another customer,
nothing is lost, nothing is said in another name. One site and one browser for all of it."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.bridge.platforms.test_platform_rules import upload
from tests.browser.test_desk_live import PASSWORDS, Desk, customer, seated
from tests.support import samples
from tests.support.chromium import ONCE_IN_CHROMIUM, wait_for
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE, wait_until

pytestmark = ONCE_IN_CHROMIUM
ROOM = """
from seats.models import Seat
Seat.objects.filter(user__username="bob").update(availability="busy")
"""
FIELD = "#composer textarea"


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 40, "bob": 40}, workers=1, threads=4, static=True, MEDIA_ALLOW_PRIVATE="1") as running:
        running.manage("shell", "-v0", "-c", PASSWORDS + ROOM)
        yield running


@pytest.fixture
def desk(stack, chromium):
    with seated(chromium, stack, "alice") as one:
        yield one


class Talks:
    """Customers who write, by their number; each test has its own."""

    last = 0

    def __init__(self, stack: Stack, desk: Desk) -> None:
        self.stack, self.desk = stack, desk

    def new(self) -> int:
        """Let a new customer write, and wait until the desk shows it."""
        Talks.last += 1
        number = Talks.last
        self.says(number, f"客户{number:02d}说")
        self.row(number).wait_for(timeout=60000)
        return number

    def says(self, number: int, text: str) -> None:
        self.stack.player.post("customer", account="shop", openid=openid(number), text=text)

    def row(self, number: int):
        return self.desk.page.locator("#list li", has_text=f"微信用户{openid(number)[-4:]}")

    def open(self, number: int) -> None:
        self.row(number).locator("a").click()
        self.desk.page.locator("#messages", has_text=f"客户{number:02d}说").wait_for(timeout=60000)

    def until(self, check, seconds: float = PATIENCE):
        """Wait until it is so; the browser goes on meanwhile, as it does not while one sleeps."""
        return wait_until(check, seconds, pause=100, sleep=self.desk.page.wait_for_timeout)

    def got(self, number: int, kind: str = "text") -> list[str]:
        mine = [one for one in self.stack.entries() if one["side"] == "phone" and one["openid"] == openid(number)]
        return [one["text"] for one in mine if not one["mine"] and one["kind"] == kind]


def openid(number: int) -> str:
    return customer(0)[:-4] + f"{number:04d}"


@pytest.fixture
def talks(stack, desk):
    return Talks(stack, desk)


def slowly(seconds: float):
    def through(route):
        time.sleep(seconds)
        route.continue_()

    return through


def refused(route):
    route.fulfill(
        status=409, content_type="application/json", body=json.dumps({"outcome": "refused", "detail": "不行"})
    )


# 1. Files and words go to the conversation in which they were put


def test_files_go_where_they_were_chosen_whatever_is_opened_meanwhile(talks, desk):
    one, other = talks.new(), talks.new()
    talks.open(one)
    desk.page.route("**/files/", slowly(0.3))
    pictures = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": samples.picture()} for n in range(3)]
    desk.page.set_input_files("#attach", pictures)
    talks.open(other)
    talks.until(lambda: len(talks.got(one, "image")) == 3)
    assert talks.got(other, "image") == []
    desk.page.unroute("**/files/")


PICTURE_IN_CLIPBOARD = """() => new Promise((done, failed) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
  canvas.toBlob((picture) => navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]).then(done, failed));
})"""


# Chromium tells a page of it only where a real pointer drags.
LEAVES = """(log) => {
  const data = new DataTransfer();
  data.items.add(new File(["x"], "a.png"));
  log.dispatchEvent(new DragEvent("dragleave", { dataTransfer: data, bubbles: true }));
}"""


class Drag:
    """Files that are dragged over the page, as from another window."""

    def __init__(self, page, files, over: str) -> None:
        self.page, box = page, page.locator(over).bounding_box()
        self.line = page.context.new_cdp_session(page)
        data = {"items": [], "files": [str(one) for one in files], "dragOperationsMask": 1}
        self.said = {"x": box["x"] + 60, "y": box["y"] + 40, "data": data}
        self("dragEnter")
        self("dragOver")

    def __call__(self, kind: str) -> None:
        self.line.send("Input.dispatchDragEvent", {"type": kind, **self.said})


@pytest.fixture
def pictures(tmp_path):
    """Files of as many pictures, each another one."""
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(samples.picture(size=(40, 30 + number)))
    return sorted(tmp_path.iterdir())


def test_a_file_goes_to_the_conversation_over_which_it_is_dropped(talks, desk, pictures):
    """Not to the one that is opened while it is on its way, nor to the one over which the drag began."""
    one, other = talks.new(), talks.new()
    talks.open(one)
    desk.page.route("**/files/", slowly(0.3))
    drag = Drag(desk.page, pictures[:2], "#messages")
    desk.page.locator("#composer.over").wait_for()  # it shows where they will go
    drag("drop")
    assert desk.page.locator("#composer.over").count() == 0
    drag = Drag(desk.page, pictures[2:], "#messages")
    talks.open(other)
    drag("dragOver")
    drag("drop")
    talks.until(lambda: (len(talks.got(one, "image")), len(talks.got(other, "image"))) == (2, 1))
    desk.page.unroute("**/files/")


def test_a_drag_that_leaves_or_finds_no_conversation_sends_nothing_and_the_desk_stays(talks, desk, pictures):
    one, asked = talks.new(), []
    desk.page.on("request", lambda request: asked.append(request.url) if "/files/" in request.url else None)
    before = desk.page.url
    Drag(desk.page, pictures, "#chat")("drop")  # no conversation is open
    desk.page.wait_for_timeout(300)
    assert (desk.page.url, len(desk.context.pages)) == (before, 1)
    talks.open(one)
    Drag(desk.page, pictures, "#messages")
    desk.page.locator("#composer.over").wait_for()
    desk.page.locator("#messages").evaluate(LEAVES)
    desk.page.locator("#composer:not(.over)").wait_for()
    assert asked == []


def test_a_picture_goes_to_the_conversation_in_which_it_is_pasted(stack, talks, desk):
    one, other = talks.new(), talks.new()
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.url)
    talks.open(one)
    desk.page.evaluate(PICTURE_IN_CLIPBOARD)
    desk.page.route("**/files/", slowly(0.3))
    desk.page.fill(FIELD, "dazu")
    for _time in range(2):
        desk.page.press(FIELD, "Control+v")
    talks.open(other)
    talks.until(lambda: len(talks.got(one, "image")) == 2)
    assert talks.got(other, "image") == []
    desk.page.unroute("**/files/")
    talks.open(one)
    assert desk.page.input_value(FIELD) == "dazu"


# 2. A late page


def test_a_page_that_arrives_late_does_not_replace_what_was_opened_since(talks, desk):
    one, other = talks.new(), talks.new()
    number = talks.row(one).get_attribute("data-row")
    late = []
    desk.page.route(
        re.compile(rf"/desk/{number}/$"), lambda route: late.append(route)
    )  # answered below, after the other one is there
    talks.row(one).locator("a").click()
    talks.until(lambda: late)
    talks.open(other)
    desk.page.fill(FIELD, "für den anderen")
    with desk.page.expect_response(late[0].request.url):
        for route in late:
            route.continue_()
    desk.page.wait_for_timeout(600)
    assert f"客户{other:02d}说" in desk.page.locator("#messages").inner_text()
    assert desk.page.input_value(FIELD) == "für den anderen"
    assert f"c={talks.row(other).get_attribute('data-row')}" in desk.page.url


# 3. Read marks


def test_reading_a_newer_one_first_leaves_no_badge_on_the_older(talks, desk):
    older, newer = talks.new(), talks.new()
    talks.open(newer)
    talks.row(newer).locator(".unread").wait_for(state="detached", timeout=60000)
    talks.open(older)
    talks.row(older).locator(".unread").wait_for(state="detached", timeout=60000)


# 4. What was refused


def test_a_refusal_shows_where_the_seat_is_now_and_is_kept_until_it_decides(talks, desk):
    one, other = talks.new(), talks.new()
    talks.open(one)
    late = []
    desk.page.route(
        "**/messages/", lambda route: late.append(route) if route.request.method == "POST" else route.continue_()
    )
    desk.write("wird abgelehnt")
    talks.until(lambda: late)
    talks.open(other)
    refused(late[0])
    desk.page.unroute("**/messages/")
    desk.page.locator("#toasts", has_text="不行").wait_for()
    assert "refused" in talks.row(one).get_attribute("class")
    desk.page.locator("#toasts .toast", has_text="不行").locator("button").click()
    desk.page.locator("#pending", has_text="wird abgelehnt").wait_for()
    # With other words in the field, taking it back keeps both.
    desk.page.fill(FIELD, "neue Worte")
    desk.page.click("#pending [data-does=edit]")
    assert desk.page.input_value(FIELD) == "neue Worte\nwird abgelehnt"
    assert desk.page.locator("#pending li").count() == 0
    desk.page.press(FIELD, "Enter")
    talks.until(lambda: "neue Worte\nwird abgelehnt" in talks.got(one))


def test_a_refused_menu_keeps_its_question_and_answers(talks, desk):
    one = talks.new()
    talks.open(one)
    desk.page.route("**/cards/", refused)
    desk.page.click("[data-dialog=d-menu]")
    desk.page.fill("#m-head", "哪一款？")
    desk.page.fill("#m-items", "红色\n蓝色")
    desk.page.click("#d-menu button.main")
    desk.page.locator("#pending .why", has_text="不行").wait_for()
    desk.page.unroute("**/cards/")
    desk.page.click("#pending [data-does=edit]")
    assert desk.page.input_value("#m-items") == "红色\n蓝色"
    assert desk.page.locator("#pending li").count() == 1  # not gone before it is sent again
    desk.page.click("#d-menu button.main")
    talks.until(lambda: talks.got(one, "msgmenu"))
    desk.page.locator("#pending li").wait_for(state="detached")


def problem(status: int, code: str, detail: str = ""):
    body = json.dumps({"status": status, "code": code, "detail": detail})
    return lambda route: route.fulfill(status=status, content_type="application/problem+json", body=body)


def test_after_the_session_has_ended_words_wait_for_the_log_in(talks, desk):
    one = talks.new()
    talks.open(one)
    answers = []

    def ended(route):
        answers.append(route)
        problem(401, "not_authenticated")(route)

    desk.page.route("**/messages/", ended, times=2)
    desk.write("wartet")
    desk.page.locator("#offline a").wait_for()
    assert desk.page.locator("#pending .undelivered").count() == 0
    talks.until(lambda: talks.got(one) == ["wartet"])
    assert len(answers) == 2


def test_what_one_may_not_do_is_said_and_is_no_missing_log_in(talks, desk):
    one, page = talks.new(), desk.page
    talks.open(one)
    page.route("**/messages/", problem(403, "permission_denied", "你不能在这里回复"), times=1)
    desk.write("darf nicht")
    page.locator("#pending .undelivered", has_text="你不能在这里回复").wait_for()
    page.route("**/api/me/**", problem(403, "permission_denied", "现在不可以"))
    page.select_option("#presence", "busy")
    page.locator("#toasts .bad", has_text="现在不可以").wait_for()
    assert page.locator("#offline").is_hidden()
    page.unroute("**/api/me/**")
    # A line that is down is said as such, whatever the seat did; a proxy's error page stands in no dialog.
    page.route("**/api/me/presence/", lambda route: route.abort(), times=1)
    page.select_option("#presence", "busy")
    page.locator("#offline", has_text="网络已断开").wait_for()
    page.route("**/desk/replies/", broken, times=1)
    page.evaluate("document.querySelector('#my-replies').click()")
    page.locator("#toasts", has_text="没有取到").wait_for()
    assert page.locator("#replies").is_hidden()
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#pending [data-does=discard]")


# 5. Another seat on the same browser


@pytest.fixture
def other_session(stack, chromium):
    """The cookie of another seat's session."""
    other = Desk(chromium, stack, "bob")
    cookie = next(one for one in other.context.cookies() if one["name"] == "sessionid")
    other.context.close()
    return cookie


def test_another_seat_sees_and_sends_nothing_of_the_one_before(stack, talks, desk, other_session):
    one = talks.new()
    talks.open(one)
    desk.page.route("**/api/conversations/**", lambda route: route.abort())
    desk.write("Geheimnis der einen")
    desk.page.fill(FIELD, "halber Satz")
    desk.page.locator("#pending", has_text="Geheimnis").wait_for()
    # The other one logs in beside it: the same browser, the same cookies.
    own = next(one for one in desk.context.cookies() if one["name"] == "sessionid")
    desk.context.add_cookies([other_session])
    desk.page.unroute("**/api/conversations/**")
    # This page tries on, and is told.
    desk.page.locator("#offline", has_text="其他账号").wait_for()
    assert desk.page.locator("#messages").count() == 0
    page = desk.context.new_page()
    page.goto(f"{stack.url}/desk/")
    page.locator(".me", has_text="bob").wait_for()
    for shown in (page, desk.page):
        assert "Geheimnis" not in shown.content()
    page.wait_for_timeout(500)
    assert talks.got(one) == []
    # The first one comes back, and what it wrote is there and goes.
    desk.context.add_cookies([own])
    page.goto(f"{stack.url}/desk/")
    talks.until(lambda: talks.got(one) == ["Geheimnis der einen"])


# 6. Where one reads


def test_pictures_that_load_later_leave_the_chat_at_its_end(talks, desk):
    one = talks.new()
    for number in range(3):
        sends_picture(talks, one, number)
    desk.page.route("**/media/**", slowly(0.5))
    talks.open(one)
    wait_for(desk.page, "document.querySelectorAll('#messages img').length === 3")
    # Those further up load only when they are looked at.
    wait_for(desk.page, "[...document.querySelectorAll('#messages img')].at(-1).naturalHeight")
    wait_for(
        desk.page,
        "(log => log.scrollHeight - log.scrollTop - log.clientHeight < 5)(document.querySelector('#messages'))",
    )
    desk.page.unroute("**/media/**")


def sends_picture(talks: Talks, number: int, which: int) -> None:
    picture = upload(talks.stack, samples.picture(size=(300, 700 + which)), "a.png", "image/png", account="shop")
    talks.stack.player.post("customer", account="shop", openid=openid(number), kind="image", file=picture["id"])


# Once the page has heard of it, which it does with its next frame.
SCROLLED_UP = """(log) => new Promise((done) => {
  log.addEventListener("scroll", () => done(), { once: true });
  log.scrollTop = 0;
})"""


def test_new_words_below_are_shown_and_only_what_was_seen_is_read(talks, desk):
    one = talks.new()
    talks.open(one)
    for number in range(30):
        talks.says(one, f"Zeile {number}\n\n\n")
    desk.sees("Zeile 29")
    log = desk.page.locator("#messages")
    talks.row(one).locator(".unread").wait_for(state="detached", timeout=60000)
    log.evaluate(SCROLLED_UP)
    talks.says(one, "unten und neu")
    desk.page.locator("#below", has_text="1").wait_for(state="visible")
    assert log.evaluate("(one) => one.scrollTop") < 5
    talks.row(one).locator(".unread", has_text="1").wait_for()
    desk.page.wait_for_timeout(1500)  # what is read is said within a second
    assert talks.row(one).locator(".unread").inner_text() == "1"
    desk.page.click("#below")
    talks.row(one).locator(".unread").wait_for(state="detached", timeout=60000)
    assert desk.page.locator("#below").is_hidden()


# 7. Words as they are typed and shown


def test_an_emoji_is_part_of_the_draft(talks, desk):
    one, other = talks.new(), talks.new()
    talks.open(one)
    desk.page.click("[data-emoji]")
    desk.page.click(".emojis button >> nth=0")
    talks.open(other)
    assert desk.page.input_value(FIELD) == ""
    talks.open(one)
    assert desk.page.input_value(FIELD) == "😀"


def test_an_input_methods_enter_neither_sends_nor_chooses(talks, desk):
    one = talks.new()
    talks.open(one)
    press = """(field, how) => field.dispatchEvent(new KeyboardEvent("keydown",
        {key: "Enter", bubbles: true, cancelable: true, isComposing: how === "chrome", keyCode: 229}))"""
    desk.page.fill(FIELD, "nihao")
    for how in ("chrome", "safari"):
        desk.page.locator(FIELD).evaluate(press, how)
    assert desk.page.input_value(FIELD) == "nihao"
    desk.page.fill(FIELD, "/欢")
    desk.page.locator("#canned li").wait_for()
    desk.page.locator(FIELD).evaluate(press, "safari")
    assert desk.page.input_value(FIELD) == "/欢"
    assert desk.page.locator("#pending li").count() == 0
    assert talks.got(one) == []


TAGS = "from bridge.models import Tag; Tag.objects.get_or_create(name='急件', of=Tag.Of.CONVERSATION)"
TAG_IT = """() => { const one = document.createElement("button"); one.dataset.command = "tag"; one.dataset.name = "急件";
  document.querySelector("#customer").append(one); one.click(); one.remove(); }"""


def test_what_an_input_method_composes_is_left_alone_by_all_that_is_drawn_anew(stack, talks, desk):
    """By what the customer writes, by the list, by another page's draft, and by a chat that is drawn anew for a command."""
    stack.manage("shell", "-v0", "-c", TAGS)
    one, page = talks.new(), desk.page
    talks.open(one)
    page.locator("#customer .window").wait_for()
    other = desk.context.new_page()
    other.goto(page.url)
    other.locator(FIELD).wait_for()
    page.bring_to_front()
    page.fill(FIELD, "您")
    page.focus(FIELD)
    page.evaluate("field => { window.held = document.querySelector(field); }", FIELD)
    line = desk.context.new_cdp_session(page)
    line.send("Input.imeSetComposition", {"text": "ni'hao", "selectionStart": 6, "selectionEnd": 6})
    assert page.input_value(FIELD) == "您ni'hao"
    page.evaluate("() => { document.hasFocus = () => false; }")  # as some input methods' windows do
    with page.expect_response(re.compile(r"/commands/tag/")):
        page.evaluate(TAG_IT)
    talks.says(one, "während sie tippt")
    talks.row(one).locator(".last", has_text="während sie tippt").wait_for()
    desk.sees("während sie tippt")
    other.locator(FIELD).fill("drüben")
    page.wait_for_timeout(1500)  # what would draw it anew comes within a second
    assert (
        page.evaluate("field => document.querySelector(field) === window.held && window.held.value", FIELD)
        == "您ni'hao"
    )
    line.send("Input.insertText", {"text": "你好"})
    wait_for(page, f"document.querySelector('{FIELD}').value === '您你好'")
    # What had to wait is drawn now.
    wait_for(page, f"document.querySelector('{FIELD}') !== window.held")
    assert page.input_value(FIELD) == "您你好"
    assert page.evaluate("document.activeElement === document.querySelector('#composer textarea')")
    other.close()


def test_half_a_word_of_an_input_method_is_not_looked_for(desk):
    page, asked = desk.page, []
    page.on(
        "request",
        lambda request: asked.append(request.url) if "/desk/list/" in request.url and "q=" in request.url else None,
    )
    page.focus("#search")
    line = desk.context.new_cdp_session(page)
    line.send("Input.imeSetComposition", {"text": "bao", "selectionStart": 3, "selectionEnd": 3})
    page.wait_for_timeout(600)
    assert asked == []
    line.send("Input.insertText", {"text": "包裹"})
    page.locator("#list .empty h3", has_text="包裹").wait_for()
    page.fill("#search", "")


def test_a_paste_above_the_limit_is_kept_whole_and_refused_with_words(talks, desk):
    one = talks.new()
    talks.open(one)
    desk.page.fill(FIELD, "长" * 4001)
    desk.page.press(FIELD, "Enter")
    desk.page.locator("#toasts", has_text="4001").wait_for()
    assert len(desk.page.input_value(FIELD)) == 4001
    assert talks.got(one) == []


def test_links_days_and_spaces(talks, desk):
    one = talks.new()
    talks.open(one)
    talks.says(one, "siehe  https://example.com/a?b=1&c=2  dort")
    link = desk.page.locator("#messages .bubble a[href='https://example.com/a?b=1&c=2']")
    link.wait_for()
    assert "siehe  https" in desk.page.locator("#messages .bubble .body").last.evaluate("(one) => one.textContent")
    assert (
        desk.page.locator("#messages .bubble .body").last.evaluate("(one) => getComputedStyle(one).whiteSpace")
        == "pre-wrap"
    )
    desk.write("eins")
    desk.sees("eins")
    assert desk.page.locator("#messages .day").count() == 1


def test_a_double_click_on_the_next_customer_takes_one(talks, desk):
    desk.page.select_option("#presence", "busy")
    desk.page.locator("#presence[data-shown=busy]").wait_for()
    desk.page.click("[role=tab][data-tab=queue]")
    for number in (91, 92):
        talks.says(number, f"客户{number}说")
        talks.row(number).wait_for(timeout=60000)
    desk.page.route("**/me/take/", slowly(0.3))
    desk.page.dblclick("#take-next")
    desk.page.locator("#messages", has_text="客户91说").wait_for(timeout=60000)
    desk.page.locator("#toasts", has_text="由你接待了").first.wait_for()
    desk.page.wait_for_timeout(800)  # a second one would have gone by then
    assert talks.row(92).count() == 1
    # The next click takes the other; then nobody waits, which is said beside the button.
    desk.page.locator("#take-next", has_text="1").wait_for()
    desk.page.click("#take-next")
    desk.page.locator("#messages", has_text="客户92说").wait_for(timeout=60000)
    desk.page.locator("#why-not", has_text="没有客户在排队").wait_for()
    assert desk.page.get_attribute("#take-next", "aria-disabled") == "true"
    asked = []
    desk.page.on("request", lambda request: asked.append(request.url) if "/me/take/" in request.url else None)
    desk.page.locator("#take-next").dispatch_event("click")
    desk.page.wait_for_timeout(300)
    assert asked == []
    desk.page.select_option("#presence", "open")
    desk.page.locator("#presence[data-shown=open]").wait_for()


@pytest.mark.parametrize(("stands", "why"), [((3, 1, 2), ""), ((3, 2, 2), "接待位已满"), ((0, 2, 2), "没有客户在排队")])
def test_the_next_customer_is_grey_and_says_why_where_there_is_none_to_take(desk, stands, why):
    page, (waiting, load, capacity) = desk.page, stands
    seat = {"presence": "open", "availability": "open", "next": waiting, "load": load, "capacity": capacity}
    page.route("**/desk/state/", lambda route: route.fulfill(json={"counts": {"queue": 9}, "seat": seat}))
    page.reload()
    page.locator("#load", has_text=f"{load} / {capacity}").wait_for()
    assert page.get_attribute("#take-next", "aria-disabled") == str(bool(why)).lower()
    assert why in page.locator("#why-not").inner_text()
    assert page.locator("#why-not").is_visible() == bool(why)
    assert ("3" in page.locator("#take-next").inner_text()) == bool(waiting)


# 8. Lines that break in the middle: nothing stays wrong, nothing is done twice


def broken(route):
    route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>")


def press(page, selector: str) -> None:
    """Click what may be gone, or be replaced, by the time it is clicked."""
    page.evaluate("selector => document.querySelector(selector)?.click()", selector)


def test_what_a_broken_line_has_left_out_comes_by_itself(talks, desk):
    one = talks.new()
    page_of = re.compile(rf"/desk/{talks.row(one).get_attribute('data-row')}/$")
    # The chat could not be fetched: it says so, and is there once it can.
    desk.page.route(page_of, broken)
    desk.page.route("**/desk/stream/**", lambda route: route.abort())
    desk.page.reload()
    talks.row(one).locator("a").click()
    desk.page.locator("#chat .empty button").wait_for()
    desk.page.unroute(page_of)
    desk.page.locator("#messages", has_text=f"客户{one:02d}说").wait_for(timeout=60000)

    # What is said while a page is on its way stands in no page, and is shown all the same.

    desk.page.unroute("**/desk/stream/**")
    desk.page.locator("body[data-live]").wait_for(state="attached", timeout=60000)
    late = []
    desk.page.route(page_of, lambda route: late.append((route, route.fetch())))
    talks.row(one).locator("a").click()
    talks.until(lambda: late)
    talks.says(one, "unterwegs")
    talks.row(one).locator(".last", has_text="unterwegs").wait_for()
    for route, answer in late:
        route.fulfill(response=answer)
    desk.page.unroute(page_of)
    desk.sees("unterwegs", seconds=5)

    # More came meanwhile than is shown at once: a button stands where the rest belongs, and stays until it has brought it.
    desk.context.set_offline(True)
    for number in range(130):
        talks.says(one, f"Nr {number};")
    desk.page.wait_for_timeout(500)
    desk.context.set_offline(False)
    desk.sees("Nr 129;", seconds=40)
    shown = lambda: re.findall(r"Nr (\d+);", desk.page.locator("#messages").inner_text())  # noqa: E731
    desk.page.route("**/messages/?before*", broken, times=1)
    talks.until(lambda: press(desk.page, ".older") or len(shown()) >= 130, seconds=40)
    assert shown() == [str(number) for number in range(130)]
    assert "Bad Gateway" not in desk.page.content()


def test_a_command_whose_answer_was_lost_is_done_once(talks, desk):
    one = talks.new()
    talks.open(one)

    def lost(route):
        route.fetch()
        route.abort()

    desk.page.route("**/commands/note/", lost, times=1)
    desk.page.locator("#customer [data-dialog=d-note]").click()
    desk.page.fill("#d-note [name=text]", "einmal")
    desk.page.click("#d-note button.main")
    desk.page.locator("#toasts", has_text="不确定").wait_for()
    desk.page.click("#d-note button.main")
    desk.page.locator("#d-note").wait_for(state="hidden")
    desk.page.locator("#messages .note", has_text="einmal").wait_for()
    desk.page.wait_for_timeout(800)
    assert desk.page.locator("#messages .note").count() == 1
    # What is typed as a command is answered too, in the desk's language.
    desk.write("#队列 不")
    desk.write("#queue")
    desk.page.locator("#toasts", has_text="销售").wait_for()


def test_a_name_goes_to_the_customer_beside_whom_it_was_written(talks, desk):
    one, other = talks.new(), talks.new()
    talks.open(one)
    desk.page.route("**/customer/", slowly(1.0))
    desk.page.locator(".rename summary").click(timeout=60000)
    desk.page.fill(".rename input", "für die eine")
    desk.page.keyboard.press("Alt+ArrowUp")
    desk.page.keyboard.press("Alt+ArrowDown")
    desk.page.keyboard.press("Enter")
    talks.open(other)
    desk.page.locator("#customer .rename").wait_for(timeout=60000)
    desk.page.unroute("**/customer/")
    assert talks.row(other).count() == 1
    assert desk.page.locator("#customer h2").inner_text().endswith(f"{other:04d}")


def test_who_loses_a_conversation_can_no_longer_write_in_it(stack, talks, desk):
    one = talks.new()
    talks.open(one)
    stack.manage("shell", "-v0", "-c", "from seats.models import Seat, SeatGroup; "
                 "SeatGroup.objects.get().supervisors.add(Seat.objects.get(user__username='bob'))")  # fmt: skip
    peer = next(
        entry["peer"] for entry in stack.entries() if entry["side"] == "im" and entry["text"] == f"客户{one:02d}说"
    )
    stack.player.post("seat", seat="bob", to=peer, text="#takeover")
    talks.row(one).wait_for(state="detached", timeout=60000)
    desk.page.locator("#composer").wait_for(state="detached", timeout=60000)


def test_two_pages_of_one_seat_share_drafts_and_the_log_out(stack, talks, desk):
    one = talks.new()
    talks.open(one)
    second = desk.context.new_page()
    second.goto(desk.page.url)
    second.locator(FIELD).wait_for()
    desk.page.evaluate("document.activeElement.blur()")
    second.locator(FIELD).fill("ein halber Satz, drüben")
    wait_for(desk.page, f"document.querySelector('{FIELD}').value === 'ein halber Satz, drüben'")
    # With a full storage it all goes on, but for what can't be kept.
    second.evaluate("""() => { try { for (let at = 0; ; at += 1) localStorage.setItem(`x${at}`, "x".repeat(200000)); } catch {}
        try { for (let at = 0; ; at += 1) localStorage.setItem(`y${at}`, "y".repeat(50)); } catch {} localStorage.removeItem("desk:who"); }""")
    second.evaluate("() => { try { for (let at = 0; ; at += 1) localStorage.setItem(`z${at}`, ''); } catch {} }")
    second.reload()
    second.locator("#list li[data-row]").first.wait_for(timeout=60000)
    second.evaluate(
        "() => { for (const key of Object.keys(localStorage)) if (/^[xyz]/.test(key)) localStorage.removeItem(key); }"
    )
    desk.page.bring_to_front()
    second.locator("details.more summary").click()
    second.locator("[data-logout] button").click()
    desk.page.locator("[name=password]").wait_for(timeout=60000)


# Offers


def offer(conversation: int, until: float) -> str:
    return (
        f"<section class='offer' data-offer='{conversation}' data-until='{until}' data-seconds='60'><header>"
        "<span class='cut'>bob 转接</span><time></time></header><progress></progress><p class='from'><strong>王敏</strong></p></section>"
    )


def test_offers_of_one_conversation_leave_one_toast(talks, desk):
    """It is offered, taken back and offered again, and then over: the last words stand alone. Another one has its own."""
    page, there, shown = desk.page, [[7, 8], [8], [7, 8]], []
    page.route("**/desk/stream/**", lambda route: route.abort())

    def answer(route):
        until = time.time() + 60
        shown.append(there[min(len(shown), 2)])
        route.fulfill(content_type="text/html", body="".join(offer(one, until) for one in shown[-1]))

    page.route("**/desk/offers/", answer)
    page.reload()
    toasts = page.locator("#toasts .toast", has_text="转接")

    def asked_thrice() -> bool:
        assert toasts.count() <= 2
        return len(shown) >= 3 and page.locator(".offer").count() >= 2

    talks.until(asked_thrice)
    # What stands there is announced once, and an answer that comes late brings nothing back.
    page.evaluate("() => { for (const one of document.querySelectorAll('#toasts .toast')) one.dataset.first = ''; }")
    late = []
    page.unroute("**/desk/offers/")
    page.route(
        "**/desk/offers/",
        lambda route: (
            late.append(route) if not late else route.fulfill(body=offer(8, time.time() + 60), content_type="text/html")
        ),
    )
    wait_for(page, "document.querySelectorAll('.offer').length === 1")
    assert late  # or what was shown came from before
    late[0].fulfill(body=offer(7, time.time() + 60) + offer(8, time.time() + 60), content_type="text/html")
    page.wait_for_timeout(300)
    assert page.locator(".offer").count() == 1
    assert page.locator("#toasts .toast:not([data-first])").count() == 0
    page.evaluate("() => { for (const one of document.querySelectorAll('.offer')) one.dataset.until = 1; }")
    page.unroute("**/desk/offers/")
    page.locator("#toasts .toast", has_text="转接请求已过期").first.wait_for()
    assert page.locator("#toasts .toast").count() <= 2


OFFERED = """
from seats.models import SeatGroup
SeatGroup.objects.update(transfer_mode="offer", offer_seconds=60)
"""


def test_an_offer_stands_on_the_desk_until_it_is_accepted(stack, chromium, talks, desk):
    stack.manage("shell", "-v0", "-c", OFFERED)
    one = talks.new()
    talks.open(one)
    other = Desk(chromium, stack, "bob")
    other.page.select_option("#presence", "open")
    other.page.locator("#presence[data-shown=open]").wait_for()
    desk.page.click("[data-dialog=d-transfer]")
    box = desk.page.locator("#d-transfer")
    box.locator("input[value=bob]").wait_for()
    assert box.locator("button.main").is_disabled()  # nothing is chosen for one
    box.locator("input[value=bob]").check()
    box.locator("[name=note]").fill("nur noch die Rechnung")
    box.locator("button.main").click()
    offer = other.page.locator(".offer")
    offer.wait_for(timeout=60000)
    assert "nur noch die Rechnung" in offer.inner_text()
    assert f"客户{one:02d}说" in offer.inner_text()
    assert re.search(r"0:[0-5]\d|1:00", offer.locator("time").inner_text())
    offer.locator("[data-settle=accept]").click()
    other.page.locator("#composer").wait_for(timeout=60000)
    offer.wait_for(state="detached")
    # Once in the chat: the note, and a line that it moved.
    assert other.page.locator("#messages .note").count() == 1
    other.page.locator("#messages .sys", has_text="转接给").last.wait_for()
    assert other.problems == []
    other.context.close()
