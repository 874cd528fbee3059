"""Deliveries: every answer of a platform, and what it leads to."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from bridge import http
from bridge.base import clock
from bridge.base.redis import client
from bridge.models import Customer, Delivery
from bridge.outbox import ledger
from bridge.platforms.tencent_im import errors as im_errors
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat import errors
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import Outcome
from tests.support.actors import network_error

SEND = "message/custom/send"
IM_SEND = "openim/sendmsg"


def forget_tokens():
    """The customer's profile was asked for already, with a token that is kept."""
    client().flushdb()


def answer(site, text="the answer"):
    site.seat_says(text)
    site.work()


def to_customer() -> Delivery:
    return Delivery.objects.filter(direction="customer").latest("pk")


def later(site, seconds):
    at = clock.now() + timedelta(seconds=seconds)
    with clock.fixed(lambda: at):
        site.work()


WECHAT = [
    *[(code, Outcome.RETRY) for code in (-1,)],
    *[(code, Outcome.CHANCE) for code in (40001, 40014, 42001, 41001, 45047, 40004, 40007)],
    *[(code, Outcome.STOP) for code in (40013, 40125, 40164, 50002)],
    *[(code, Outcome.LIMIT) for code in (45009, 45011)],
    *[(code, Outcome.FAIL) for code in (40003, 48001, 43004, 45072, 45002, 45008, 45015, 45064, 45065, 47001, 40033, 99999)],
]  # fmt: skip
IM = [
    *[(code, Outcome.RETRY) for code in (60007, 60011, 60018, 60019, 60008, 60013, 60014, 90994, 90995, 91000, 20002, 20004)],
    *[(code, Outcome.CHANCE) for code in (70001, 70003, 70009, 70013, 70014, 70050, 20003, 70107, 90048)],
    *[(code, Outcome.STOP) for code in (60006, 60010, 60016, 60017, 60020, 60021, 70016, 70020, 70051)],
    *[(code, Outcome.FAIL) for code in (80001, 80002, 20006, 60002, 90001, 90012, 70398, 12345)],
]  # fmt: skip


@pytest.mark.parametrize(("code", "outcome"), WECHAT)
def test_wechats_codes(code, outcome):
    assert errors.delivery_error(code, "said").outcome is outcome


@pytest.mark.parametrize(("code", "outcome"), IM)
def test_tencents_codes(code, outcome):
    assert im_errors.delivery_error(code, "said").outcome is outcome


def test_busy_is_tried_again_later(talking, platforms):
    platforms.answer(SEND, {"errcode": -1}, {"errcode": -1})
    answer(talking)
    assert (to_customer().state, to_customer().code) == ("queued", "-1")
    later(talking, 2)
    later(talking, 10)
    assert (to_customer().state, to_customer().attempts) == ("done", 3)
    assert platforms.to_customer() == ["the answer"] * 3


def test_what_comes_behind_waits_for_it(talking, platforms):
    platforms.answer(SEND, {"errcode": -1})
    answer(talking, "first")
    answer(talking, "second")
    assert platforms.to_customer() == ["first"]
    later(talking, 5)
    assert platforms.to_customer() == ["first", "first", "second"]


def test_after_many_tries_it_fails_and_the_seat_is_told(talking, platforms, settings):
    settings.DELIVERY_MAX_TRIES = 3
    platforms.answer(SEND, *[{"errcode": -1}] * 3)
    answer(talking)
    for _round in range(4):
        later(talking, 1000 * (_round + 1))
    assert to_customer().state == "failed"
    assert "未送达：“the answer”" in platforms.to_seat("alice")[-1]
    assert "微信系统繁忙" in platforms.to_seat("alice")[-1]


def test_a_refused_token_is_replaced_once_without_force(talking, platforms):
    platforms.answer(SEND, {"errcode": 40001})
    answer(talking)
    assert to_customer().state == "done"
    asked = platforms.bodies("stable_token")
    assert [body["force_refresh"] for body in asked] == [False, False]


def test_force_only_where_the_same_token_comes_back(talking, platforms):
    forget_tokens()
    same = {"access_token": "T", "expires_in": 7200}
    platforms.answer("stable_token", same, same, {"access_token": "U", "expires_in": 7200})
    platforms.answer(SEND, {"errcode": 42001})
    answer(talking)
    assert [body["force_refresh"] for body in platforms.bodies("stable_token")][-3:] == [False, False, True]
    used = [params["access_token"] for url, params, _body in platforms.calls if url.endswith(SEND)]
    assert used == ["T", "U"]


def test_a_call_leaves_no_record_once_its_outcome_is_written(talking, platforms, settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    during = []

    def looked_at(url, *words):
        during.append(len(list(tmp_path.glob("flights/*"))) if url.endswith(SEND) else 0)
        return platforms.post_json(url, *words)

    monkeypatch.setattr(http, "post_json", looked_at)
    answer(talking)
    assert during[-1] == 1
    assert not list(tmp_path.glob("flights/*"))


@pytest.mark.parametrize("number", [1205, 1213])
def test_what_was_sent_is_written_although_others_stand_in_the_way(talking, platforms, monkeypatch, number):
    """Else it would end as unknown: WeChat has taken it, and nobody can ask whether."""
    write, left = ledger._write_pages, [OperationalError(number, "")] * (ledger.CONFLICTS - 1)

    def written(pages):
        write(pages)
        if left and any("finished_at" in one for page in pages for one in page.page.columns.values()):
            raise left.pop()

    monkeypatch.setattr(ledger, "_write_pages", written)
    answer(talking)
    assert left == []
    assert to_customer().state == "done"
    assert platforms.to_customer() == ["the answer"]


def test_a_token_refused_twice_is_trouble_and_keeps_the_delivery(talking, platforms):
    platforms.answer(SEND, {"errcode": 40001}, {"errcode": 40001})
    answer(talking)
    assert to_customer().state == "queued"
    assert "40001" in WeChatAccount.objects.get().trouble
    later(talking, 61)
    assert to_customer().state == "done"
    assert WeChatAccount.objects.get().trouble == ""


def test_one_token_serves_many_messages(talking, platforms):
    for number in range(5):
        answer(talking, str(number))
    assert len(platforms.bodies("stable_token")) == 1


@pytest.mark.parametrize("code", [40164, 40125, 50002])
def test_a_refused_account_keeps_its_deliveries_and_resumes(talking, platforms, code):
    platforms.answer(SEND, {"errcode": code})
    answer(talking)
    assert to_customer().state == "queued"
    assert str(code) in WeChatAccount.objects.get().trouble
    later(talking, 61)
    assert to_customer().state == "done"
    assert WeChatAccount.objects.get().trouble == ""


def test_the_count_is_used_up_so_it_waits_for_the_customer(talking, platforms):
    platforms.answer(SEND, {"errcode": 45047}, {"errcode": 45047})
    answer(talking, "one")
    later(talking, 2)
    answer(talking, "two")
    assert [row.state for row in Delivery.objects.filter(direction="customer").order_by("pk")] == ["held", "held"]
    assert "暂存：“one”" in platforms.to_seat("alice")[-2]
    assert "暂存：“two”" in platforms.to_seat("alice")[-1]
    talking.customer_says("hello?")
    talking.work()
    assert platforms.to_seat("alice")[-1] == "hello?"  # the other direction was never held
    assert platforms.to_customer()[-2:] == ["one", "two"]
    assert not Customer.objects.get().has_held


def test_of_a_message_in_several_parts_that_waits_a_seat_hears_once(talking, platforms):
    platforms.answer(SEND, {"errcode": 45047}, {"errcode": 45047})
    answer(talking, "one")
    later(talking, 2)
    answer(talking, "long " * 1000)
    parts = Delivery.objects.filter(direction="customer", state="held").count()
    assert parts > 2
    assert len([words for words in platforms.to_seat("alice") if "暂存" in words]) == 2


def test_a_first_answer_refused_within_a_second_is_tried_once_more(talking, platforms):
    platforms.answer(SEND, {"errcode": 45047})
    answer(talking)
    later(talking, 2)
    assert to_customer().state == "done"


@pytest.mark.parametrize("code", [45015, 43004, 45002])
def test_a_final_refusal_is_shown_and_can_be_sent_again(talking, platforms, code):
    platforms.answer(SEND, {"errcode": code})
    answer(talking)
    assert (to_customer().state, to_customer().code) == ("failed", str(code))
    assert "未送达" in platforms.to_seat("alice")[-1]
    talking.seat_says("#重发")
    talking.work()
    assert platforms.to_customer() == ["the answer", "the answer"]
    assert "已重发 1 条" in platforms.to_seat("alice")[-1]


def test_a_timeout_to_wechat_is_not_repeated_but_told(talking, platforms):
    platforms.answer(SEND, network_error())
    answer(talking)
    later(talking, 1000)
    assert to_customer().state == "unknown"
    assert "可能未送达" in platforms.to_seat("alice")[-1]
    assert platforms.to_customer() == ["the answer"]


def test_a_timeout_to_wechat_is_repeated_where_the_site_says_so(talking, platforms, settings):
    settings.UNKNOWN_OUTCOME = "resend"
    platforms.answer(SEND, network_error())
    answer(talking)
    later(talking, 5)
    assert to_customer().state == "done"


def test_a_timeout_of_the_token_is_none_of_the_message(talking, platforms):
    forget_tokens()
    platforms.answer("stable_token", network_error())
    answer(talking)
    assert to_customer().state == "queued"
    later(talking, 5)
    assert to_customer().state == "done"
    assert platforms.to_customer() == ["the answer"]


def test_a_repeat_to_im_is_the_same_message(talking, platforms):
    platforms.answer(IM_SEND, network_error(), {"ErrorCode": 60007}, {"ErrorCode": 91000})
    talking.customer_says("again and again")
    talking.work()
    for seconds in (2, 10, 60):
        later(talking, seconds)
    tries = [body for body in platforms.bodies(IM_SEND) if "again and again" in str(body)]
    assert len(tries) == 4
    assert all(one == tries[0] for one in tries)


def test_im_sequence_grows(talking, platforms):
    for number in range(5):
        talking.customer_says(str(number))
    talking.work()
    numbers = [body["MsgSeq"] for body in platforms.bodies(IM_SEND)]
    assert numbers == sorted(set(numbers))


def test_an_unknown_im_account_is_imported_and_tried_again(talking, platforms):
    platforms.answer(IM_SEND, {"ErrorCode": 20003})
    talking.customer_says("two")
    talking.work()
    assert [body["UserID"] for body in platforms.bodies("account_import")][-2:] == [talking.im_id(), "alice"]
    assert Delivery.objects.filter(direction="seat").latest("pk").state == "done"


def test_a_refused_app_is_trouble(talking, platforms):
    platforms.answer(IM_SEND, {"ErrorCode": 60020, "ErrorInfo": "ip"})
    talking.customer_says("two")
    talking.work()
    assert "60020" in TencentIMApp.objects.get().trouble
    later(talking, 61)
    assert TencentIMApp.objects.get().trouble == ""
    assert platforms.to_seat("alice")[-1] == "two"


def test_a_signature_refused_twice_is_trouble_and_keeps_the_delivery(talking, platforms):
    platforms.answer(IM_SEND, {"ErrorCode": 70001}, {"ErrorCode": 70001})
    talking.customer_says("two")
    talking.work()
    assert Delivery.objects.filter(direction="seat").latest("pk").state == "queued"
    assert "70001" in TencentIMApp.objects.get().trouble
    later(talking, 61)
    assert TencentIMApp.objects.get().trouble == ""
    assert platforms.to_seat("alice")[-1] == "two"


def test_a_failed_notice_does_not_report_itself(talking, platforms):
    platforms.answer(SEND, {"errcode": 45015})
    platforms.answer(IM_SEND, {"ErrorCode": 80001})
    answer(talking)
    assert Delivery.objects.filter(state="failed").count() == 2
    assert Delivery.objects.filter(direction="seat", state="queued").count() == 0
