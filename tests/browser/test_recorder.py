"""The desk's recorder in real Chromium, whose microphone is a tone: a voice arrives in WeChat and plays on the desk."""

from __future__ import annotations

import pytest

from tests.browser.test_desk_live import PASSWORDS, Desk, customer
from tests.support.chromium import CHROMIUM, FLAGS, ONCE_IN_CHROMIUM, shot
from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = ONCE_IN_CHROMIUM
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5, "bob": 5}, workers=1, threads=2, static=True) as running:
        running.manage("shell", "-v0", "-c", PASSWORDS)
        yield running


@pytest.fixture
def launch(monkeypatch):
    """Return a function that starts Chromium with more flags."""
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])


def voices(stack: Stack, number: int) -> list[dict]:
    return [
        one
        for one in stack.entries()
        if one["side"] == "phone" and one["openid"] == customer(number) and one["kind"] == "voice"
    ]


def opened(stack: Stack, browser, number: int, name: str, width: int, language: str) -> Desk:
    desk = Desk(browser, stack, name, width, language)
    desk.page.locator("body[data-live]").wait_for(state="attached")
    stack.player.post("customer", account="shop", openid=customer(number), text=f"客户 {number}")
    desk.open(f"客户 {number}")
    return desk


PLAYED = """async (audio) => {
  audio.muted = true;
  await audio.play();
  await new Promise((done) => setTimeout(done, 600));
  return audio.currentTime > 0 && Number.isFinite(audio.duration) ? audio.duration : 0;
}"""


@pytest.mark.parametrize(("width", "language"), [(390, "zh-CN"), (1440, "en")])
def test_a_voice_is_recorded_sent_and_played(stack, launch, width, language):
    number, name = (1, "alice") if width == 390 else (2, "bob")
    browser = launch(*MICROPHONE)
    desk = opened(stack, browser, number, name, width, language)
    page = desk.page

    # What is cancelled is not sent, and the microphone is given back.
    page.click("#record")
    page.locator("#record-time", has_text="0:01").wait_for()
    page.click("#record-cancel")
    assert page.locator("#recorder").is_hidden()

    page.click("#record")
    page.locator("#record-time", has_text="0:02 / 0:59").wait_for()
    shot(page, f"recorder-{width}-{language}")
    assert page.locator("#record-send").inner_text() == desk.t("发送语音", "Send voice")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#record-send")
    bubble = page.locator("#messages .bubble.seat audio")
    bubble.wait_for(timeout=60000)
    shot(page, f"recorder-sent-{width}-{language}")
    assert 1.5 < bubble.evaluate(PLAYED) < 4
    wait_until(lambda: voices(stack, number))
    assert len(voices(stack, number)) == 1
    assert desk.problems == []
    browser.close()


def test_what_was_begun_for_one_customer_goes_to_no_other(stack, launch):
    alone = "from seats.models import Seat; Seat.objects.filter(user__username='bob').update(availability='busy')"
    stack.manage("shell", "-v0", "-c", alone)
    browser = launch(*MICROPHONE)
    desk = opened(stack, browser, 4, "alice", 1440, "zh-CN")
    page = desk.page
    page.click("#record")
    page.locator("#record-time", has_text="0:01").wait_for()
    stack.player.post("customer", account="shop", openid=customer(5), text="客户 5")
    page.locator("#list a", has_text="客户 5").click(timeout=60000)
    page.locator("#messages", has_text="客户 5").wait_for()
    page.wait_for_timeout(600)  # more than one tick of the recorder
    assert page.locator("#recorder").is_hidden()
    page.click("#record")
    page.locator("#record-time", has_text="0:01").wait_for()
    page.click("#record-send")
    page.locator("#messages .bubble.seat audio").wait_for(timeout=60000)
    wait_until(lambda: voices(stack, 5))
    assert (len(voices(stack, 5)), voices(stack, 4)) == (1, [])
    browser.close()


def test_without_a_microphone_the_seat_reads_why(stack, launch):
    browser = launch("--deny-permission-prompts")
    desk = opened(stack, browser, 3, "alice", 1440, "zh-CN")
    desk.page.click("#record")
    desk.page.locator("#toasts", has_text="无法使用麦克风").wait_for()
    assert desk.page.locator("#recorder").is_hidden()
    browser.close()
