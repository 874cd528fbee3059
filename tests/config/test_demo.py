"""The demo of `make run`, once an administrator connects real platforms in its place."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import WeChatAccount
from config.run import prepare
from seats.provision import apply, schema

pytestmark = [pytest.mark.once, pytest.mark.django_db]
SANDBOX = "http://127.0.0.1:8001"
NONE = SimpleNamespace(PROVISION="")


@pytest.fixture
def demo(tmp_path, settings):
    """A site after its first start: the demo is loaded. Returns what the next start does."""

    settings.PLATFORM_ALLOW_PRIVATE = True

    def start():
        site = prepare.demo_file(tmp_path, SANDBOX)
        if path := prepare.file_to_apply(NONE, site):
            apply.apply(schema.read(path))
        return site

    start()
    return start


def test_the_demo_follows_its_sandbox_to_another_port(demo):
    TencentIMApp.objects.update(api_base="http://127.0.0.1:9001/im")
    assert demo()
    assert TencentIMApp.objects.get().api_base == f"{SANDBOX}/im"


def test_a_real_app_in_the_demos_place_is_left_as_it_is(demo):
    TencentIMApp.objects.update(sdk_app_id=1400999999, api_base="")
    assert demo() is None, "no sandbox beside it"
    assert TencentIMApp.objects.get().sdk_app_id == 1400999999


def test_a_real_account_in_the_demos_place_is_left_as_it_is_and_the_sandbox_still_serves_the_seats(demo):
    first = WeChatAccount.objects.order_by("pk").first()
    WeChatAccount.objects.filter(pk=first.pk).update(app_id="wx00000000000000aa", api_base="https://api.weixin.qq.com")
    assert demo()
    first.refresh_from_db()
    assert first.app_id == "wx00000000000000aa"


def test_a_provision_file_is_applied_whatever_is_connected(demo, tmp_path):
    TencentIMApp.objects.update(api_base="")
    assert prepare.file_to_apply(SimpleNamespace(PROVISION="/site.toml"), None).name == "site.toml"
