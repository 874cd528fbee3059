"""An analyst answers ten questions in Chromium, each in at most four clicks from the key figures; and looks at the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.chromium import ONCE_IN_CHROMIUM, shot
from tests.support.stack import Stack

pytestmark = ONCE_IN_CHROMIUM
MOST_CLICKS = 4
BEGIN = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from analytics.models import DayNote
from bridge.base import clock
User.objects.create_superuser("chief", password="chief-password-1", first_name="管理员")
today = timezone.localtime(clock.now()).date()
DayNote.objects.create(day=today - timedelta(days=7), text="新欢迎语")
"""
# The answers, from the conversations and facts themselves.
TRUTH = """
import json
from collections import Counter, defaultdict
from datetime import timedelta
from math import ceil
from statistics import median
from django.utils import timezone
from bridge.base import clock
from bridge.models import Account, Conversation, Fact
from seats.models import Seat, SeatGroup
K = Fact.Kind
today = timezone.localtime(clock.now()).date()
first = today - timedelta(days=29)
day = lambda at: timezone.localtime(at).date()
within = [one for one in Fact.objects.all() if first <= day(one.at) <= today]
opened = {one.conversation_id: one for one in within if one.kind == K.OPENED}
waits, answers = defaultdict(list), defaultdict(list)
seen = set()
for one in Fact.objects.filter(kind=K.ASSIGNED).exclude(seconds=None).order_by("at", "pk"):
    if one.conversation_id in opened and one.conversation_id not in seen:
        seen.add(one.conversation_id)
        waits[timezone.localtime(opened[one.conversation_id].at).hour].append(one.seconds)
seats = {one.pk: one.user.first_name for one in Seat.objects.select_related("user")}
for one in within:
    if one.kind == K.FIRST_ANSWER:
        answers[seats[one.seat_id]].append(one.seconds)
talks = Conversation.objects.in_bulk(list(opened))
refunds = Counter(str(day(opened[pk].at) - timedelta(days=day(opened[pk].at).weekday())) for pk, one in talks.items() if one.tags.filter(name="退换").exists())
codes = Counter(one.source_detail for one in talks.values() if one.source == "scan")
failed = Counter(Account.objects.get(pk=one.account_id).name for one in within if one.kind == K.FAILED)
groups = dict(SeatGroup.objects.values_list("slug", "name"))
busiest = Counter((str(day(one.at)), groups[talks[pk].group]) for pk, one in opened.items())
print(json.dumps({
    "hours": {f"{hour:02d}:00": sorted(some)[ceil(len(some) * .9) - 1] for hour, some in waits.items() if len(some) > 9},
    "slow": {name: median(some) for name, some in answers.items()}, "refunds": refunds, "codes": codes, "failed": failed,
    "busiest": [[*key, count] for key, count in busiest.most_common(1)],
    "abandoned": sum(one.kind == K.CLOSED and one.detail == "abandoned" and day(one.at) == today - timedelta(days=1) for one in within),
}))
"""


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5}, workers=1, threads=2, static=True) as running:
        # First, while nothing else writes: reports of 2,500 conversations keep SQLite's one writer busy for a while.
        running.manage("shell", "-v0", "-c", BEGIN)
        running.manage("demo_data", "--days", "40", "--conversations", "2500", "--force")
        yield running


class Analyst:
    """Somebody at a browser, whose clicks are counted; to choose in a list is one."""

    def __init__(
        self, browser: Any, stack: Stack, width: int = 1440, locale: str = "zh-CN", scheme: str = "light"
    ) -> None:
        self.stack, self.clicks = stack, 0
        size = {"width": width, "height": 900}
        self.page = browser.new_context(viewport=size, locale=locale, color_scheme=scheme).new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(f"{stack.url}/admin/login/?next=/admin/reports/overview/")
        self.page.fill("[name=username]", "chief")
        self.page.fill("[name=password]", "chief-password-1")
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_selector(".tiles")

    def asks(self) -> None:
        """Begin at the key figures."""
        self.page.goto(f"{self.stack.url}/admin/reports/overview/")
        self.clicks = 0

    def click(self, where: str) -> None:
        self.page.click(where)
        self.page.wait_for_load_state()  # a click by itself does not wait for the page behind a link
        self.clicks += 1

    def chooses(self, name: str, value: str) -> None:
        self.page.select_option(f"[name={name}]", value)
        self.clicks += 1

    def tab(self, name: str) -> None:
        self.click(f".tabs >> text='{name}'")

    def table(self, where: str = ".sheet table") -> dict[str, list[str]]:
        """Return the rows of a table by their heads."""
        rows = self.page.eval_on_selector_all(
            f"{where} tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        )
        return {row[0]: row[1:] for row in rows}

    def heads(self, where: str = ".sheet table") -> list[str]:
        found = self.page.eval_on_selector_all(f"{where} thead th", "cells => cells.map(cell => cell.innerText.trim())")
        return [" ".join(one.split()) for one in found][1:]

    def answered(self) -> None:
        assert self.clicks <= MOST_CLICKS, self.clicks


def seconds(words: str) -> float:
    units = {"秒": 1, "分": 60, "分钟": 60, "小时": 3600}
    parts = words.split()
    return sum(
        float(number.replace(",", "")) * units[unit] for number, unit in zip(parts[::2], parts[1::2], strict=True)
    )


def test_ten_questions(browser, stack):
    truth = json.loads(stack.manage("shell", "-v0", "-c", TRUTH).splitlines()[-1])
    one = Analyst(browser, stack)

    one.asks()  # 1: which hour is understaffed?
    one.tab("自助分析")
    one.chooses("rows", "hour")
    one.chooses("measure", "wait_p90")
    one.click(".scope button")
    waits = {hour: cells[0] for hour, cells in one.table().items()}
    worst = max(truth["hours"], key=truth["hours"].get)
    assert truth["hours"][worst] > 0
    assert seconds(waits[worst]) == pytest.approx(truth["hours"][worst], rel=0.11, abs=1)
    one.answered()

    one.asks()  # 2: which seat is slow at first answers?
    one.tab("座席")
    column = one.heads().index("首次响应时长 · 中位数")
    slow = {
        name: seconds(cells[column])
        for name, cells in one.table().items()
        if "秒" in cells[column] or "分" in cells[column]
    }
    assert max(slow, key=slow.get) in sorted(truth["slow"], key=truth["slow"].get)[-2:]
    one.answered()

    one.asks()  # 3: did last week's new welcome text reduce the queue?
    one.tab("排队")
    one.click(".presets >> text='7 天'")
    one.chooses("compare", "before")
    one.click(".scope button")
    one.page.click("#numbers-length summary", timeout=60000)
    assert len(one.heads("#numbers-length table")) == 2
    assert one.heads("#numbers-length table")[1].endswith("上一周期")
    assert len(one.table("#numbers-length table")) == 7
    one.answered()

    one.asks()  # 4: how many refunds a week, and how fast?
    one.tab("自助分析")
    one.chooses("tag", "退换")
    one.chooses("rows", "week")
    one.click(".scope button")
    weeks = one.table()
    assert {week: int(cells[0]) for week, cells in weeks.items() if cells[0] != "0"} == truth["refunds"]
    assert "首次响应时长 · 中位数" in one.heads()
    shot(one.page, "analyst-refunds")
    one.answered()

    one.asks()  # 5: which code brings the most?
    one.tab("自助分析")
    one.chooses("rows", "detail")
    one.click(".scope button")
    rows = one.table()
    assert {name: int(rows[name][0].replace(",", "")) for name in truth["codes"]} == truth["codes"]
    one.answered()

    one.asks()  # 6: on which account do the most deliveries fail?
    one.tab("投递")
    column = one.heads().index("失败的投递")
    failed = {name: int(cells[column]) for name, cells in one.table(".sheet:nth-of-type(1) table").items()}
    assert {name: count for name, count in failed.items() if count} == truth["failed"]
    one.answered()

    one.asks()  # 7: which group has its customers wait longer than agreed?
    one.tab("排队")
    assert "及时接入率" in one.heads()
    assert len(one.table()) == 3
    one.answered()

    one.asks()  # 8: what does a number mean?
    one.click(".tile .term >> text='及时接入率'")
    assert one.page.is_visible("#means-within_goal")
    assert "目标" in one.page.inner_text("#means-within_goal")
    one.page.keyboard.press("Escape")
    assert not one.page.is_visible("#means-within_goal")
    one.answered()

    one.asks()  # 9: who gave up yesterday?
    one.click(".presets >> text='昨天'")
    one.click(".tile:has-text('放弃排队占比') .value a")
    assert len(one.page.query_selector_all("table.list tbody tr")) == truth["abandoned"]
    one.answered()

    one.asks()  # 10: which group had its busiest day when?
    one.tab("自助分析")
    one.chooses("rows", "day")
    one.chooses("columns", "group")
    one.click(".scope button")
    ((day, group, count),) = truth["busiest"]
    assert one.table()[day][one.heads().index(group)] == f"{count:,}"
    one.answered()
    assert one.problems == []


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_fit_and_print(browser, stack, width, locale):
    one = Analyst(browser, stack, width, locale)
    pages = {
        "overview": "overview/?compare=before", "queue": "queue/", "none": "explore/?from=2020-01-01&to=2020-01-31",
        "tags": "explore/?rows=tag", "much": "explore/?rows=seat&columns=hour&measure=first_answer_p50", "words": "explore/?rows=detail",
    }  # fmt: skip
    for name, path in pages.items():
        one.page.goto(f"{stack.url}/admin/reports/{path}")
        assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        shot(one.page, f"analyst-{name}-{locale}-{width}")
    one.page.emulate_media(media="print")
    one.page.goto(f"{stack.url}/admin/reports/overview/")
    assert one.page.is_visible(".on-paper")
    assert not one.page.is_visible(".reports .scope")
    assert one.problems == []


CUT = """
() => [...document.querySelectorAll(".reports canvas, .reports table")].filter(one => one.checkVisibility())
  .filter(one => one.getBoundingClientRect().right > one.closest("figure, section").getBoundingClientRect().right).length
"""
ASKEW = """
() => [...document.querySelectorAll(".sheet table")].flatMap(one => {
  const right = row => [...row.cells].filter(cell => cell.checkVisibility()).map(cell => Math.round(cell.getBoundingClientRect().right));
  const [heads, total] = [right(one.tHead.rows[0]), right(one.tFoot.rows[0])];
  return heads.join() === total.join() ? [] : [[heads, total]];
})
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_on_a4_is_light_and_whole_and_says_its_limits(browser, stack, scheme):
    one = Analyst(browser, stack, scheme=scheme)
    one.page.goto(f"{stack.url}/admin/reports/queue/?group=demo-sales")
    is_dark = "document.documentElement.classList.contains('dark')"
    assert one.page.evaluate(is_dark) == (scheme == "dark")
    one.page.click("#numbers-waits summary")
    one.page.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins
    one.page.emulate_media(media="print", color_scheme=scheme)
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not one.page.evaluate(is_dark)
    assert one.page.evaluate(CUT) == 0
    assert one.page.evaluate(ASKEW) == []
    assert one.page.is_visible("#numbers-waits tr:last-child")
    assert not one.page.is_visible("#numbers-length table")
    assert one.page.is_visible(".definitions dd >> nth=-1")
    assert "座席组: 销售咨询" in one.page.inner_text(".until")
    assert one.page.evaluate("document.querySelector('h1.on-paper').getBoundingClientRect().top") < 40, (
        "no head of the back office"
    )
    shot(one.page, f"analyst-paper-{scheme}")
    one.page.emulate_media(media="screen", color_scheme=scheme)
    one.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert one.page.evaluate(is_dark) == (scheme == "dark")
    assert not one.page.is_visible(".definitions dd >> nth=-1")
    assert one.problems == []


def test_a_chart_is_read_with_the_keyboard(browser, stack):
    one = Analyst(browser, stack)
    one.page.focus("#numbers-outcomes summary")
    one.page.keyboard.press("Enter")
    assert one.page.is_visible("#numbers-outcomes table")
    meanings, link = 0, None
    for _stop in range(8):  # the table that scrolls, the names of the columns, then its links
        one.page.keyboard.press("Tab")
        meanings += one.page.evaluate("document.activeElement.matches('#numbers-outcomes thead .term')")
        if link := one.page.evaluate(
            "document.activeElement.matches('#numbers-outcomes a') && document.activeElement.href"
        ):
            break
    assert meanings == 4
    assert link
    assert "/admin/reports/behind/" in link
    one.page.goto(link)
    assert one.page.query_selector_all("table.list tbody tr")
    assert one.problems == []
