"""Refused callbacks: counted where people look, and an alarm where nothing else comes in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.base import clock
from bridge.base.redis import client
from bridge.observe import refusals
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.tasks import warn_of_refusals
from config.run import health
from tests.support.actors import text_xml


@pytest.fixture
def shut_out(day, monkeypatch):
    """Bob supervises; WeChat signs with another token, and IM's callbacks come without a signature that we know."""
    client().flushdb()
    day.site.sales.supervisors.add(day.site.bob)
    day.site.login("bob")
    for _time in range(3):
        day.now += timedelta(seconds=30)
        assert day.site.push_xml(text_xml("hello"), token="another").status_code == 401
        assert day.site.im_callback("State.StateChange", {}, Sign="0" * 64).status_code == 401
    return day


def test_an_endpoint_of_which_everything_is_refused_is_an_alarm(shut_out):
    assert warn_of_refusals() == 2
    shut_out.site.work()
    said = [line for line in shut_out.platforms.to_seat("bob") if "bad signature" in line]
    assert len(said) == 1
    assert health._outcome("callbacks", health._callbacks) == "degraded"
    warn_of_refusals()
    shut_out.site.work()
    assert len([line for line in shut_out.platforms.to_seat("bob") if "bad signature" in line]) == 1, "once an hour"


def test_strangers_who_knock_beside_the_platform_are_none(shut_out):
    shut_out.arrive(1)
    shut_out.site.login("alice")
    assert warn_of_refusals() == 0
    assert health._outcome("callbacks", health._callbacks) == "ok"


def test_after_a_quarter_of_an_hour_without_one_it_is_over(shut_out):
    for key in client().scan_iter("bridge:refused:*:stretch"):
        assert 0 < client().ttl(key) <= refusals.STRETCH
        client().delete(key)
    assert warn_of_refusals() == 0


def test_the_pages_say_how_many_and_why(shut_out, admin_client):
    account, app = shut_out.site.account, TencentIMApp.objects.get()
    for page in (f"wechataccount/{account.pk}", f"tencentimapp/{app.pk}"):
        assert "24 小时内 3 次" in admin_client.get(f"/admin/bridge/{page}/change/").content.decode()
    assert refusals.of(account.pk).reason.startswith("bad signature")
    with clock.fixed(lambda: shut_out.now + timedelta(hours=25)):
        assert refusals.of(account.pk).day == 0


def test_one_or_two_are_no_alarm(day):
    client().flushdb()
    day.site.push_xml(text_xml("hello"), token="another")
    day.now += timedelta(minutes=5)
    assert warn_of_refusals() == 0
