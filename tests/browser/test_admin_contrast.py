"""The back office's pages in Chromium: axe-core finds no words that are too faint, light and dark; none is wider than a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group

from analytics.facts import rollups
from bridge.base import clock
from bridge.models import Conversation, Customer, Fact, Tag
from tests.browser.test_office_tasks import Office, office
from tests.support.chromium import ONCE_IN_CHROMIUM, shot

__all__ = ["office"]  # a fixture
pytestmark = [*ONCE_IN_CHROMIUM, pytest.mark.django_db(transaction=True)]


def pages() -> list[str]:
    talk, customer, role = Conversation.objects.first(), Customer.objects.first(), Group.objects.first()
    assert talk
    assert customer
    assert role
    return [
        "/admin/", "/admin/bridge/wechataccount/", "/admin/bridge/wechataccount/add/", "/admin/seats/seat/",
        "/admin/seats/seat/add/", "/admin/seats/seatgroup/", "/admin/seats/seatgroup/add/", "/admin/constance/config/",
        "/admin/auth/group/", f"/admin/auth/group/{role.pk}/change/", "/admin/auth/user/", "/admin/bridge/delivery/",
        f"/admin/bridge/conversation/{talk.pk}/transcript/", f"/admin/bridge/customer/{customer.pk}/change/",
        "/admin/bridge/customer/", "/admin/bridge/inboundevent/", "/admin/seats/seatgroup/outlook/",
        "/admin/chatbots/faqentry/try/", "/admin/two-step/", "/admin/tokens/", "/admin/reports/overview/",
    ]  # fmt: skip


def faint(page: Any) -> list[str]:
    page.wait_for_timeout(200)
    page.evaluate(
        "Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => 0)))"
    )
    found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    return [f"{node['html'][:120]} {node['any'][0]['message'][:150]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_no_words_are_too_faint(live_server, browser, office, scheme):
    one = Office(browser, live_server.url)
    one.page.emulate_media(color_scheme=scheme)
    wrong = {}
    for number, address in enumerate(pages()):
        one.page.goto(one.url + address)
        assert one.page.evaluate("document.documentElement.classList.contains('dark')") is (scheme == "dark")
        if found := faint(one.page):
            wrong[address] = found
        shot(one.page, f"admin-{scheme}-{number}")
    assert wrong == {}, "\n".join(f"{page} {one}" for page, found in wrong.items() for one in found)


def test_the_number_of_the_page_is_read_in_the_dark(live_server, browser, office):
    Tag.objects.bulk_create(Tag(name=f"tag {number}") for number in range(150))
    one = Office(browser, live_server.url)
    one.page.emulate_media(color_scheme="dark")
    one.page.goto(f"{one.url}/admin/bridge/tag/")
    number = one.page.locator("span.font-medium.text-primary-600")
    # Of a single character axe says nothing.
    assert number.evaluate("(one) => getComputedStyle(one).color") == "rgb(72, 167, 134)"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_table_of_sources_fits_a_phone(live_server, browser, office, language):
    for day in range(1, 9):
        at = clock.now() - timedelta(days=day)
        for kind in (Fact.Kind.FOLLOWED, Fact.Kind.UNFOLLOWED):
            for way in ("ADD_SCENE_SEARCH", "ADD_SCENE_PROFILE_CARD"):
                Fact.objects.create(kind=kind, at=at, value=1, detail=way, account_id=office.account.pk)
    rollups.update(clock.now())
    one = Office(browser, live_server.url)
    one.page.set_viewport_size({"width": 390, "height": 844})
    one.page.context.add_cookies([{"name": "django_language", "value": language, "url": one.url}])
    one.page.goto(f"{one.url}/admin/reports/sources/")
    tables = one.page.locator(".sheet .scroll")
    assert tables.count() == 2
    assert [tables.nth(at).evaluate("(one) => one.scrollWidth - one.clientWidth") for at in range(2)] == [0, 0]
    short = ".reports :is(.presets a, .presets button, .saved button, .term)"
    assert [
        box for box in one.page.locator(short).all() if box.is_visible() and box.bounding_box()["height"] < 32
    ] == []


def test_no_page_is_wider_than_a_phone(live_server, browser, office):
    one = Office(browser, live_server.url)
    one.page.set_viewport_size({"width": 390, "height": 844})
    one.page.context.add_cookies([{"name": "django_language", "value": "en", "url": one.url}])
    wrong = {}
    for address in pages():
        one.page.goto(one.url + address)
        over = one.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wrong[address] = over
    assert wrong == {}
