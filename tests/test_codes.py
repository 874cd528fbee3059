"""Every error code of both platforms: what becomes of the delivery, when it is tried again, what the seat reads, what the
admin shows. The rows are those of the platforms' own tables."""

from __future__ import annotations

import pytest
from django.urls import reverse

from bridge import clock
from bridge.models import Delivery, PlatformError, TencentIMApp, WeChatAccount

pytestmark = pytest.mark.once
SEND, IM_SEND = "message/custom/send", "openim/sendmsg"
NEVER = None

# code: state, tries by then, seconds until the next try, what the seat reads, whether the account is in trouble
WECHAT = {
    -1: ("queued", 1, (0, 2), "", False),
    40001: ("done", 2, NEVER, "", False),
    40014: ("done", 2, NEVER, "", False),
    42001: ("done", 2, NEVER, "", False),
    41001: ("done", 2, NEVER, "", False),
    40013: ("queued", 0, (50, 61), "", True),
    40125: ("queued", 0, (50, 61), "", True),
    40164: ("queued", 0, (50, 61), "", True),
    50002: ("queued", 0, (50, 61), "", True),
    45009: ("queued", 0, (1, 86400), "调用次数已用完", False),
    45011: ("queued", 0, (1, 61), "调用次数已用完", False),
    40003: ("failed", 1, NEVER, "微信不认识该客户", False),
    43004: ("failed", 1, NEVER, "没有关注", False),
    45072: ("failed", 1, NEVER, "没有关注", False),
    45015: ("failed", 1, NEVER, "客户先发言", False),
    45047: ("queued", 1, (0, 1.1), "", False),
    40033: ("failed", 1, NEVER, "字符", False),
    45002: ("failed", 1, NEVER, "过长", False),
    45008: ("failed", 1, NEVER, "过长", False),
    45064: ("failed", 1, NEVER, "菜单", False),
    45065: ("failed", 1, NEVER, "已有这条消息", False),
    47001: ("failed", 1, NEVER, "无法解析", False),
    48001: ("failed", 1, NEVER, "没有此接口的权限", False),
    61234: ("failed", 1, NEVER, "said by the platform", False),
}


@pytest.mark.parametrize(("code", "row"), WECHAT.items(), ids=map(str, WECHAT))
def test_wechats_codes(talking, platforms, admin_client, code, row):
    state, tries, wait, words, trouble = row
    platforms.answer(SEND, {"errcode": code, "errmsg": "said by the platform"})
    talking.seat_says("the answer")
    talking.work()
    delivery = Delivery.objects.filter(direction="customer").latest("pk")
    assert (delivery.state, delivery.attempts) == (state, tries)
    if wait:
        low, high = wait
        assert low <= (delivery.due_at - clock.now()).total_seconds() <= high
    notices = [text for text in platforms.to_seat("alice") if text.startswith("【系统】")]
    assert len(notices) == (1 if words else 0)
    assert words or state != "failed"
    if words:
        assert words in notices[0]
        assert "the answer" in notices[0]
    assert bool(WeChatAccount.objects.get().trouble) is trouble
    _shown(admin_client, "wechat", code, delivery if state != "done" else None)


@pytest.mark.parametrize("code", [40004, 40007])
def test_wechats_codes_of_media(talking, platforms, admin_client, code):
    """Once more with a fresh upload, then it fails; tests/test_media.py follows the upload itself."""
    platforms.answer(SEND, {"errcode": code}, {"errcode": code})
    talking.seat_says("the answer")
    talking.work()
    delivery = Delivery.objects.filter(direction="customer").latest("pk")
    assert (delivery.state, delivery.attempts) == ("failed", 2)
    assert "媒体" in platforms.to_seat("alice")[-1]
    _shown(admin_client, "wechat", code, delivery)


TOO_OFTEN = (60007, 60011, 60018, 60019)
FAULTS = (60008, 60013, 60014, 90994, 90995, 91000, 20002, 20004)
MALFORMED = (60002, 60003, 60004, 60005, 60009, 60012, 60015, *range(90001, 90013), 90018, 90992)
APP = (60006, 60010, 60016, 60017, 60020, 60021, 70016, 70020, 70051)
SIGNATURE = (70001, 70003, 70009, 70013, 70014, 70050)
UNKNOWN_ACCOUNT = (20003, 70107, 90048)
CONTENT = (80001, 80002, 20006)
IM = {
    **dict.fromkeys((*TOO_OFTEN, *FAULTS), ("queued", 1, (0, 2), False)),
    **dict.fromkeys((*MALFORMED, *CONTENT, 70398, 61234), ("failed", 1, NEVER, False)),
    **dict.fromkeys(APP, ("queued", 0, (50, 61), True)),
    **dict.fromkeys((*SIGNATURE, *UNKNOWN_ACCOUNT), ("done", 2, NEVER, False)),
}


@pytest.mark.parametrize(("code", "row"), IM.items(), ids=map(str, IM))
def test_tencents_codes(talking, platforms, admin_client, code, row):
    state, tries, wait, trouble = row
    platforms.answer(IM_SEND, {"ErrorCode": code, "ErrorInfo": "said by the platform"})
    talking.customer_says("two")
    talking.work()
    delivery = Delivery.objects.filter(direction="seat").latest("pk")
    assert (delivery.state, delivery.attempts) == (state, tries)
    if wait:
        low, high = wait
        assert low <= (delivery.due_at - clock.now()).total_seconds() <= high
    assert bool(TencentIMApp.objects.get().trouble) is trouble
    if code in UNKNOWN_ACCOUNT:
        assert [body["UserID"] for body in platforms.bodies("account_import")][-2:] == [talking.im_id(), "alice"]
    if state == "failed":
        assert "said by the platform" in delivery.reason
    _shown(admin_client, "tencent_im", code, delivery if state != "done" else None)


def _shown(admin_client, platform, code, delivery):
    """The code is counted, and stands with its reason in the lists of errors and deliveries."""
    assert PlatformError.objects.get(platform=platform, code=str(code)).count >= 1
    assert str(code) in admin_client.get(reverse("admin:bridge_platformerror_changelist")).content.decode()
    if delivery is not None:
        page = admin_client.get(reverse("admin:bridge_delivery_changelist")).content.decode()
        assert str(code) in page
        assert delivery.reason
