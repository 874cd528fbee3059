"""Accounts side by side, the IM app, and what happens when a platform refuses one of them as a whole."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from bridge import http
from bridge.base import clock
from bridge.base.redis import client
from bridge.live import endpoints
from bridge.models import Customer, Delivery, InboundEvent, PlatformError
from bridge.observe import limits, troubles
from bridge.platforms.tencent_im import pace
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat import door as wechat_door
from bridge.platforms.wechat import errors, tokens
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import AES_KEY, OPENID, OTHER_AES_KEY, TOKEN, encrypted_push, network_error, payload, text_xml

pytestmark = pytest.mark.once
SEND, IM_SEND = "message/custom/send", "openim/sendmsg"


@pytest.fixture
def two(site):
    """A second account, whose customers go to the other group; the same person writes to both."""
    WeChatAccount.objects.create(
        slug="service", name="会员服务号", app_id="wx2", app_secret="s2", token="t2", encoding_aes_key=OTHER_AES_KEY,
        group="care",
    )  # fmt: skip
    site.login("alice", "bob")
    site.customer_says("to the shop")
    second_says(site, "to the service")
    site.work()
    return site


def second_says(site, text):
    query, body = encrypted_push(
        text_xml(text, "oSecond000000000000000000001"), key=OTHER_AES_KEY, app_id="wx2", token="t2"
    )
    assert site.client.post(f"/callbacks/wechat/service/?{query}", body, content_type="text/xml").status_code == 200


def answer(site, text, seat="alice", openid=OPENID):
    site.seat_says(text, seat=seat, openid=openid)
    site.work()


def later(site, seconds):
    moment = clock.now() + timedelta(seconds=seconds)
    with clock.fixed(lambda: moment):
        endpoints.forget()
        site.work()


def test_each_account_has_its_own_group_token_and_limits(two, platforms):
    assert platforms.to_seat("alice") == ["to the shop"]
    assert platforms.to_seat("bob") == ["to the service"]
    answer(two, "from the shop")
    answer(two, "from the service", "bob", "oSecond000000000000000000001")
    used = [params["access_token"] for url, params, _body in platforms.calls if url.endswith(SEND)]
    assert len(set(used)) == 2
    assert Customer.objects.count() == 2


def test_only_the_refused_account_stops_and_its_supervisors_hear_of_it(two, platforms):
    two.sales.supervisors.add(two.bob)
    platforms.answer(SEND, {"errcode": 40164})
    answer(two, "kept")
    answer(two, "kept too")
    answer(two, "goes on", "bob", "oSecond000000000000000000001")
    assert platforms.to_customer() == ["kept", "goes on"]
    assert [row.trouble[:5] for row in WeChatAccount.objects.order_by("slug")] == ["", "40164"]
    said = [body for body in platforms.bodies(IM_SEND) if "拒绝了该公众号的接口调用" in str(body["MsgBody"])]
    assert [(body["To_Account"], body["From_Account"]) for body in said] == [("bob", "bridge_system")]
    later(two, 61)
    assert platforms.to_customer() == ["kept", "goes on", "kept", "kept too"]
    assert not WeChatAccount.objects.exclude(trouble="").exists()


def test_while_refused_one_delivery_a_minute_tries(two, platforms):
    platforms.answer(SEND, *[{"errcode": 40125}] * 3)
    answer(two, "one")
    for openid in ("oThird0000000000000000000001", "oThird0000000000000000000002"):
        two.customer_says("hi", openid)
        two.work()
        answer(two, f"to {openid[-1]}", openid=openid)
    assert len(platforms.to_customer()) == 1
    later(two, 61)
    assert len(platforms.to_customer()) == 2
    later(two, 125)
    assert len(platforms.to_customer()) == 3


def test_one_click_lets_all_go_on(two, platforms, admin_client):
    platforms.answer(SEND, {"errcode": 50002})
    answer(two, "kept")
    answer(two, "kept too")
    assert platforms.to_customer() == ["kept"]
    troubles.resume(WeChatAccount.objects.get(slug="shop"))
    two.work()
    assert platforms.to_customer() == ["kept", "kept", "kept too"]


def test_the_daily_quota_waits_for_midnight_in_shanghai(talking, platforms):
    noon = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
    with clock.fixed(lambda: noon):
        assert errors.until_midnight() == pytest.approx(12 * 3600, abs=10)
    platforms.answer(SEND, {"errcode": 45009})
    answer(talking, "after midnight")
    account = WeChatAccount.objects.get()
    assert account.trouble == ""
    (limit,) = limits.standing(account)
    local = (limit.until + timedelta(hours=8)).time()
    assert (limit.code, local.hour, local.minute) == ("45009", 0, 0)


@pytest.mark.parametrize("code", [48001, 99999])
def test_a_code_fails_with_its_text_and_is_counted(talking, platforms, code):
    platforms.answer(SEND, *[{"errcode": code, "errmsg": "something new"}] * 2)
    answer(talking, "one")
    answer(talking, "two")
    delivery = Delivery.objects.filter(direction="customer").latest("pk")
    assert (delivery.state, delivery.code) == ("failed", str(code))
    counted = PlatformError.objects.get(platform="wechat", code=str(code))
    assert counted.count == 2
    if code == 99999:
        assert "something new" in counted.text
        assert "something new" in platforms.to_seat("alice")[-1]


def test_48001_and_70398_raise_an_alarm_once_an_hour(talking, platforms):
    talking.sales.supervisors.add(talking.bob)
    platforms.answer(SEND, *[{"errcode": 48001}] * 2)
    answer(talking, "no right")
    answer(talking, "still no right")
    assert [text[:4] for text in platforms.to_seat("bob")] == ["【系统】"]
    assert "48001" in platforms.to_seat("bob")[0]
    platforms.answer(IM_SEND, {"ErrorCode": 70398, "ErrorInfo": "too many"})
    talking.customer_says("hello?")
    talking.work()
    assert "70398" in platforms.to_seat("bob")[-1]


# Who a customer is


def test_the_same_person_is_joined_by_unionid_for_display_only(two, platforms):
    Customer.objects.update(im_shown="", profile_at=None)
    from bridge.platforms.tencent_im import accounts

    accounts.forget()
    platforms.profile = {"unionid": "u-1", "remark": "张三", "qr_scene_str": "counter7"}
    two.customer_says("again")
    second_says(two, "again")
    two.work()
    first, second = Customer.objects.order_by("pk")
    assert first.unionid == second.unionid == "u-1"
    assert (first.remark, first.scene) == ("张三", "counter7")
    assert list(first.same_person()) == [second]
    nicks = [body["Nick"] for body in platforms.bodies("account_import")]
    assert nicks[-2:] == ["旗舰店 · 张三", "会员服务号 · 张三"]
    assert platforms.to_seat("alice")[-1] == platforms.to_seat("bob")[-1] == "again"


def test_a_profile_that_cannot_be_had_stops_nothing(site, platforms):
    platforms.answer("user/info", {"errcode": 48001}, {"errcode": 48001})
    site.login("alice")
    site.customer_says("hello")
    site.work()
    assert platforms.to_seat("alice") == ["hello"]
    assert len([1 for url, _params, _body in platforms.calls if url.endswith("user/info")]) == 1


def test_while_wechat_does_not_answer_nobody_waits_for_profiles(site, platforms):
    platforms.answer("user/info", network_error(), network_error())
    site.login("alice")
    for number in range(3):
        site.customer_says("hello", f"oProfile00000000000000000{number:03d}")
    site.work()
    assert platforms.to_seat("alice") == ["hello"] * 3
    assert len([1 for url, _params, _body in platforms.calls if url.endswith("user/info")]) == 1
    assert not Customer.objects.exclude(profile_at=None).exists()


def test_another_name_reaches_the_seats_client(talking, platforms):
    from bridge.platforms.tencent_im import accounts

    Customer.objects.update(remark="李四")
    WeChatAccount.objects.update(avatar_url="https://example.com/shop.png")
    accounts.forget()
    talking.customer_says("again")
    talking.work()
    (body,) = platforms.bodies("profile/portrait_set")
    assert body["ProfileItem"] == [
        {"Tag": "Tag_Profile_IM_Nick", "Value": "旗舰店 · 李四"},
        {"Tag": "Tag_Profile_IM_Image", "Value": "https://example.com/shop.png"},
    ]


# The IM app


def test_what_belongs_to_no_customer_comes_from_the_system_account(site, platforms):
    TencentIMApp.objects.update(system_name="小桥")
    endpoints.forget()
    site.login("alice")
    data = {"From_Account": "alice", "To_Account": "bridge_system", "MsgKey": "k1", "SendMsgResult": 0,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "#queue"}}]}  # fmt: skip
    site.im_callback("C2C.CallbackAfterSendMsg", data)
    site.work()
    (imported,) = platforms.bodies("account_import")
    assert (imported["UserID"], imported["Nick"]) == ("bridge_system", "小桥")
    (sent,) = platforms.bodies(IM_SEND)
    assert (sent["From_Account"], sent["To_Account"]) == ("bridge_system", "alice")


@pytest.mark.parametrize(
    ("region", "host"),
    [("china", "console.tim.qq.com"), ("singapore", "adminapisgp.im.qcloud.com"), ("seoul", "adminapikr.im.qcloud.com"),
     ("tokyo", "adminapijpn.im.qcloud.com"), ("frankfurt", "adminapiger.im.qcloud.com"),
     ("silicon_valley", "adminapiusa.im.qcloud.com"), ("jakarta", "adminapiidn.im.qcloud.com")],
)  # fmt: skip
def test_regions(region, host):
    assert TencentIMApp(region=region).address == f"https://{host}"
    assert TencentIMApp(region=region, api_base="http://127.0.0.1:1/im/").address == "http://127.0.0.1:1/im"


def test_the_pace_is_shared_and_who_comes_too_early_waits(talking, platforms):
    TencentIMApp.objects.update(rate_limit=3)
    endpoints.forget()
    for number in range(8):
        talking.customer_says(str(number))
    talking.work()
    sent = len(platforms.to_seat("alice")) - 1
    assert sent < 8
    waiting = Delivery.objects.filter(direction="seat", state="queued")
    assert waiting.count() == 8 - sent
    assert set(waiting.values_list("attempts", flat=True)) == {0}
    for seconds in range(1, 4):
        before = len(platforms.to_seat("alice"))
        a_second_is_over()
        later(talking, seconds)
        assert len(platforms.to_seat("alice")) - before <= 3
    assert platforms.to_seat("alice")[1:] == [str(number) for number in range(8)]


def a_second_is_over() -> None:
    """Forget the calls of the last seconds. Redis counts them by its own clock, which is not ours to move."""
    for key in client().scan_iter("*LIMITER*"):
        client().delete(key)


def test_without_redis_nobody_waits(talking, monkeypatch):
    import redis

    def away(*args, **kwargs):
        raise redis.ConnectionError

    monkeypatch.setattr(client(), "get", away)
    assert pace.pause(TencentIMApp.objects.get(), IM_SEND) == 0.0


# Tokens and keys


def test_many_threads_fetch_one_token(site, platforms, monkeypatch):
    fetches, numbers = [], itertools.count(1)

    def slow(url, params, body):
        fetches.append(body)
        time.sleep(0.2)
        return {"access_token": f"T{next(numbers)}", "expires_in": 7200}

    monkeypatch.setattr(http, "post_json", slow)
    account = WeChatAccount.objects.get()
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(tokens.get(account))) for _number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["T1"] * 12
    assert len(fetches) == 1
    refreshing = [threading.Thread(target=tokens.refresh, args=(account, "T1")) for _number in range(12)]
    for thread in refreshing:
        thread.start()
    for thread in refreshing:
        thread.join()
    assert tokens.get(account) == "T2"
    assert len(fetches) == 2


def test_old_and_new_token_and_key_are_taken_for_a_while(site):
    WeChatAccount.objects.all().delete()
    WeChatAccount.objects.create(
        slug="shop", name="旗舰店", app_id="wx5823bf96d3bd56c7", app_secret="s", token="new", previous_token=TOKEN,
        encoding_aes_key=OTHER_AES_KEY, previous_aes_key=AES_KEY, group="sales",
    )  # fmt: skip
    wechat_door.accounts.forget()
    assert site.push_xml(text_xml("old")).status_code == 200
    assert site.push_xml(text_xml("new"), key=OTHER_AES_KEY, token="new").status_code == 200
    assert site.push_xml(text_xml("mixed"), key=AES_KEY, token="new").status_code == 200
    assert site.push_xml(text_xml("foreign"), token="another").status_code == 401


# Mini programs


@pytest.fixture
def mini(site):
    WeChatAccount.objects.update(kind="mini_program")
    wechat_door.accounts.forget()
    endpoints.forget()
    site.login("alice")
    return site


def push_json(site, body):
    """Send a push as a mini program that is set to JSON: the outer document is JSON too."""
    import json

    query, xml = encrypted_push(body)
    ciphertext = xml.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    outer = json.dumps({"ToUserName": "gh_mini000001", "Encrypt": ciphertext})
    return site.client.post(f"/callbacks/wechat/shop/?{query}", outer, content_type="application/json")


def test_a_mini_program_speaks_json(mini, platforms):
    assert push_json(mini, payload("wechat/mini_text.json")).content == b"success"
    assert push_json(mini, payload("wechat/mini_text.json")).content == b"success"
    mini.work()
    assert platforms.to_seat("alice") == ["在吗[TUIEmoji_Smile]"]
    assert Customer.objects.get().window_left == 5
    assert not [1 for url, _params, _body in platforms.calls if url.endswith("user/info")]


def test_entering_a_mini_programs_chat_permits_two_within_a_minute(mini, platforms):
    WeChatAccount.objects.update(opening_keys="order-8812")
    push_json(mini, payload("wechat/mini_enter.json"))
    mini.work()
    assert platforms.to_seat("alice") == ["[进入了会话] order-8812"]
    customer = Customer.objects.get()
    assert customer.window_left == 2
    assert (customer.window_until - clock.now()).total_seconds() <= 60


def test_entering_opens_nothing_where_the_account_does_not_say_so(mini, platforms):
    push_json(mini, payload("wechat/mini_enter.json"))
    mini.work()
    assert platforms.to_seat("alice") == []
    assert InboundEvent.objects.get(kind="event:user_enter_tempsession").reason
