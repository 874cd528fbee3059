"""A desk on odd lines and in odd hands, in real Chromium: slow and busy, an upload that stands still, a chat that is drawn
anew under one's fingers, the keyboard alone, a phone's way back. One site and one browser for all of it."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.browser.test_desk_live import PASSWORDS, Desk
from tests.browser.test_desk_trust import FIELD, SCROLLED_UP, Talks, desk, offer, problem, talks
from tests.support import samples
from tests.support.chromium import ONCE_IN_CHROMIUM, wait_for
from tests.support.stack import Stack

__all__ = ["desk", "talks"]  # fixtures
pytestmark = ONCE_IN_CHROMIUM
BUSY = """
from seats.models import Seat
Seat.objects.filter(user__username="bob").update(availability="busy")
"""
LONG = """
from datetime import timedelta
from bridge.models import Conversation, Message
one = Conversation.objects.get(pk=%s)
names = [field.attname for field in Message._meta.concrete_fields if field.attname != "id"]
said = {name: getattr(one.messages.first(), name) for name in names}
Message.objects.bulk_create(
    Message(**{**said, "content": {"type": "Text", "text": f"Zeile {at}"}, "preview": f"Zeile {at}",
               "created_at": said["created_at"] + timedelta(milliseconds=at)}) for at in range(150))
"""
END = """(row) => fetch(`/api/conversations/${row}/commands/close/`, { method: "POST", body: "{}", headers: {
  "Content-Type": "application/json", "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1] } })"""
SLOW = {"offline": False, "latency": 1500, "downloadThroughput": 400000, "uploadThroughput": 100000}


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 40, "bob": 40}, workers=1, threads=4, static=True) as running:
        running.manage("shell", "-v0", "-c", PASSWORDS + BUSY)
        yield running


@pytest.fixture
def phone(stack, chromium):
    one = Desk(chromium, stack, "alice", width=390)
    yield one.page
    assert one.problems == []
    one.context.close()


# Lines


def test_on_a_slow_line_the_list_and_a_search_come_though_events_do(stack, talks, desk):
    one = talks.new()
    row = int(talks.row(one).get_attribute("data-row"))
    news = {"id": row, "moved": False, "left": False, "offered": False, "tabs": ["mine"], "bubbles": [],
            "row": f"<li data-row='{row}' data-unread='1'><a data-open='{row}'><span class='who'>-</span></a></li>"}  # fmt: skip
    events = "retry: 50\n\n" + f"id: 1-0\nevent: conversation\ndata: {json.dumps(news)}\n\n" * 3
    page = desk.context.new_page()
    page.route("**/desk/stream/**", lambda route: route.fulfill(content_type="text/event-stream", body=events))
    line = desk.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    page.goto(f"{stack.url}/desk/", wait_until="commit")
    page.locator("#list .rows:not(.loading) [data-row]").first.wait_for(timeout=60000)
    page.fill("#search", f"{one:04d}")
    page.locator("#list .rows.loading").wait_for()
    page.locator("#list .rows:not(.loading) [data-row]").first.wait_for(timeout=60000)
    page.close()


def test_the_answer_to_an_earlier_search_does_not_stand_under_a_later_one(talks, desk):
    _other, number, page, late = talks.new(), talks.new(), desk.page, []
    page.route("**/desk/list/?*q=nirgends*", lambda route: late.append(route))
    page.fill("#search", "nirgends")
    talks.until(lambda: late)
    page.fill("#search", f"{number:04d}")
    wait_for(page, "document.querySelectorAll('#list [data-row]').length === 1")
    page.evaluate("""() => { window.emptied = 0; new MutationObserver(() => { emptied += document.querySelectorAll("#list .empty").length; })
        .observe(document.querySelector("#list"), { childList: true, subtree: true }); }""")
    with page.expect_response(lambda answer: "nirgends" in answer.url) as came:
        for route in late:
            route.continue_()
    came.value.finished()
    page.wait_for_timeout(500)
    assert page.evaluate("emptied") == 0
    assert talks.row(number).count() == 1


def test_a_file_that_stands_still_says_so_and_can_be_taken_back(talks, desk):
    one, held = talks.new(), []
    talks.open(one)
    desk.page.route("**/files/", lambda route: held.append(route))
    desk.page.set_input_files("#attach", {"name": "a.png", "mimeType": "image/png", "buffer": samples.picture()})
    desk.write("hinter der Datei")
    talks.until(lambda: held)
    assert talks.got(one) == []
    desk.page.locator("#pending [data-does=cancel]").click()
    talks.until(lambda: talks.got(one) == ["hinter der Datei"])
    desk.page.locator("#pending li").wait_for(state="detached")
    assert desk.page.locator("#offline").is_hidden()
    assert talks.got(one, "image") == []


CHOOSES = """(sizes) => {
  const chosen = new DataTransfer();
  for (const [name, size] of sizes) chosen.items.add(new File([new ArrayBuffer(size)], name, { type: "application/pdf" }));
  const field = document.querySelector("#attach");
  field.files = chosen.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def test_a_file_that_is_too_large_is_refused_with_words_and_the_others_go(talks, desk):
    one, sent = talks.new(), []
    talks.open(one)
    desk.page.route("**/files/", lambda route: (sent.append(route), route.continue_()))
    desk.page.evaluate(CHOOSES, [["gross.pdf", 100_000_001], ["klein.pdf", 2000]])
    desk.page.locator("#toasts .bad", has_text="gross.pdf").wait_for()
    desk.page.locator("#messages .filecard, #messages .undelivered", has_text="klein").first.wait_for(timeout=60000)
    assert len(sent) == 1


def test_too_many_requests_are_no_lost_line_and_the_words_go_later(talks, desk):
    one = talks.new()
    talks.open(one)
    desk.page.route("**/messages/", problem(429, "throttled", "太频繁"), times=1)
    with desk.page.expect_response("**/messages/"):
        desk.write("kommt noch")
    desk.page.locator("#pending", has_text="kommt noch").wait_for()
    assert desk.page.locator("#offline").is_hidden()
    talks.until(lambda: talks.got(one) == ["kommt noch"])


def test_a_line_that_is_down_takes_no_button_from_under_ones_fingers(talks, desk):
    one, page = talks.new(), desk.page
    talks.open(one)
    page.route("**/messages/", problem(409, "refused", "不行"), times=1)
    desk.write("abgelehnt")
    button = page.locator("#pending [data-does=again]")
    button.focus()
    tries = []
    page.route("**/messages/", lambda route: (tries.append(route), route.abort()))
    page.evaluate("() => { window.held = document.querySelector('#pending [data-does=again]'); }")
    page.fill(FIELD, "ohne Netz")
    page.press(FIELD, "Enter")
    button.focus()
    talks.until(lambda: len(tries) >= 2)
    page.locator("#pending li", has_text="ohne Netz").wait_for()
    assert page.evaluate("document.activeElement === window.held")
    page.unroute("**/messages/")
    button.click()
    talks.until(lambda: sorted(talks.got(one)) == ["abgelehnt", "ohne Netz"])


def test_without_events_the_seat_is_told_what_became_its_own(stack, talks, desk):
    page = desk.context.new_page()
    page.route("**/desk/stream/**", lambda route: route.abort())
    page.goto(f"{stack.url}/desk/")
    page.locator("#list .rows[data-tab=mine]").wait_for()
    page.locator("button[data-tab=closed]").click()
    page.locator("#list .rows[data-tab=closed]").wait_for()
    talks.new()
    page.locator("#toasts", has_text="由你接待了").wait_for(timeout=60000)
    page.close()


def test_a_page_of_which_a_part_did_not_arrive_says_so(stack, desk):
    """A module that the desk's script needs is missing, so that nothing of the script runs."""
    page = desk.context.new_page()
    page.route("**/static/desk/net*.js", lambda route: route.abort(), times=1)
    page.goto(f"{stack.url}/desk/")
    page.locator("#offline", has_text="页面没有完整加载").wait_for()
    page.locator("#offline button").click()
    page.locator("#list .rows").wait_for(state="attached")
    assert page.locator("#offline").is_hidden()
    page.close()


# What is drawn anew


def test_a_chat_that_is_drawn_anew_keeps_what_was_loaded_and_where_one_reads(stack, talks, desk):
    one, page = talks.new(), desk.page
    stack.manage("shell", "-v0", "-c", LONG % talks.row(one).get_attribute("data-row"))
    talks.row(one).locator("a").click()
    page.locator("#messages", has_text="Zeile 149").wait_for(timeout=60000)
    # Older ones come as one scrolls up to them.
    log = page.locator("#messages")
    log.evaluate("(log) => { log.scrollTop = 0; }")
    page.locator("#messages", has_text="Zeile 60").wait_for(timeout=60000)
    log.evaluate("(log) => { log.scrollTop = 0; }")
    page.locator("#messages", has_text=f"客户{one:02d}说").wait_for(timeout=60000)
    assert page.locator(".older").count() == 0
    log.evaluate(SCROLLED_UP.replace("= 0", "= 1000"))
    page.locator("#customer [data-dialog=d-note]").click()
    page.keyboard.type("nur eine Notiz")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#messages .note", has_text="nur eine Notiz").wait_for(state="attached", timeout=60000)
    page.locator("#d-note[open]").wait_for(state="detached")
    wait_for(page, f"document.activeElement === document.querySelector('{FIELD}')")
    assert page.locator("#messages .msg").count() == 151
    assert abs(log.evaluate("(log) => log.scrollTop") - 1000) < 5


SEEN = """(log) => {
  const top = log.getBoundingClientRect().top;
  const first = [...log.querySelectorAll(".bubble")].find((one) => one.getBoundingClientRect().bottom > top);
  return [first.id, Math.round(first.getBoundingClientRect().top - top)];
}"""


def test_who_reads_further_up_stays_there_when_older_ones_come(talks, desk):
    number, page = talks.new(), desk.page
    talks.open(number)
    for line in range(70):
        talks.says(number, f"Nr {line};\n")
    desk.sees("Nr 69;", seconds=60)
    page.reload()
    desk.sees("Nr 69;")
    log, late = page.locator("#messages"), []
    page.route("**/messages/?before*", lambda route: late.append(route))
    log.evaluate("(log) => { log.scrollTop = 0; }")
    talks.until(lambda: late)
    log.evaluate("(log) => { log.scrollTop = 200; }")
    seen = log.evaluate(SEEN)
    late[0].continue_()
    page.locator("#messages", has_text="Nr 3;").wait_for()
    assert log.evaluate(SEEN) == seen


def test_half_a_name_and_the_keyboards_place_stay_when_a_customer_writes(talks, desk):
    one, page = talks.new(), desk.page
    talks.open(one)
    page.locator(".rename summary").click(timeout=60000)
    page.fill(".rename input", "halber Na")
    talks.row(one).locator("a").focus()
    row = talks.row(one).get_attribute("data-row")
    page.evaluate("(row) => { document.querySelector(`[data-row='${row}']`).dataset.old = ''; }", row)
    with page.expect_response(re.compile(rf"/desk/{row}/customer/")):
        talks.says(one, "schreibt weiter")
    wait_for(page, f"!('old' in document.querySelector(\"[data-row='{row}']\").dataset)")
    assert page.evaluate("document.activeElement.dataset.open") == row
    wait_for(page, "document.querySelector('.rename[open] input')?.value === 'halber Na'")


def test_a_dialog_that_is_being_filled_in_is_not_drawn_over(talks, desk):
    one, page = talks.new(), desk.page
    talks.open(one)
    page.click("[data-dialog=d-menu]")
    page.fill("#m-head", "halbe Frage")
    row = talks.row(one).get_attribute("data-row")
    page.evaluate(END, row)
    talks.row(one).wait_for(state="detached", timeout=60000)
    page.wait_for_timeout(1500)  # what would draw it anew comes within a second
    assert page.input_value("#m-head") == "halbe Frage"
    page.keyboard.press("Escape")
    page.locator("#chat .head", has_text="已结束").wait_for(timeout=60000)


def test_who_waits_and_is_taken_by_another_seat_is_gone_from_the_screen(stack, chromium, talks, desk):
    page = desk.page
    stack.manage("shell", "-v0", "-c", "from seats.models import Seat; Seat.objects.update(availability='busy')")
    page.select_option("#presence", "busy")
    two = Talks.last = Talks.last + 1
    talks.says(two, "wartet")
    page.locator("button[data-tab=queue]").click()
    talks.row(two).locator("a").click(timeout=60000)
    page.locator("#customer .person").wait_for(timeout=60000)
    bob = Desk(chromium, stack, "bob")
    bob.page.locator("#take-next").click()
    page.locator("#chat .empty", has_text="不能查看").wait_for(timeout=60000)
    assert page.locator("#customer .person").count() == 0
    bob.context.close()
    stack.manage("shell", "-v0", "-c", "from seats.models import Seat; "
                 "Seat.objects.filter(user__username='alice').update(availability='open')")  # fmt: skip


# Hands


def test_escape_closes_what_is_open_and_gives_the_keyboard_back(talks, desk):
    one, page = talks.new(), desk.page
    talks.open(one)
    for summary in ("details.filters > summary", "[data-emoji]", "details.more > summary"):
        page.locator(summary).first.click()
        page.locator("details.pop[open]").wait_for()
        page.keyboard.press("Escape")
        page.locator("details.pop[open]").wait_for(state="detached")
        assert page.evaluate("document.activeElement.localName") == "summary"


def test_a_question_mark_shows_the_keys_where_nobody_writes(talks, desk):
    page = desk.page
    talks.open(talks.new())
    page.locator("#composer textarea").press_sequentially("?")
    assert page.input_value("#composer textarea") == "?"
    page.press("#search", "?")
    assert page.locator("#sheet[open]").count() == 0
    page.fill("#search", "")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.locator("#sheet[open]").wait_for()
    page.keyboard.press("Escape")


def test_a_second_click_adds_no_second_reply(desk):
    page = desk.page
    page.locator("button[data-replies]:visible").first.click()
    page.fill("#r-title", "einmal")
    page.fill("#r-text", "nur einmal")
    page.locator("#add-reply button.main").dblclick()
    page.locator("#replies-list li", has_text="nur einmal").first.wait_for()
    wait_for(page, "!document.querySelector('#r-title').value")
    page.reload()
    page.locator("button[data-replies]:visible").first.click()
    page.locator("#replies-list li").first.wait_for()
    assert page.locator("#replies-list li", has_text="nur einmal").count() == 1


def test_all_canned_replies_are_offered(stack, talks, desk):
    make = "from seats.models import CannedReply; CannedReply.objects.bulk_create(CannedReply(title=f't{n}', text='x') for n in range(40))"
    stack.manage("shell", "-v0", "-c", make)
    talks.open(talks.new())
    desk.page.fill(FIELD, "/t")
    desk.page.locator("#canned li").nth(39).wait_for()


def test_a_phone_has_its_way_back(stack, talks, phone):
    talks.new()
    phone.locator("#list li a").first.click(timeout=60000)
    phone.locator(FIELD).wait_for()
    phone.locator("[data-info]:visible").click()
    phone.locator("#customer .person").wait_for()
    phone.go_back()
    wait_for(phone, "!('info' in document.body.dataset) && document.body.dataset.view === 'chat'")
    phone.go_back()
    wait_for(phone, "document.body.dataset.view === 'list'")
    # Opened by its address, and where there is nothing to see or it cannot be fetched.
    phone.goto(f"{stack.url}/desk/?c=99999")
    phone.locator("#chat .empty", has_text="不能查看").wait_for()
    phone.locator("#chat [data-back]").click()
    wait_for(phone, "document.body.dataset.view === 'list'")
    phone.route(re.compile(r"/desk/\d+/$"), lambda route: route.fulfill(status=503, body="away"), times=1)
    phone.locator("#list li a").first.click()
    phone.locator("#chat .empty").wait_for()
    phone.locator("#chat [data-back]").click()
    wait_for(phone, "document.body.dataset.view === 'list'")


def test_on_a_phone_words_behind_the_customers_pane_are_not_read_yet(talks, phone):
    one = talks.new()
    phone.locator("#list li", has_text=f"客户{one:02d}说").locator("a").click(timeout=60000)
    phone.locator(FIELD).wait_for()
    talks.row(one).locator(".unread").wait_for(state="detached", timeout=60000)
    phone.locator("[data-info]:visible").click()
    phone.locator("#customer .person").wait_for()
    talks.says(one, "dahinter")
    phone.locator("#messages", has_text="dahinter").wait_for(state="attached")
    talks.row(one).locator(".unread", has_text="1").wait_for(timeout=60000)
    phone.wait_for_timeout(1500)  # what is read is said within a second
    assert talks.row(one).locator(".unread").inner_text() == "1"
    phone.go_back()
    talks.says(one, "davor")
    talks.row(one).locator(".unread").wait_for(state="detached", timeout=60000)


def test_on_a_phone_an_offer_stands_over_the_chat(talks, phone):
    talks.new()
    there = []
    phone.route("**/desk/stream/**", lambda route: route.abort())
    phone.route("**/desk/offers/", lambda route: route.fulfill(content_type="text/html", body="".join(there)))
    phone.reload()
    phone.locator("#list li a").first.click(timeout=60000)
    phone.locator(FIELD).wait_for()
    assert phone.locator("#offer-strip").is_hidden()
    there.append(offer(7, time.time() + 60))
    strip = phone.locator("#offer-strip", has_text="bob 转接")
    strip.wait_for(timeout=60000)
    assert re.search(r"0:[0-5]\d|1:00", strip.locator("time").inner_text())
    top, chat = strip.bounding_box(), phone.locator("#chat").bounding_box()
    assert top["y"] + top["height"] <= chat["y"] + 1
    assert top["height"] >= 40
    strip.click()
    phone.locator(".offer").wait_for()
    assert strip.is_hidden()
    there.clear()
    phone.locator(".offer").wait_for(state="detached", timeout=60000)


def test_what_the_next_message_costs_is_said_before_it_goes(talks, desk):
    one, page = talks.new(), desk.page
    talks.open(one)
    page.locator("#left .countdown", has_text="小时").wait_for()
    assert "low" not in page.locator("#left").get_attribute("class")
    assert page.locator("#cost").is_hidden()
    page.fill(FIELD, "x")
    left = int(re.search(r"\d+", page.locator("#left").inner_text())[0])
    assert page.locator("#cost").inner_text() == f"发出后剩 {left - 1} 条"
    page.fill(FIELD, "长" * 683)  # 2,049 bytes: two messages
    assert page.locator("#cost").is_hidden()
    page.fill(FIELD, "")
    # Nearly over, it is amber.
    until = f'data-until="{time.time() + 7000:.0f}"'
    page.route(
        "**/customer/",
        lambda route: route.fulfill(
            body=re.sub(r'data-until="\d+"', until, route.fetch().text()), content_type="text/html"
        ),
    )
    talks.open(one)
    page.locator("#left.low", has_text="1 小时 56 分").wait_for()


def test_with_the_keyboard_up_a_phone_shows_the_chat_as_well(talks, phone):
    talks.new()
    phone.set_viewport_size({"width": 390, "height": 420})
    phone.locator("#list li a").first.click(timeout=60000)
    phone.fill(FIELD, "\n".join("viele Zeilen"))
    assert phone.locator("#messages").evaluate("(log) => log.clientHeight") > 120
    assert phone.locator("#composer .send button").is_visible()
