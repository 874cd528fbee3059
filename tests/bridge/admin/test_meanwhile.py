"""Two people at the same page: whoever saves later is told, sees what was entered, and may save once more."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bridge.models import AutoAnswer
from bridge.platforms.wechat.models import QrCode, WeChatAccount
from bridge.values.content import Text
from chatbots.models import FaqEntry
from seats.models import SeatGroup

pytestmark = pytest.mark.once

QR = "/admin/bridge/qrcode/"


@pytest.fixture
def chief(site, admin_client):
    return admin_client


@pytest.fixture
def colleague(site):
    page = Client()
    page.force_login(User.objects.create_superuser("wang.fang"), backend="django.contrib.auth.backends.ModelBackend")
    return page


def shown(client, address: str) -> dict[str, str]:
    """Return what the page's form would send as it stands."""
    answer = client.get(address)
    form = answer.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    entered = {name: value for name, value in values.items() if value is not None and value is not False}
    inlines = [one.formset.management_form for one in answer.context["inline_admin_formsets"]]
    counts = {form.add_prefix(name): form[name].value() for form in inlines for name in form.fields}
    seen = re.search(r'name="seen_change" value="(\d+)"', answer.text)
    return {**entered, **counts, **({"seen_change": seen[1]} if seen else {})}


def pages(site) -> dict[str, tuple[str, type, str]]:
    """Return each page's address, its model, and the column that is changed."""
    code = QrCode.objects.create(account=site.account, name="x", scene="a", kind=QrCode.Kind.FOREIGN)
    entry = FaqEntry.objects.create(
        keywords="x", answer=AutoAnswer.objects.create(content=Text("yes").to_json(), words="yes")
    )
    return {
        "code": (f"{QR}{code.pk}/change/", QrCode, "name"),
        "entry": (f"/admin/chatbots/faqentry/{entry.pk}/change/", FaqEntry, "keywords"),
        "account": (f"/admin/bridge/wechataccount/{site.account.pk}/change/", WeChatAccount, "name"),
        "group": (f"/admin/seats/seatgroup/{SeatGroup.objects.get(slug='sales').pk}/change/", SeatGroup, "name"),
    }


@pytest.mark.parametrize("page", ["code", "entry", "account", "group"])
def test_what_a_colleague_saved_meanwhile_is_not_overwritten_unseen(site, chief, colleague, page):
    address, model, column = pages(site)[page]
    mine, theirs = shown(chief, address), shown(colleague, address)
    saved = colleague.post(address, {**theirs, column: "theirs"})
    assert saved.status_code == 302, saved.context["errors"]
    refused = chief.post(address, {**mine, column: "mine"})
    assert "wang.fang" in str(refused.context["errors"])
    assert 'value="mine"' in refused.text
    assert model.objects.filter(**{column: "theirs"}).exists()
    # Who was told and saves once more means it.
    again = re.search(r'name="seen_change" value="(\d+)"', refused.text)[1]
    assert chief.post(address, {**mine, column: "mine", "seen_change": again}).status_code == 302
    assert model.objects.filter(**{column: "mine"}).exists()


def test_what_the_product_writes_meanwhile_and_one_after_the_other_is_no_conflict(site, chief, colleague):
    address, model, column = pages(site)["code"]
    mine = shown(chief, address)
    row = model.objects.get()
    row.name = "by the product"
    row.save()
    assert chief.post(address, {**mine, column: "mine"}).status_code == 302
    assert colleague.post(address, {**shown(colleague, address), column: "theirs"}).status_code == 302
    assert model.objects.get().name == "theirs"


@pytest.mark.parametrize("seen", ["", "x", "-1", "٣", "9" * 5000], ids=["empty", "x", "minus", "other digits", "huge"])
def test_who_posts_by_a_program_has_seen_no_page(site, chief, colleague, seen):
    address, _model, column = pages(site)["code"]
    mine, theirs = shown(chief, address), shown(colleague, address)
    colleague.post(address, {**theirs, column: "theirs"})
    answer = chief.post(address, {**mine, column: "mine", "seen_change": seen})
    assert answer.status_code in (200, 302)


def test_the_page_of_a_new_row_has_seen_nothing(site, chief):
    assert "seen_change" not in shown(chief, f"{QR}add/")
