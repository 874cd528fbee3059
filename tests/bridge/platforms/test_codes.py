"""Error codes of both platforms: what becomes of the delivery, when it is tried again, what the seat reads, what the admin
shows. Each reaction goes through the real outbox; every other code of the platforms' lists is known to lead to its reaction,
and has a row in the docs."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.conf import settings
from django.urls import reverse

from bridge.base import clock
from bridge.models import Delivery, PlatformError
from bridge.platforms.reactions import Reaction, by_code
from bridge.platforms.tencent_im import codes as im_codes
from bridge.platforms.tencent_im import errors as im_errors
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat import codes as wechat_codes
from bridge.platforms.wechat import errors as wechat_errors
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import Outcome
from tests.support.actors import payload

pytestmark = pytest.mark.once
SEND, IM_SEND = "message/custom/send", "openim/sendmsg"
NEVER = None
OF_MEDIA = (40004, 40007)

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
    40243: ("queued", 0, (50, 61), "", True),
    50004: ("queued", 0, (50, 61), "", True),
    50007: ("queued", 0, (50, 61), "", True),
    89501: ("queued", 0, (50, 61), "", True),
    89503: ("queued", 0, (50, 61), "", True),
    89506: ("queued", 0, (3590, 3601), "", True),
    45009: ("queued", 0, (1, 86400), "调用次数已用完", False),
    45011: ("queued", 0, (0, 61), "调用次数已用完", False),
    61450: ("queued", 1, (0, 2), "", False),
    42010: ("queued", 1, (0, 61), "", False),
    40003: ("failed", 1, NEVER, "OpenID 无效，或客户不属于该公众号", False),
    43004: ("failed", 1, NEVER, "没有关注", False),
    45072: ("failed", 1, NEVER, "没有关注", False),
    45015: ("failed", 1, NEVER, "客户先发消息", False),
    45047: ("queued", 1, (0, 1.1), "", False),
    40033: ("failed", 1, NEVER, "字符", False),
    45002: ("failed", 1, NEVER, "过长", False),
    45008: ("failed", 1, NEVER, "过长", False),
    45064: ("failed", 1, NEVER, "菜单", False),
    45065: ("failed", 1, NEVER, "已有这条消息", False),
    47001: ("failed", 1, NEVER, "无法解析", False),
    48001: ("failed", 1, NEVER, "没有此接口的权限", False),
    48004: ("failed", 1, NEVER, "封禁", False),
    43019: ("failed", 1, NEVER, "黑名单", False),
    44004: ("failed", 1, NEVER, "文字为空", False),
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


@pytest.mark.parametrize("code", OF_MEDIA)
def test_wechats_codes_of_media(talking, platforms, admin_client, code):
    """Once more with a fresh upload, then it fails; tests/bridge/media/test_media.py follows the upload itself."""
    platforms.answer(SEND, {"errcode": code}, {"errcode": code})
    talking.seat_says("the answer")
    talking.work()
    delivery = Delivery.objects.filter(direction="customer").latest("pk")
    assert (delivery.state, delivery.attempts) == ("failed", 2)
    assert "媒体" in platforms.to_seat("alice")[-1]
    _shown(admin_client, "wechat", code, delivery)


TOO_OFTEN = (60007, 60011, 60018, 60019)
FAULTS = (60008, 60013, 60014, 90994, 90995, 91000, 20002, 20004, 20005, 70169, 70500)
MALFORMED = (60002, 60003, 60004, 60005, 60009, 60012, 60015, *range(90001, 90013), 90018, 90992)
APP = (60006, 60010, 60016, 60017, 60020, 60021, 70016, 70020, 70051, 70403)
SIGNATURE = (70001, 70002, 70003, 70005, 70009, 70013, 70014, 70050, 70052)
UNKNOWN_ACCOUNT = (20003, 70107, 90048)
CONTENT = (80001, 80002, 20006, 93000, 120001, 130000)
IM = {
    **dict.fromkeys((*TOO_OFTEN, *FAULTS), ("queued", 1, (0, 2), False)),
    **dict.fromkeys((*MALFORMED, *CONTENT, 70398, 61234), ("failed", 1, NEVER, False)),
    **dict.fromkeys(APP, ("queued", 0, (50, 61), True)),
    **dict.fromkeys((*SIGNATURE, *UNKNOWN_ACCOUNT), ("done", 2, NEVER, False)),
}


TABLES = (("wechat", WECHAT), ("tencent_im", IM))


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
    """The code is counted with what the delivery says of it; the first one of each kind is looked for in the list of deliveries."""
    assert PlatformError.objects.get(platform=platform, code=str(code)).count >= 1
    if delivery is None:
        return
    assert delivery.code == str(code)
    assert delivery.reason
    if (platform, code) in FIRST:
        page = admin_client.get(reverse("admin:bridge_delivery_changelist")).content.decode()
        assert str(code) in page


FIRST = {("wechat", code) for code in OF_MEDIA} | {
    (platform, code)
    for platform, table in TABLES
    for code in {row: code for code, row in reversed(table.items())}.values()
}


def test_every_code_stands_in_the_list_of_errors(admin_client):
    now = clock.now()
    codes = [(platform, str(code)) for platform, table in TABLES for code in table]
    codes += [("wechat", str(code)) for code in OF_MEDIA]
    PlatformError.objects.bulk_create(
        PlatformError(platform=platform, code=code, count=1, text="said", first_at=now, last_at=now)
        for platform, code in codes
    )
    page = admin_client.get(reverse("admin:bridge_platformerror_changelist"), {"all": ""}).content.decode()
    assert [code for _platform, code in codes if not re.search(rf">\s*{code}\s*<", page)] == []


def test_the_minute_quota_of_a_real_answer_goes_on_in_the_next_minute(talking, platforms):
    platforms.answer(SEND, payload("answers/minute_quota.json").encode())
    talking.seat_says("the answer")
    talking.work()
    delivery = Delivery.objects.filter(direction="customer").latest("pk")
    assert (delivery.state, delivery.code) == ("queued", "45011")
    with clock.fixed(lambda: delivery.due_at):
        talking.work()
    assert platforms.to_customer() == ["the answer", "the answer"]
    assert not WeChatAccount.objects.get().trouble


@pytest.mark.parametrize(
    ("code", "now", "seconds"),
    [
        (45009, "2026-11-26T15:59:00+00:00", 65),  # a minute before midnight in Shanghai
        (45009, "2026-11-26T16:00:00+00:00", 24 * 3600 + 5),
        (45009, "2026-11-26T23:30:00+00:00", 16.5 * 3600 + 5),
        (45011, "2026-11-26T16:00:00+00:00", 61),
        (45011, "2026-11-26T16:00:59+00:00", 2),
        (42010, "2026-11-26T16:00:30+00:00", 31),
        (89507, "2026-11-26T16:00:00+00:00", 3600),
        (-1, "2026-11-26T16:00:00+00:00", 0),
    ],
)
def test_when_wechat_counts_anew(code, now, seconds):
    with clock.fixed(lambda: datetime.fromisoformat(now)):
        assert wechat_errors.delivery_error(code, "").pause == seconds


OUTCOMES = {
    Reaction.AGAIN: Outcome.RETRY,
    Reaction.MINUTE: Outcome.RETRY,
    Reaction.SLOWER: Outcome.RETRY,
    Reaction.CALL_MINUTE: Outcome.LIMIT,
    Reaction.MIDNIGHT: Outcome.LIMIT,
    Reaction.STOP: Outcome.STOP,
    Reaction.STOP_LONG: Outcome.STOP,
    Reaction.TOKEN: Outcome.CHANCE,
    Reaction.SIGNATURE: Outcome.CHANCE,
    Reaction.IMPORT: Outcome.CHANCE,
    Reaction.UPLOAD: Outcome.CHANCE,
    Reaction.HOLD: Outcome.CHANCE,
    Reaction.WINDOW: Outcome.FAIL,
    Reaction.ALARM: Outcome.FAIL,
    Reaction.FAIL: Outcome.FAIL,
}
PLATFORMS = [(wechat_codes, wechat_errors, {*WECHAT, 40004}), (im_codes, im_errors, set(IM))]


@pytest.mark.parametrize(("codes", "errors", "played"), PLATFORMS, ids=["wechat", "tencent_im"])
def test_every_code_leads_to_its_reaction_and_every_reaction_is_played(codes, errors, played):
    for reaction, group in codes.TABLE.items():
        for code in group:
            error = errors.delivery_error(code, "said")
            assert (error.outcome, error.alarm) == (OUTCOMES[reaction], reaction is Reaction.ALARM), code
            assert error.reason
        assert played & set(group), f"no code of {reaction} goes through the outbox"


def test_a_code_under_two_reactions_is_refused():
    with pytest.raises(ValueError, match="7 stands under"):
        by_code({Reaction.FAIL: {7: "one"}, Reaction.STOP: {7: "two"}})


# page: its headings of the platforms, and the words of the reactions in the order of the enumeration
PAGES = {
    "docs/error-codes.md": (("WeChat", "Tencent IM"), [reaction.value for reaction in Reaction]),
    "docs/error-codes.zh-CN.md": (
        ("微信", "腾讯云 IM"),
        ["重试", "下一分钟", "接口下一分钟", "零点后", "降速重试", "更换凭证", "重新签名", "导入账号", "重新上传", "等待", "窗口已过",
         "停发", "停发（每小时）", "失败并报警", "失败"],
    ),
}  # fmt: skip


def _rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("path", PAGES)
def test_every_code_has_its_row_in_the_docs(path):
    titles, words = PAGES[path]
    word_of = dict(zip(Reaction, words, strict=True))
    text = (settings.BASE_DIR / path).read_text("utf-8")
    _first, *parts = text.split("\n## ")
    assert {row[0] for row in _rows(parts[0])} >= set(words)
    for title, part, codes in zip(titles, parts[1:], (wechat_codes, im_codes), strict=True):
        assert part.startswith(title + "\n")
        documented = {row[0]: row[1:] for row in _rows(part)[2:]}
        due = {str(code): reaction for code, reaction in by_code(codes.TABLE).items()}
        due |= {f"{one}–{two}": reaction for (one, two), (reaction, _) in getattr(codes, "RANGES", {}).items()}
        assert set(documented) == set(due)
        assert {code: row[1] for code, row in documented.items()} == {code: word_of[one] for code, one in due.items()}
        assert all(row[0] for row in documented.values())


def test_the_english_page_says_what_the_code_says():
    text = (settings.BASE_DIR / "docs/error-codes.md").read_text("utf-8")
    documented = [row[:2] for row in _rows(text)]
    for codes in (wechat_codes, im_codes):
        for group in codes.TABLE.values():
            for code, meaning in group.items():
                assert [str(code), meaning] in documented
