"""Access tokens: used until a minute before their end, and not a moment longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.base import clock
from bridge.platforms.wechat import tokens
from bridge.platforms.wechat.models import WeChatAccount

pytestmark = pytest.mark.either

LIFE = 7200


@pytest.fixture
def account(site, platforms) -> WeChatAccount:
    platforms.answer("stable_token", *({"access_token": f"T{number}", "expires_in": LIFE} for number in range(1, 6)))
    return WeChatAccount.objects.get()


def got_after(account: WeChatAccount, seconds: float, began=clock.now()) -> str:  # noqa: B008
    moment = began + timedelta(seconds=seconds)
    with clock.fixed(lambda: moment):
        return tokens.get(account)


def test_a_token_is_used_until_a_minute_before_its_end(account):
    assert [got_after(account, seconds) for seconds in (0, 1, LIFE - 61)] == ["T1"] * 3
    assert got_after(account, LIFE - 60) == "T2"
    assert got_after(account, 2 * LIFE - 121) == "T2"


def test_after_its_end_it_is_never_used(account):
    assert got_after(account, 0) == "T1"
    assert got_after(account, LIFE + 1) == "T2"


def test_another_secret_or_address_has_another_token(account):
    assert tokens.get(account) == "T1"
    account.app_secret = "another"
    assert tokens.get(account) == "T2"
    account.api_base = "https://elsewhere.example.com"
    assert tokens.get(account) == "T3"


def test_a_life_that_is_not_said_is_the_usual_one(site, platforms):
    account = WeChatAccount.objects.get()
    platforms.answer("stable_token", {"access_token": "T1"}, {"access_token": "T2"})
    assert [got_after(account, seconds) for seconds in (0, LIFE - 61, LIFE - 59)] == ["T1", "T1", "T2"]


def test_a_sibling_that_has_fetched_already_is_believed(account):
    assert tokens.get(account) == "T1"
    tokens.refresh(account, "T0")
    assert tokens.get(account) == "T1"
    tokens.refresh(account, "T1")
    assert tokens.get(account) == "T2"
