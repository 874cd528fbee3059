"""The back office's first page: today's figures, what needs a person, where to go, what is still to be set up."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from analytics.access import readable_groups
from analytics.facts import rollups
from analytics.live import home, today
from analytics.live.floor import groups_now
from analytics.live.todo import todo
from bridge.base import clock
from bridge.models import Customer, Delivery, Endpoint, InboundEvent
from seats.models import Seat
from tests.support.routing import conversation

pytestmark = pytest.mark.either


def chief() -> User:
    return User.objects.create_superuser("chief")


def titles(user: User) -> dict[str, str]:
    return {one.title: one.url for one in todo(user, groups_now(readable_groups(user), clock.now()), 0)}


def test_a_site_on_which_nothing_is_wrong_says_so(talking, admin_client):
    page = admin_client.get("/admin/").content.decode()
    assert "没有待处理的事项" not in page, "steps are left"
    assert "设置还差" in page
    assert titles(chief()) == {}


def test_the_longest_wait_is_that_of_now(day):
    """Who waited long and has gone is in yesterday's and today's numbers; the tile is about who can still be helped."""
    longest = lambda: next(one for one in today.today(None, clock.now()).figures if one.of_now)  # noqa: E731
    assert (longest().tile.value, longest().late) == (None, False)
    day.arrive(1)
    day.now += timedelta(minutes=40)
    day.arrive(2)
    assert (longest().tile.value, longest().late) == (2401, True)
    day.now += timedelta(minutes=5)
    day.site.login("alice")
    day.site.work()
    assert longest().tile.value is None
    page = Client()
    page.force_login(chief())
    assert "最久排队 · 现在" in page.get("/admin/").content.decode()


def test_each_thing_that_needs_a_person_is_named_with_where_to_mend_it(day):
    day.site.login("alice")
    day.arrive(1)
    Endpoint.objects.filter(platform="wechat").update(trouble="40001: 微信拒绝了令牌", trouble_since=day.now)
    Delivery.objects.update(state=Delivery.State.FAILED, reason="太大")
    InboundEvent.objects.filter(platform="wechat").update(state=InboundEvent.State.FAILED)
    Customer.objects.update(window_until=day.now + timedelta(minutes=30))
    Seat.objects.update(availability="busy")
    day.arrive(2)
    day.now += timedelta(minutes=10)
    found = titles(chief())
    words = " ".join(found)
    for needed in ("微信拒绝了令牌", "投递不再重试", "事件处理失败", "窗口期", "销售：1 人排队，最久 10 分"):
        assert needed in words, needed
    page = Client()
    page.force_login(User.objects.get(username="chief"))
    assert {url: page.get(url).status_code for url in found.values()} == dict.fromkeys(found.values(), 200)
    assert next(iter(found)).startswith("旗舰店") or "旗舰店" in words


def test_who_may_do_nothing_about_it_is_not_told(day):
    day.site.login("alice")
    day.arrive(1)
    Delivery.objects.update(state=Delivery.State.FAILED)
    analyst = User.objects.create_user("analyst", is_staff=True)
    analyst.groups.add(Group.objects.get(name="分析员"))
    assert titles(User.objects.get(username="analyst")) == {}


def test_todays_figures_are_those_of_the_report_and_have_a_line_by_the_hour(day, admin_client):
    day.site.login("alice")
    day.arrive(1, 2)
    rollups.update(clock.now())
    made = today.today(None, clock.now())
    opened = made.figures[0]
    assert (opened.tile.metric.name, opened.tile.value, opened.tile.before) == ("opened", 2, 0)
    assert sum(bar.today for bar in made.bars) == 2
    assert [value for value, _y in made.ticks] == [0, 1, 2, 3]
    page = admin_client.get("/admin/").content.decode()
    assert page.count('class="spark"') == len(today.NAMES)
    assert conversation(1)


def test_lines_are_broken_where_nothing_is_known():
    assert today._pieces([1, 2, None, None, 4, 2], 4) == ["0.0,23.2 5.2,16.5", "20.9,3.0 26.1,16.5"]
    assert today._pieces([None, 1, None], 1) == []


def test_an_empty_site_is_led_to_its_set_up(db, client):
    user = chief()
    client.force_login(user)
    page = client.get("/admin/").content.decode()
    assert "0 /" in page
    steps = home.steps(user)
    assert len(steps) >= 5
    # As in docs/connect.md: an account needs a group, and who writes to it somebody who answers.
    order = [re.sub(r".*/(\w+)/add/", r"\1", one.url) for one in steps]
    assert order[:4] == ["seatgroup", "seat", "tencentimapp", "wechataccount"]
    assert not any(one.done for one in steps)
    assert {client.get(one.url).status_code for one in steps} == {200}


def test_the_phone_page_is_offered_where_an_account_is_on_the_sandbox(site, settings):
    assert home.sandbox_page() == ""
    from bridge.platforms.wechat.models import WeChatAccount

    WeChatAccount.objects.update(api_base=f"http://127.0.0.1:{settings.SANDBOX_PORT}/wechat")
    assert home.sandbox_page() == f"http://127.0.0.1:{settings.SANDBOX_PORT}/"
