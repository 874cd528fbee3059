"""What a supervisor does from a row of the floor, in real Chromium, and what the seat and the customer see of it. One site and
one browser for all of it."""

from __future__ import annotations

import pytest

from tests.browser.test_desk_live import PASSWORDS, Desk, seated
from tests.browser.test_desk_trust import FIELD, Talks, problem
from tests.support.chromium import ONCE_IN_CHROMIUM, wait_for
from tests.support.stack import Stack

pytestmark = ONCE_IN_CHROMIUM
CARL = """
from seats.models import Seat, SeatGroup
user = User.objects.get(username="carl")
user.set_password("carl-password-1")
user.save()
SeatGroup.objects.get(slug="sales").supervisors.add(Seat.objects.get(user=user))
Seat.objects.exclude(user__username="alice").update(availability="busy")
"""


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 40, "bob": 40, "carl": 40}, workers=1, threads=4, static=True) as running:
        running.manage("shell", "-v0", "-c", PASSWORDS + CARL)
        yield running


@pytest.fixture(scope="module")
def desk(stack, chromium):
    """Alice, whose customers they are."""
    with seated(chromium, stack, "alice") as one:
        yield one


@pytest.fixture
def carl(stack, chromium):
    with seated(chromium, stack, "carl") as one:
        one.page.click(".floor-link")
        yield one


@pytest.fixture
def talks(stack, desk):
    return Talks(stack, desk)


def row(carl: Desk, number: int):
    return carl.page.locator("tbody tr", has_text=f"客户{number:02d}说")


def asks(carl: Desk, number: int, verb: str):
    """Click a row's button; return the dialog, which names the customer."""
    row(carl, number).locator(f"[data-verb={verb}]").click(timeout=60000)
    box = carl.page.locator(f"#d-{verb}")
    box.locator("[data-about]", has_text=f"{number:04d}").wait_for()
    return box


def test_looking_changes_nothing_and_nobody_is_told(talks, desk, carl):
    number = talks.new()
    row(carl, number).locator("a[title=查看]").click(timeout=60000)
    carl.sees(f"客户{number:02d}说")
    assert carl.page.locator(FIELD).count() == 0
    carl.page.locator("#chat .closed-note").wait_for()
    assert talks.row(number).locator(".unread").inner_text() == "1"
    talks.open(number)
    assert desk.page.locator("#messages .sys", has_text="carl").count() == 0


def test_a_whisper_is_read_by_the_seat_and_never_by_the_customer(talks, desk, carl):
    number = talks.new()
    talks.open(number)
    box = asks(carl, number, "whisper")
    assert "alice" in box.locator("[data-about]").inner_text()
    box.locator("textarea").fill("先查库存")
    box.locator("button.main").click()
    box.wait_for(state="hidden")
    desk.page.locator("#messages .whisper", has_text="先查库存").wait_for(timeout=60000)
    # What goes to the customer after it has gone, and the whisper has not.
    desk.write("马上查")
    talks.until(lambda: talks.got(number) == ["马上查"])


def test_who_joins_from_a_row_writes_beside_the_seat(talks, desk, carl):
    number = talks.new()
    talks.open(number)
    box = asks(carl, number, "join")
    assert "alice" in box.locator("[data-about]").inner_text()
    assert carl.page.url.endswith("/desk/floor/")  # it asks first
    box.locator("button.main").click()
    carl.page.locator(FIELD).wait_for(timeout=60000)
    carl.write("我是主管")
    talks.until(lambda: talks.got(number) == ["我是主管"])
    desk.sees("我是主管")
    desk.write("我还在")
    talks.until(lambda: talks.got(number) == ["我是主管", "我还在"])


def test_what_is_taken_over_from_a_row_is_the_supervisors(talks, desk, carl):
    number = talks.new()
    talks.open(number)
    asks(carl, number, "takeover").locator("button.main").click()
    carl.page.locator(FIELD).wait_for(timeout=60000)
    carl.page.locator("#list [data-row]", has_text=f"{number:04d}").wait_for()
    talks.row(number).wait_for(state="detached", timeout=60000)
    desk.page.locator(FIELD).wait_for(state="detached", timeout=60000)
    carl.write("由我处理")
    talks.until(lambda: talks.got(number) == ["由我处理"])


def test_a_row_is_given_on_to_whom_one_has_chosen(talks, desk, carl):
    number = talks.new()
    box = asks(carl, number, "reassign")
    bob = box.locator("input[value=bob]")
    bob.wait_for()
    assert box.locator("input:checked").count() == 0  # nothing is chosen for one
    assert box.locator("button.main").is_disabled()
    bob.check()
    box.locator("button.main").click()
    box.wait_for(state="hidden")
    row(carl, number).locator(".c-seat", has_text="bob").wait_for(timeout=60000)
    talks.row(number).wait_for(state="detached", timeout=60000)
    assert talks.got(number) == []


def test_who_waits_is_given_to_a_seat_from_the_queue(stack, talks, desk, carl):
    desk.page.select_option("#presence", "busy")
    desk.page.locator("#presence[data-shown=busy]").wait_for()
    Talks.last += 1
    talks.says(Talks.last, f"客户{Talks.last:02d}说")
    carl.page.locator("#now .queue li", has_text=f"客户{Talks.last:02d}说").locator("[data-verb=reassign]").click(
        timeout=30000
    )
    box = carl.page.locator("#d-reassign")
    box.locator("input[value=alice]").check()
    box.locator("button.main").click()
    talks.row(Talks.last).wait_for(timeout=60000)
    row(carl, Talks.last).locator(".c-seat", has_text="alice").wait_for(timeout=60000)
    desk.page.select_option("#presence", "open")
    desk.page.locator("#presence[data-shown=open]").wait_for()


def test_what_could_not_be_done_is_said_and_the_row_stays(talks, desk, carl):
    """The list of whom to give it to is asked for again, a refusal is told, and the choice is not lost."""
    number, page = talks.new(), carl.page
    row(carl, number).wait_for(timeout=60000)
    page.route("**/targets/", problem(502, "bad_gateway"), times=1)
    box = asks(carl, number, "reassign")
    box.locator("[data-targets] button").click()
    box.locator("input[value=bob]").check()
    page.route("**/commands/reassign/", problem(409, "refused", "现在不行"), times=1)
    box.locator("button.main").click()
    page.locator("#toasts .bad", has_text="现在不行").wait_for()
    assert box.locator("input[value=bob]").is_checked()
    page.keyboard.press("Escape")
    assert "alice" in row(carl, number).inner_text()


def test_who_waits_longest_stands_first_and_what_a_seat_said_last_is_named(talks, desk, carl):
    number = talks.new()
    talks.open(number)
    desk.write("已经查到")
    talks.until(lambda: talks.got(number) == ["已经查到"])
    alice = carl.page.locator("#now .seats li", has_text="alice")
    alice.locator("small", has_text=f"回复 微信用户{number:04d}").wait_for(timeout=60000)
    wait_for(carl.page, "document.querySelectorAll('tbody tr').length > 1")
    assert "客户" in carl.page.locator("tbody tr").first.inner_text()  # the answered one stands last
    assert "已经查到" in carl.page.locator("tbody tr").last.inner_text()


def test_what_was_written_for_one_customer_stands_in_no_dialog_about_another(talks, desk, carl):
    one, other = talks.new(), talks.new()
    box = asks(carl, one, "whisper")
    box.locator("textarea").fill("nur zu diesem")
    box.locator("[data-cancel]").click()
    assert asks(carl, other, "whisper").locator("textarea").input_value() == ""


def test_what_is_over_is_no_longer_chosen(talks, desk, carl):
    one, other = talks.new(), talks.new()
    for number in (one, other):
        row(carl, number).locator("input").check(timeout=60000)
    carl.page.locator("#how-many", has_text="2").wait_for()
    carl.page.mouse.move(5, 5)  # rows under the pointer stay
    talks.open(one)
    desk.dialog("d-close")
    carl.page.locator("#how-many", has_text="1").wait_for(timeout=60000)
    asked = []
    carl.page.route("**/commands/reassign/", lambda route: (asked.append(route.request.post_data_json), route.abort()))
    carl.page.select_option("#target", "bob")
    carl.page.click("#bulk .main")
    talks.until(lambda: asked)
    assert asked[0]["conversations"] == [int(talks.row(other).get_attribute("data-row"))]


def test_the_answer_to_an_earlier_search_does_not_stand_under_a_later_one(talks, desk, carl):
    one, page, late = talks.new(), carl.page, []
    row(carl, one).wait_for(timeout=60000)
    page.route("**/desk/floor/?rows=1*q=nirgends*", lambda route: late.append(route))
    page.fill("#search", "nirgends")
    talks.until(lambda: late)
    page.fill("#search", f"客户{one:02d}说")
    page.evaluate("""() => { window.counts = []; new MutationObserver(() => counts.push(document.querySelectorAll("tbody tr[data-talk]").length))
        .observe(document.querySelector("tbody"), { childList: true }); }""")
    late[0].continue_()
    wait_for(page, "document.querySelectorAll('tbody tr[data-talk]').length === 1")
    assert 0 not in page.evaluate("counts")


def drawn_rows(carl: Desk) -> int:
    """Return how many rows come with the next refresh."""
    with carl.page.expect_response("**/desk/floor/?rows=1*") as came:
        pass
    return came.value.text().count("data-mark")


def test_a_row_that_has_not_changed_is_not_drawn_anew(talks, desk, carl):
    same, other, page = talks.new(), talks.new(), carl.page
    row(carl, same).wait_for(timeout=60000)
    talks.until(lambda: drawn_rows(carl) == 0)  # what follows a first message is over
    for number in (same, other):
        row(carl, number).locator(".last").evaluate("cell => { cell.dataset.before = ''; }")
    talks.says(other, "und noch etwas")
    page.locator("tbody .last:not([data-before])", has_text="und noch etwas").wait_for(timeout=60000)
    talks.until(lambda: drawn_rows(carl) == 0)
    assert row(carl, same).locator(".last[data-before]").count() == 1


def pressed_and_cancelled(carl: Desk, at: dict[str, float]):
    """A finger that presses, and then scrolls."""
    line = carl.context.new_cdp_session(carl.page)
    line.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    return lambda: line.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})


def let_go_outside(carl: Desk, at: dict[str, float]):
    carl.page.mouse.down()

    def end():
        carl.page.mouse.move(at["x"], -40)
        carl.page.mouse.up()

    return end


def another_window(carl: Desk, _at: dict[str, float]):
    carl.page.mouse.down()
    return lambda: carl.page.evaluate("dispatchEvent(new Event('blur'))")


@pytest.mark.parametrize("press", [pressed_and_cancelled, let_go_outside, another_window])
def test_after_a_press_that_is_broken_off_rows_follow_again(talks, desk, carl, press):
    number, page = talks.new(), carl.page
    key = row(carl, number).get_attribute("data-key")
    cell = page.locator(f"tbody tr[data-key='{key}'] .last")
    place = cell.bounding_box()
    page.mouse.move(place["x"] + 40, place["y"] + 8)
    end = press(carl, {"x": place["x"] + 40, "y": place["y"] + 8})
    talks.says(number, "währenddessen")
    talks.row(number).locator(".last", has_text="währenddessen").wait_for()
    with page.expect_response("**/desk/floor/?rows=1*"):
        pass
    page.wait_for_timeout(500)
    assert "währenddessen" not in cell.inner_text()
    end()
    cell.filter(has_text="währenddessen").wait_for(timeout=60000)


def test_the_press_of_another_button_holds_nothing(talks, desk, carl):
    """The menu that it opens may take its release."""
    number, page = talks.new(), carl.page
    key = row(carl, number).get_attribute("data-key")
    row(carl, number).hover()
    page.mouse.down(button="right")
    talks.says(number, "beim Menü")
    page.locator(f"tbody tr[data-key='{key}'] .last", has_text="beim Menü").wait_for(timeout=60000)
    page.mouse.up(button="right")
