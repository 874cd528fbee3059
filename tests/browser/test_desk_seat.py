"""What a seat expects to find, in real Chromium: notifications while the desk is closed, presence that is true, closed
conversations that go on, places and names; a floor on which each click counts; and nothing that axe-core complains of.
One site and one browser for all of it."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_desk_live import PASSWORDS, SUPERVISOR, Desk
from tests.browser.test_desk_trust import Talks, chromium
from tests.support.chromium import ONCE_IN_CHROMIUM, shot
from tests.support.stack import Stack

__all__ = ["chromium"]  # a fixture
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


@pytest.fixture(autouse=True)
def _sync(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="module")
def desk(stack, chromium):
    one = Desk(chromium, stack, "alice")
    one.context.grant_permissions(["notifications"], origin=stack.url)
    one.page.locator("body[data-live]").wait_for(state="attached")
    yield one
    assert one.problems == []
    one.context.close()


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
    desk.page.wait_for_timeout(300)
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
    desk.page.locator(f"#messages[data-conversation='{row}']").wait_for(timeout=10000)


def test_presence_is_true_within_seconds_and_honest_without_a_line(talks, desk):
    page = desk.page
    page.evaluate(BUSY % "away")  # as another tab, a phone or the admin would
    page.locator("#presence[data-shown=away]").wait_for(timeout=4000)
    assert page.input_value("#presence") == "away"
    page.evaluate(BUSY % "open")
    page.locator("#presence[data-shown=open]").wait_for(timeout=4000)
    desk.context.set_offline(True)
    page.locator("#unconnected").wait_for(timeout=20000)
    assert page.locator("#presence").is_hidden()
    assert page.locator(".pane-list .bar .p.offline").count() == 1
    desk.context.set_offline(False)
    page.locator("#presence[data-shown=open]").wait_for(timeout=20000)


def test_a_closed_conversation_is_written_to_again_and_is_open(talks, desk):
    number = talks.new()
    talks.open(number)
    desk.dialog("d-close", "summary", "erledigt")
    desk.page.locator(".stop.again").wait_for(timeout=10000)
    desk.write("noch etwas")
    talks.until(lambda: "noch etwas" in talks.got(number))
    desk.page.locator(".stop.again").wait_for(state="detached", timeout=10000)
    desk.sees("noch etwas")


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
    page.locator("#chat h1", has_text="王女士").wait_for(timeout=10000)
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
    sandbox.locator("#im .mine a[href*='coord:39.908,116.397']").wait_for(timeout=10000)
    assert "{" not in sandbox.locator("#im").inner_text()
    assert sandbox.locator(f".doors a[href='{stack.url}/desk/']").count() == 1
    sandbox.close()


def test_each_click_on_the_floor_counts_and_rows_stay_under_the_pointer(talks, desk):
    numbers = [talks.new() for _number in range(3)]
    page = desk.page
    page.click(".floor-link")
    boxes = [page.locator("tbody tr", has_text=f"客户{number:02d}说").locator("input") for number in numbers]
    drawn = "new Promise((done) => document.addEventListener('floor:drawn', () => done(true), { once: true }))"
    place = boxes[1].bounding_box()
    page.mouse.move(place["x"] + 6, place["y"] + 6)
    page.mouse.down()
    page.wait_for_timeout(3600)  # a look at the server, at least
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
    page.evaluate(drawn)
    page.evaluate(drawn)
    assert page.evaluate(order) == before
    page.mouse.move(5, 5)
    talks.until(lambda: page.evaluate(order) != before)
    assert boxes[1].is_checked()


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
