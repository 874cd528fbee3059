"""Who changed what and when: of accounts, the IM app, groups and FAQ entries; of secrets only that they were changed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bridge.platforms.wechat.models import WeChatAccount

pytestmark = pytest.mark.once


@pytest.fixture
def chief(site) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    return client


def form_of(client: Client, address: str) -> dict[str, object]:
    form = client.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def test_the_history_of_an_account_shows_the_difference_and_no_secret(chief):
    account = WeChatAccount.objects.get()
    address = f"/admin/bridge/wechataccount/{account.pk}/"
    given = {**form_of(chief, f"{address}change/"), "name": "新名字", "token": "aNewSecretToken99"}
    answer = chief.post(f"{address}change/", given)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    page = chief.get(f"{address}history/").content.decode()
    assert "chief" in page
    assert "新名字" in page
    assert account.name in page
    assert "aNewSecretToken99" not in page
    record = WeChatAccount.history.latest()
    assert record.history_change_reason.startswith("修改了：")
    assert not any(
        "token" in field.name or "secret" in field.name or "aes" in field.name for field in record._meta.fields
    )


def test_what_workers_write_makes_no_history(site, platforms):
    before = WeChatAccount.history.count()
    site.customer_says("hello")
    site.work()
    assert WeChatAccount.history.count() == before


@pytest.mark.parametrize("page", ["seats/seatgroup", "chatbots/faqentry", "bridge/tencentimapp"])
def test_every_traced_page_has_its_history(chief, page):
    from bridge.models import AutoAnswer
    from chatbots.models import FaqEntry

    FaqEntry.objects.create(keywords="hours", answer=AutoAnswer.of("nine to six"))
    listed = chief.get(f"/admin/{page}/").content.decode()
    first = listed.split(f"/admin/{page}/")[1:]
    number = next(part.split("/")[0] for part in first if part.split("/")[0].isdecimal())
    assert chief.get(f"/admin/{page}/{number}/history/").status_code == 200
