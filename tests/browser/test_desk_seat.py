"""What a seat expects to find, in real Chromium: notifications while the desk is closed, presence that is true, closed
conversations that go on, places and names; a floor on which each click counts; and nothing that axe-core complains of.
One site and one browser for all of it."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_desk_live import PASSWORDS, SUPERVISOR, Desk, seated
from tests.browser.test_desk_trust import Talks, openid
from tests.support.chromium import ONCE_IN_CHROMIUM, shot, wait_for
from tests.support.stack import Stack

pytestmark = ONCE_IN_CHROMIUM
ROOM = """filter(user__username="bob").update(availability="away")"""
SEEN = "(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body }) => [title, body]))()"
CLICK = """(async () => {
  const [shown] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: shown }));
})()"""
BUSY = 'fetch("/api/me/presence/", { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1] }, body: JSON.stringify({ presence: "%s" }) })'


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 40, "bob": 0}, workers=1, threads=4, static=True) as running:
        running.manage("shell", "-v0", "-c", PASSWORDS + SUPERVISOR.replace("update(capacity=5)", ROOM))
        yield running


@pytest.fixture(scope="module")
def desk(stack, chromium):
    with seated(chromium, stack, "alice") as one:
        one.context.grant_permissions(["notifications"], origin=stack.url)
        yield one


@pytest.fixture
def talks(stack, desk):
    desk.page.goto(f"{stack.url}/desk/")
    desk.page.locator("body[data-live]").wait_for(state="attached")
    return Talks(stack, desk)


def pushed(desk: Desk, **said: str) -> None:
    """Let the browser take a push, as its maker's service would bring it."""
    line = desk.context.new_cdp_session(desk.page)
    registrations: list[dict] = []
    line.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    line.send("ServiceWorker.enable")
    for _time in range(200):  # Chromium tells of them when it comes to it
        if registrations:
            break
        desk.page.wait_for_timeout(100)
    origin, registration = desk.page.url.split("/desk/")[0], registrations[-1]["registrationId"]
    words = {"origin": origin, "registrationId": registration, "data": json.dumps(said)}
    line.send("ServiceWorker.deliverPushMessage", words)
    line.detach()


def test_a_push_shows_one_notification_a_conversation_and_a_click_opens_it(talks, desk):
    number = talks.new()
    row = talks.row(number).get_attribute("data-row")
    desk.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    about = {"tag": f"desk-{row}", "conversation": row, "url": f"/desk/?c={row}"}
    pushed(desk, title="王敏", body="在吗", **about)
    pushed(desk, title="王敏", body="我的包裹呢", **about)
    talks.until(lambda: desk.page.evaluate(SEEN) == [["王敏", "我的包裹呢"]])
    (worker,) = desk.context.service_workers
    worker.evaluate(CLICK)
    desk.page.locator(f"#messages[data-conversation='{row}']").wait_for(timeout=60000)


def test_presence_is_true_within_seconds_and_honest_without_a_line(talks, desk):
    page = desk.page
    page.evaluate(BUSY % "away")  # as another tab, a phone or the admin would
    page.locator("#presence[data-shown=away]").wait_for(timeout=60000)
    assert page.input_value("#presence") == "away"
    page.evaluate(BUSY % "open")
    page.locator("#presence[data-shown=open]").wait_for(timeout=60000)
    desk.context.set_offline(True)
    page.locator("#unconnected").wait_for(timeout=60000)
    assert page.locator("#presence").is_hidden()
    assert page.locator(".pane-list .bar .p.offline").count() == 1
    desk.context.set_offline(False)
    page.locator("#presence[data-shown=open]").wait_for(timeout=60000)


def test_a_closed_conversation_is_written_to_again_and_is_open(talks, desk):
    number = talks.new()
    talks.open(number)
    desk.dialog("d-close", "summary", "erledigt")
    desk.page.locator(".stop.again").wait_for(timeout=60000)
    desk.write("noch etwas")
    talks.until(lambda: "noch etwas" in talks.got(number))
    desk.page.locator(".stop.again").wait_for(state="detached", timeout=60000)
    desk.sees("noch etwas")


MANY = """
from datetime import timedelta
from django.utils import timezone
from bridge.models import Conversation, Customer
customer, now = Customer.objects.first(), timezone.now() + timedelta(days=1)
Conversation.objects.bulk_create(
    Conversation(customer=customer, status="closed", group="sales", opened_at=now, closed_at=now - timedelta(minutes=n),
                 last_message_at=now) for n in range(130))
"""


def test_a_long_list_loads_on_as_one_scrolls_each_once_and_in_order(stack, talks, desk):
    talks.new()
    stack.manage("shell", "-v0", "-c", MANY)
    page = desk.page
    page.locator("button[data-tab=closed]").click()
    page.locator("#list .rows[data-tab=closed] [data-row]").nth(59).wait_for()
    shown = "[...document.querySelectorAll('#list [data-row]')].map((one) => [Number(one.dataset.row), Number(one.dataset.closed)])"
    first = len(page.evaluate(shown))
    assert 60 <= first < 130
    scrolled = "(() => { const list = document.querySelector('#list'); list.scrollTop = list.scrollHeight; })()"
    talks.until(lambda: page.evaluate(scrolled) or len(page.evaluate(shown)) >= 130)
    rows = page.evaluate(shown)
    assert len({row for row, _closed in rows}) == len(rows)
    assert [closed for _row, closed in rows] == sorted((closed for _row, closed in rows), reverse=True)
    page.locator("button[data-tab=mine]").click()


def test_the_list_is_narrowed_by_what_was_said_by_number_and_by_who_waits(talks, desk):
    one, other = talks.new(), talks.new()
    page, number = desk.page, talks.row(one).get_attribute("data-row")
    talks.says(one, "青花瓷茶壶")
    talks.open(other)
    desk.write("已经答复")
    talks.row(other).locator(".wait").wait_for(state="detached", timeout=60000)
    for words in ("青花瓷", f"#{number}", f"{openid(one)[-4:]}"):
        page.fill("#search", words)
        talks.row(other).wait_for(state="detached", timeout=60000)
        talks.row(one).wait_for(timeout=60000)
    page.fill("#search", "gibt es nicht")
    page.locator("#list [data-unfilter]").click(timeout=60000)
    talks.row(other).wait_for(timeout=60000)
    page.locator(".filters > summary").click()
    page.locator("#filters [name=waits]").check()
    talks.row(other).wait_for(state="detached", timeout=60000)
    talks.row(one).wait_for(timeout=60000)
    page.locator("#filters [name=waits]").uncheck()
    talks.row(other).wait_for(timeout=60000)


def test_a_canned_reply_has_the_name_of_now(talks, desk):
    talks.open(talks.new())
    page = desk.page
    page.fill("#composer textarea", "/欢迎")
    page.locator("#canned li").wait_for()
    page.press("#composer textarea", "Enter")
    assert page.input_value("#composer textarea") == "欢迎光临"
    page.fill("#composer textarea", "")
    page.click(".rename summary")
    page.fill(".rename input", "王女士")
    page.press(".rename input", "Enter")
    page.locator("#chat h1", has_text="王女士").wait_for(timeout=60000)
    page.fill("#composer textarea", "/欢迎")
    page.locator("#canned li").wait_for()
    page.press("#composer textarea", "Enter")
    assert page.input_value("#composer textarea") == "欢迎光临，王女士"
    page.fill("#composer textarea", "")


def test_a_place_comes_from_a_pasted_link_and_is_found_again_by_its_name(stack, talks, desk):
    number = talks.new()
    talks.open(number)
    page = desk.page
    page.click("[data-dialog=d-place]")
    page.fill("#p-link", "https://uri.amap.com/marker?position=116.397,39.908&name=天安门店")
    assert (page.input_value("#p-label"), page.input_value("#p-latitude")) == ("天安门店", "39.908")
    page.click("#d-place button.main")
    talks.until(lambda: any("天安门店" in text for text in talks.got(number)))
    page.click("[data-dialog=d-place]")
    page.fill("#p-label", "天安")
    page.click("#p-known button")
    assert (page.input_value("#p-label"), page.input_value("#p-longitude")) == ("天安门店", "116.397")
    page.click("#d-place [data-cancel]")
    # The seat's own IM client shows it as a place, and the sandbox's page leads to desk and admin.
    sandbox = desk.context.new_page()
    sandbox.goto(stack.sandbox)
    sandbox.select_option("#seat", "alice")
    sandbox.locator("#im .mine a[href*='coord:39.908,116.397']").wait_for(timeout=60000)
    assert "{" not in sandbox.locator("#im").inner_text()
    assert sandbox.locator(f".doors a[href='{stack.url}/desk/']").count() == 1
    sandbox.close()


def test_each_click_on_the_floor_counts_and_rows_stay_under_the_pointer(talks, desk):
    numbers = [talks.new() for _number in range(3)]
    page = desk.page
    page.click(".floor-link")
    boxes = [page.locator("tbody tr", has_text=f"客户{number:02d}说").locator("input") for number in numbers]
    place = boxes[1].bounding_box()
    page.mouse.move(place["x"] + 6, place["y"] + 6)
    asked = []
    page.route("**/desk/floor/?rows=1*", lambda route: asked.append(route))
    talks.until(lambda: page.wait_for_timeout(100) or asked)
    page.mouse.down()
    with page.expect_response("**/desk/floor/?rows=1*"):  # rows come anew while the button is down
        asked[0].continue_()
    page.unroute("**/desk/floor/?rows=1*")
    page.wait_for_timeout(300)
    page.mouse.up()
    assert boxes[1].is_checked()
    # An answer would put the first one last; it stays, until the pointer goes.
    order = "[...document.querySelectorAll('tbody tr')].map((one) => one.dataset.key)"
    before = page.evaluate(order)
    first = page.locator("tbody tr").first.get_attribute("data-key")
    page.evaluate(
        """number => fetch(`/api/conversations/${number}/messages/`, { method: "POST", headers: { "Content-Type": "application/json",
        "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1] }, body: JSON.stringify({ text: "ja" }) })""",
        first,
    )
    page.locator(f"tbody tr[data-key='{first}'] .last", has_text="ja").wait_for(timeout=60000)
    assert page.evaluate(order) == before
    page.mouse.move(5, 5)
    talks.until(lambda: page.evaluate(order) != before)
    assert boxes[1].is_checked()


@pytest.mark.parametrize(
    ("lines_before", "lines_after"), [(30, 0), (0, 30)], ids=["what stands above shrinks", "it grows"]
)
def test_what_stands_above_the_rows_moves_none_from_under_the_pointer(talks, desk, lines_before, lines_after):
    """Else the press is on one row and the click on another, and the rows are put in order as if the pointer had gone."""
    number, page, lines = talks.new(), desk.page, [lines_before]
    page.set_viewport_size({"width": 1440, "height": 600})  # the rows begin below what can be seen

    def drawn(route):
        above = "<p>…</p>" * lines[0]
        route.fulfill(
            body=route.fetch().text().replace('<div id="now">', f'<div id="now">{above}'), content_type="text/html"
        )

    page.route("**/desk/floor/?rows=1*", drawn)
    with page.expect_response("**/desk/floor/?rows=1*"):
        page.goto(f"{talks.stack.url}/desk/floor/")
    row = page.locator("tbody tr", has_text=f"客户{number:02d}说")
    row.scroll_into_view_if_needed()
    wait_for(page, f"document.querySelectorAll('#now > p').length === {lines_before}")
    row.hover(position={"x": 200, "y": 8})
    place = row.bounding_box()
    lines[0] = lines_after
    for _time in range(2):
        with page.expect_response("**/desk/floor/?rows=1*"):
            pass
    page.wait_for_timeout(300)
    assert abs(row.bounding_box()["y"] - place["y"]) < 1  # pixels
    page.unroute_all(behavior="wait")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_more_than_the_server_takes_at_once_are_given_on_in_pieces(stack, desk):
    page, asked = desk.page, []
    rows = "".join(
        f"<tr data-key='{n}' data-seat='x' data-talk='{n}'><td><input type='checkbox' name='conversation' value='{n}'></td></tr>"
        for n in range(1, 102)
    )
    page.route(
        "**/desk/floor/?rows=1*",
        lambda route: route.fulfill(
            body=f"<div id='now'></div><table><tbody>{rows}</tbody></table>", content_type="text/html"
        ),
    )

    def answer(route):
        numbers = route.request.post_data_json["conversations"]
        asked.append(len(numbers))
        refused = {"outcome": "refused", "detail": "不行"}
        route.fulfill(
            json={
                "results": [
                    {"conversation": n, **({"outcome": "done", "detail": "好"} if n != 101 else refused)}
                    for n in numbers
                ]
            }
        )

    page.route("**/commands/reassign/", answer)
    page.goto(f"{stack.url}/desk/floor/")
    page.locator("tbody tr").nth(100).wait_for(state="attached", timeout=60000)
    page.check("#all")
    page.select_option("#target", "alice")
    page.click("#bulk .main")
    page.locator("#said", has_text="#101: 不行").wait_for()
    left = page.locator("tbody input:checked").count()
    page.unroute("**/desk/floor/?rows=1*")
    page.unroute("**/commands/reassign/")
    assert asked == [100, 1]
    assert left == 1, "what was refused stays chosen"


DIALOGS = ("sheet", "replies", "d-transfer", "d-close", "d-note", "d-tag", "d-summary", "d-menu", "d-link", "d-place")


def complaints(page) -> list[str]:
    # Colours that still change from one to another are none of ours.
    page.evaluate(
        "Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => 0)))"
    )
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    return [f"{one['id']}: {node['html'][:160]}" for one in found.response["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_no_complaint_of_any_dialog(talks, desk, scheme):
    page = desk.page
    page.emulate_media(color_scheme=scheme)
    wrong = {"empty desk": complaints(page)}
    talks.open(talks.new())
    page.locator("#customer .window").wait_for()
    wrong["desk"] = complaints(page)
    page.evaluate("document.querySelector('details.pop[name=kit]').open = true")
    wrong["faces"] = complaints(page)
    page.evaluate("document.querySelector('details.pop[name=kit]').open = false")
    there = page.evaluate("[...document.querySelectorAll('dialog')].map((one) => one.id)")
    for name in there:
        page.evaluate("name => document.getElementById(name).showModal()", name)
        page.locator(f"#{name}[open]").wait_for()
        wrong[name] = complaints(page)
        shot(page, f"dialog-{name}-{scheme}")
        page.evaluate("name => document.getElementById(name).close()", name)
    page.goto(page.url.split("/desk/")[0] + "/desk/floor/")
    page.locator("tbody tr").first.wait_for()
    page.locator("tbody input").first.check()
    wrong["floor"] = complaints(page)
    page.emulate_media(color_scheme="light")
    assert set(DIALOGS) <= set(there)
    assert {name: found for name, found in wrong.items() if found} == {}
