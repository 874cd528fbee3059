"""New token and keys: what the platform signs with stays valid until it uses the new ones, however often they are renewed."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from bridge.base import clock
from bridge.live import endpoints
from bridge.models import InboundEvent
from bridge.platforms.tencent_im.app import tencent_im_app
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat import door
from bridge.platforms.wechat.forms import WeChatAccountForm
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import AES_KEY, CALLBACK_TOKEN, TOKEN, seat_message, text_xml

pytestmark = pytest.mark.once


@pytest.fixture
def keys(site, admin_client):
    """Press "Make new ones" on both pages, as often as one likes."""

    class Keys:
        def renew(self) -> None:
            for model in (WeChatAccount, TencentIMApp):
                page = f"/admin/bridge/{model.__name__.lower()}/{model.objects.get().pk}/setup/"
                assert admin_client.post(page, {"renew": ""}).status_code == 200
            self.forget()

        @staticmethod
        def forget() -> None:
            endpoints.forget()
            door.accounts.forget()
            tencent_im_app.forget()

        @staticmethod
        def present() -> tuple[str, str, str]:
            account, app = WeChatAccount.objects.get(), TencentIMApp.objects.get()
            return account.token, account.encoding_aes_key, app.callback_token

        @staticmethod
        def lets_in(token: str, key: str, im_token: str) -> tuple[int, int]:
            """Push with these keys; return the statuses of both doors."""
            wechat = site.push_xml(text_xml("hello"), token=token, key=key)
            now = str(int(clock.now().timestamp()))
            sign = hashlib.sha256((im_token + now).encode()).hexdigest()
            data = seat_message("alice", "nobody", "hi")
            im = site.im_callback(data["CallbackCommand"], data, RequestTime=now, Sign=sign)
            return wechat.status_code, im.status_code

    return Keys()


OLD = (TOKEN, AES_KEY, CALLBACK_TOKEN)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_the_ones_in_use_stay_valid_however_often_new_ones_are_made(keys, times):
    for _time in range(times):
        keys.renew()
        assert keys.lets_in(*OLD) == (200, 200)
    assert keys.present() != OLD
    assert keys.lets_in(*keys.present()) == (200, 200)


def test_new_ones_that_were_never_used_are_not_valid_after_others_replaced_them(keys):
    keys.renew()
    unused = keys.present()
    keys.renew()
    assert keys.lets_in(*unused) == (401, 401)


def test_both_are_valid_for_an_hour_after_the_first_callback_with_the_new_ones(keys):
    keys.renew()
    keys.lets_in(*keys.present())
    began = clock.now()
    for minutes, expected in ((59, 200), (61, 401)):
        with clock.fixed(lambda late=began + timedelta(minutes=minutes): late):
            keys.forget()
            assert keys.lets_in(*OLD) == (expected, expected)
            assert keys.lets_in(*keys.present()) == (200, 200)


def test_after_that_the_next_change_keeps_the_ones_in_use_and_not_the_old_ones(keys):
    keys.renew()
    second = keys.present()
    keys.lets_in(*second)
    keys.renew()
    assert keys.lets_in(*second) == (200, 200)
    assert keys.lets_in(*OLD) == (401, 401)


def test_a_handshake_is_no_use_of_the_new_ones(keys, site):
    """The console asks with the new token before it has saved it; pushes still come with the old one."""
    keys.renew()
    token = keys.present()[0]
    timestamp = str(int(clock.now().timestamp()))
    query = {
        "signature": door.crypto.signature(token, timestamp, "n"),
        "timestamp": timestamp,
        "nonce": "n",
        "echostr": "e",
    }
    assert site.client.get("/callbacks/wechat/shop/", query).content == b"e"
    assert WeChatAccount.objects.get().changed_over_at is None


def test_a_new_token_in_the_form_keeps_the_one_in_use_too(keys, site):
    for token in ("firstNewToken1", "secondNewToken2"):
        form = WeChatAccountForm(_filled(token), instance=WeChatAccount.objects.get())
        assert form.is_valid(), form.errors
        form.save()
    keys.forget()
    account = WeChatAccount.objects.get()
    assert (account.token, account.previous_token, account.previous_aes_key) == ("secondNewToken2", TOKEN, None)
    assert site.push_xml(text_xml("hello")).status_code == 200


def _filled(token: str) -> dict[str, object]:
    account = WeChatAccount.objects.get()
    form = WeChatAccountForm(instance=account)
    data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in data.items() if value is not None and value is not False} | {"token": token}


def test_it_asks_first(site, admin_client):
    page = f"/admin/bridge/wechataccount/{site.account.pk}/setup/"
    asked = admin_client.post(page, {"ask": ""}).content.decode()
    assert 'name="renew"' in asked
    assert WeChatAccount.objects.get().token == TOKEN
    assert 'name="renew"' not in admin_client.get(page).content.decode()
    assert InboundEvent.objects.count() == 0
