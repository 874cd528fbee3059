"""Welcomes, keywords and QR codes in Chromium: their pages in the back office, and what a customer's phone shows of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bridge.models import AutoAnswer
from bridge.platforms.wechat.models import QrCode
from bridge.values.content import Link
from chatbots.models import FaqEntry, Welcome
from tests.support.actors import Site
from tests.support.chromium import ONCE_IN_CHROMIUM, make_as_wide, shot

pytestmark = [*ONCE_IN_CHROMIUM, pytest.mark.django_db(transaction=True)]
WIDTHS = (390, 1440)  # pixels


@pytest.fixture
def office(platforms, client) -> Site:
    site = Site(client, platforms)
    User.objects.create_superuser("chief", first_name="管理员")
    return site


def signed_in(browser, url: str, language: str = "zh-CN") -> tuple[Any, list[str]]:
    context = browser.new_context(viewport={"width": WIDTHS[-1], "height": 900}, locale=language)
    chief = Client()
    chief.force_login(User.objects.get(username="chief"), backend="django.contrib.auth.backends.ModelBackend")
    context.add_cookies([{"name": "sessionid", "value": chief.cookies["sessionid"].value, "url": url}])
    page, problems = context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page, problems


def is_whole(page) -> bool:
    """Tell whether nothing of the page stands beyond its right edge."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_form_shows_the_fields_of_the_kind_and_saves_them(browser, live_server, office):
    page, problems = signed_in(browser, live_server.url)
    page.goto(f"{live_server.url}/admin/chatbots/welcome/add/")
    assert page.is_visible("[name=answer_text]")
    assert not page.is_visible("[name=answer_url]")
    page.select_option("[name=answer_kind]", "card")
    page.locator("[name=answer_url]").wait_for()
    assert not page.is_visible("[name=answer_text]")
    page.fill("[name=answer_title]", "到店路线")
    page.fill("[name=answer_url]", "https://shop.example/map")
    with page.expect_navigation():
        page.click("[name=_save]")
    assert Welcome.objects.get().answer.said == Link("到店路线", "https://shop.example/map")
    page.goto(f"{live_server.url}/admin/chatbots/welcome/{Welcome.objects.get().pk}/change/")
    assert page.input_value("[name=answer_title]") == "到店路线"
    assert not page.is_visible("[name=answer_text]")
    assert problems == []


def test_a_code_is_made_and_printed(browser, live_server, office, platforms):
    platforms.answer("qrcode/create", {"ticket": "ticket-1", "url": "http://weixin.qq.com/q/1"})
    page, problems = signed_in(browser, live_server.url)
    page.goto(f"{live_server.url}/admin/bridge/qrcode/add/")
    page.fill("[name=name]", "地铁站海报")
    page.select_option("[name=account]", label="旗舰店")
    page.select_option("[name=group]", "care")
    with page.expect_navigation():
        page.click("[name=_save]")
    code = QrCode.objects.get()
    assert (code.ticket, code.group, code.expires_at) == ("ticket-1", "care", None)
    assert platforms.bodies("qrcode/create") == [
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": code.scene}}}
    ]
    page.goto(f"{live_server.url}/admin/bridge/qrcode/print/?ids={code.pk}")
    assert page.locator(".sheet figure svg").count() == 1
    assert "旗舰店" in page.inner_text(".sheet")
    assert problems == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_how_the_pages_look(browser, live_server, office, language):
    FaqEntry.objects.create(
        keywords="营业 时间", answer=AutoAnswer.of("我们每天 9:00–18:00 营业。"), account=office.account
    )
    welcome = Welcome.objects.create(
        answer=AutoAnswer.of("欢迎关注，发送“营业”查看营业时间。"), other=AutoAnswer.of("您好。")
    )
    codes = [
        QrCode.objects.create(
            account=office.account, name=name, scene=name, url=f"http://weixin.qq.com/q/{name}", **more
        )
        for name, more in (
            ("poster", {"group": "care"}),
            ("counter", {"seat_id": office.alice.pk}),
            ("till", {}),
            ("bag", {}),
        )
    ]
    page, problems = signed_in(browser, live_server.url, language)
    for name, path in (
        ("welcomes", "chatbots/welcome/"),
        ("welcome", f"chatbots/welcome/{welcome.pk}/change/"),
        ("faq", "chatbots/faqentry/"),
        ("faq-add", "chatbots/faqentry/add/"),
        ("codes", "bridge/qrcode/"),
        ("code", f"bridge/qrcode/{codes[0].pk}/change/"),
        ("code-add", "bridge/qrcode/add/"),
        ("sheet", "bridge/qrcode/print/?ids=" + ",".join(str(code.pk) for code in codes)),
    ):
        make_as_wide(page, WIDTHS[0])
        page.goto(f"{live_server.url}/admin/{path}")
        for width in WIDTHS:
            make_as_wide(page, width)
            shot(page, f"{name}-{language}-{width}")
            assert is_whole(page), (name, width)
    assert problems == []
