"""Broadcasts: to those whose window is open, once each, counted first, and no further once they are stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import DropAsked, ResendAsked
from bridge.models import Broadcast, Customer, Delivery, InboundEvent, Lane, Message, Tag
from bridge.outbox import broadcasts
from bridge.platforms.wechat.models import WeChatAccount
from bridge.privacy import export
from bridge.values.outcomes import Outcome
from tests.bridge.admin.test_attacks import person
from tests.support.actors import OPENID, network_error

OTHER, PAGE = "oOtherCustomer00000000000000", "/admin/bridge/broadcast/"


@pytest.fixture
def two(talking):
    """Two customers who wrote just now."""
    talking.customer_says("hello", OTHER)
    talking.work()
    return talking


@pytest.fixture
def broadcast(two):
    made = Broadcast.objects.create(account=two.account, text="本周日系统维护", made_by="chief")
    broadcasts.begin(made, clock.now())
    return made


def go_on(site) -> None:
    broadcasts.go_on(clock.now())
    site.work()


def yes_to(made: Broadcast) -> dict[str, str]:
    """Return what the page sends that asks about the broadcast as it is here."""
    return {"confirm": "yes", "shown": broadcasts.fingerprint(made)}


def got(platforms, openid: str) -> int:
    return platforms.to_customer(openid).count("本周日系统维护")


def test_each_gets_it_once_and_it_ends(two, broadcast, platforms):
    for _time in range(3):
        go_on(two)
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (1, 1)
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.sent) == ("done", 2)


def refusals(broadcast: Broadcast) -> list[tuple[str, str, int]]:
    broadcast.refresh_from_db()
    return [(one["code"], one["reason"], one["count"]) for one in broadcast.refusals.values()]


def test_whom_wechat_does_not_take_it_for_counts_as_refused_with_why(two, broadcast, platforms, admin_client):
    platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "no more"})
    go_on(two)
    (refusal,) = refusals(broadcast)
    assert (refusal[0], refusal[2], broadcast.sent, broadcast.refused) == ("40003", 1, 1, 1)
    page = admin_client.get(f"{PAGE}{broadcast.pk}/change/").content.decode()
    assert f"1 位：{refusal[1]}（40003）" in page
    assert "未发送客户数" in admin_client.get(PAGE).content.decode()


def test_whom_the_outbox_refuses_counts_as_refused(two, broadcast, platforms):
    """All messages but the last are used up between the turn and the sending."""
    platforms.answer("message/custom/send", *[network_error(Outcome.RETRY)] * 2)
    go_on(two)
    assert Broadcast.objects.get().sent == 0, "nothing is counted while it is under way"
    Customer.objects.filter(openid=OTHER).update(window_left=1)
    Delivery.objects.update(due_at=clock.now())
    Lane.objects.update(wake_at=clock.now())
    platforms.calls.clear()
    two.work()
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (1, 0)
    assert [(code, count) for code, _words, count in refusals(broadcast)] == [("notice", 1)]
    assert broadcast.sent == 1


def test_what_may_have_arrived_counts_as_sent(two, broadcast, platforms):
    platforms.answer("message/custom/send", network_error(Outcome.UNKNOWN))
    go_on(two)
    assert (refusals(broadcast), broadcast.sent) == ([], 2)


def test_what_was_refused_and_is_sent_again_counts_once(two, broadcast, platforms):
    platforms.answer("message/custom/send", *[{"errcode": 40003, "errmsg": "openid"}] * 2)
    go_on(two)
    broadcast.refresh_from_db()
    assert (broadcast.sent, broadcast.refused) == (0, 2)
    first, second = Delivery.objects.filter(state="failed").order_by("pk")
    storing.post(first.lane, ResendAsked((first.pk,)))
    storing.post(second.lane, DropAsked((second.pk,), "x"))
    two.work()
    assert [(code, count) for code, _words, count in refusals(broadcast)] == [("40003", 1)]
    assert broadcast.sent == 1


def test_begun_again_after_a_crash_nobody_gets_it_twice(two, broadcast, platforms):
    go_on(two)
    Broadcast.objects.update(reached_to=0)
    go_on(two)
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (1, 1)


@pytest.mark.parametrize("change", [
    {"window_until": -1}, {"window_left": 1}, {"subscribed": False}, {"blocked_at": 0}, {"window_until": None},
])  # fmt: skip
def test_who_may_not_be_written_to_is_left_out(two, broadcast, platforms, change):
    fields = {
        name: clock.now() + timedelta(hours=value) if name.endswith(("until", "at")) and value is not None else value
        for name, value in change.items()
    }
    Customer.objects.filter(openid=OTHER).update(**fields)
    assert broadcasts.recipients(broadcast, clock.now()).count() == 1
    go_on(two)
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (1, 0)


def test_one_whose_window_closes_meanwhile_is_not_written_to(two, broadcast, platforms):
    broadcasts.go_on(clock.now())
    Customer.objects.filter(openid=OTHER).update(window_until=clock.now() - timedelta(hours=1))
    two.work()
    assert got(platforms, OTHER) == 0
    assert InboundEvent.objects.filter(kind="broadcast", state=InboundEvent.State.FILTERED).count() == 1
    assert refusals(broadcast) == [("window", "窗口期已关闭", 1)]
    assert broadcast.sent == 1


def test_one_whose_last_message_is_left_meanwhile_keeps_it_for_a_person(two, broadcast, platforms):
    broadcasts.go_on(clock.now())
    Customer.objects.filter(openid=OTHER).update(window_left=1)
    two.work()
    assert got(platforms, OTHER) == 0
    assert refusals(broadcast) == [("notice", "微信允许的最后一条留给人工回复", 1)]


def test_stopped_nobody_else_gets_it_also_not_whose_turn_it_was(two, broadcast, platforms):
    broadcasts.go_on(clock.now())
    assert broadcasts.stop(broadcast, clock.now())
    go_on(two)
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (0, 0)
    assert owed("系统维护") == []
    assert (refusals(broadcast), broadcast.sent) == ([("", "群发已停止", 2)], 0)


def test_it_is_counted_and_asked_before_it_is_sent(two, admin_client, platforms):
    made = Broadcast.objects.create(account=two.account, text="本周日系统维护")
    asked = admin_client.get(f"{PAGE}{made.pk}/send/")
    assert "2 位客户" in asked.content.decode()
    made.refresh_from_db()
    assert made.state == "draft"
    admin_client.post(f"{PAGE}{made.pk}/send/", yes_to(made))
    made.refresh_from_db()
    assert made.state == "sending"
    admin_client.get(f"{PAGE}{made.pk}/stop/")
    made.refresh_from_db()
    assert made.state == "sending"
    admin_client.post(f"{PAGE}{made.pk}/stop/", {"confirm": "yes"})
    made.refresh_from_db()
    assert made.state == "stopped"


def test_what_was_begun_is_not_changed_any_more(two, broadcast, admin_client):
    admin_client.post(f"{PAGE}{broadcast.pk}/change/", {"account": two.account.pk, "text": "x"})
    broadcast.refresh_from_db()
    assert broadcast.text == "本周日系统维护"


# What happens in the middle


def owed(words: str) -> list[tuple[str, str]]:
    """Return state and reason of the deliveries with these words."""
    return [(one.state, one.reason) for one in Delivery.objects.order_by("pk") if words in str(one.payload)]


def test_stopped_what_waits_for_its_next_try_is_not_sent_either(two, broadcast, platforms):
    """WeChat may have answered nothing for hours, and the text be wrong by then."""
    platforms.answer("message/custom/send", *[network_error(Outcome.RETRY)] * 2)
    go_on(two)
    assert [state for state, _reason in owed("系统维护")] == ["queued", "queued"]
    two.seat_says("另一句")
    two.work()
    platforms.calls.clear()
    assert broadcasts.stop(broadcast, clock.now())
    two.work()
    Delivery.objects.update(due_at=clock.now())
    Lane.objects.update(wake_at=clock.now())
    two.work()
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (0, 0)
    assert owed("系统维护") == [("dropped", "群发已停止")] * 2
    assert (refusals(broadcast), broadcast.sent) == ([("", "群发已停止", 2)], 0), "nobody got it"
    assert "另一句" in platforms.to_customer(OPENID), "nothing else is dropped"


def test_whose_turn_came_before_it_ended_gets_it(two, broadcast, platforms):
    """Lanes may be behind: it has ended once everybody's turn came."""
    for _time in range(2):
        broadcasts.go_on(clock.now())
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.sent) == ("done", 0)
    two.work()
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (1, 1)
    broadcast.refresh_from_db()
    assert broadcast.sent == 2


def test_another_broadcast_with_a_longer_number_goes_on(two, broadcast, platforms):
    """Number 1 is stopped, 11 is not."""
    other = Broadcast.objects.create(pk=int(f"{broadcast.pk}1"), account=two.account, text="另一条")
    broadcasts.begin(other, clock.now())
    platforms.answer("message/custom/send", *[network_error(Outcome.RETRY)] * 4)
    go_on(two)
    broadcasts.stop(broadcast, clock.now())
    two.work()
    assert [state for state, _reason in owed("另一条")] == ["queued", "queued"]


@pytest.mark.parametrize(("state", "count"), [("draft", 2), ("sending", 2), ("stopped", 0), ("done", 0)])
def test_once_it_has_ended_nobody_is_left(two, broadcast, state, count):
    broadcast.state = state
    assert broadcasts.left(broadcast, clock.now()) == count


def test_once_sent_it_is_not_stopped(two, broadcast):
    for _time in range(2):
        go_on(two)
    assert not broadcasts.stop(broadcast, clock.now())
    broadcast.refresh_from_db()
    assert broadcast.state == "done"


@pytest.mark.parametrize("change", [{"text": "别的内容"}, {"tag": True}, {"account": True}])
def test_what_was_changed_after_the_question_is_asked_about_once_more(two, admin_client, change):
    made = Broadcast.objects.create(account=two.account, text="本周日系统维护")
    asked = admin_client.get(f"{PAGE}{made.pk}/send/").content.decode()
    sent = yes_to(made)
    assert sent["shown"] in asked
    tag = Tag.objects.create(name="VIP", of="customer")
    other = WeChatAccount.objects.create(slug="other", name="y", app_id="wx0000000000000001", app_secret="s", token="t")
    changed = {"tag": {"tag": tag, "tag_name": "VIP"}, "account": {"account": other.pk}}
    Broadcast.objects.update(**changed.get(next(iter(change)), change))
    answer = admin_client.post(f"{PAGE}{made.pk}/send/", sent, follow=True)
    assert "尚未发送" in answer.content.decode()
    stale = made
    assert not broadcasts.begin(stale, clock.now()), "nor between the look at it and its beginning"
    made = Broadcast.objects.get()
    assert made.state == "draft"
    admin_client.post(f"{PAGE}{made.pk}/send/", yes_to(made))
    assert Broadcast.objects.get().state == "sending"


def test_begun_twice_it_is_begun_once(two, broadcast):
    assert not broadcasts.begin(broadcast, clock.now())
    broadcasts.stop(broadcast, clock.now())
    assert not broadcasts.begin(broadcast, clock.now()), "and not after it was stopped"


@pytest.mark.parametrize(
    ("state", "offered"), [("draft", ["send"]), ("sending", ["stop"]), ("stopped", []), ("done", [])]
)
def test_only_what_can_be_done_is_offered(two, admin_client, state, offered):
    made = Broadcast.objects.create(account=two.account, text="x", state=state, sent=12345, refusals={
        "window": {"code": "window", "reason": "窗口期已关闭", "count": 1234}
    })  # fmt: skip
    page = admin_client.get(f"{PAGE}{made.pk}/change/").content.decode()
    assert [one for one in ("send", "stop") if f"{PAGE}{made.pk}/{one}/" in page] == offered
    assert "12,345" in page
    assert "1,234 位：窗口期已关闭<" in page


def test_a_second_click_begins_nothing_and_says_so(two, admin_client):
    made = Broadcast.objects.create(account=two.account, text="本周日系统维护")
    for _click in range(2):
        answer = admin_client.post(f"{PAGE}{made.pk}/send/", yes_to(made), follow=True)
    assert [str(one) for one in answer.context["messages"]] == ["这条群发已经开始。"]
    broadcasts.stop(made, clock.now())
    answer = admin_client.post(f"{PAGE}{made.pk}/stop/", {"confirm": "yes"}, follow=True)
    assert list(answer.context["messages"]) == []


@pytest.mark.parametrize("how", ["draft", "sending"])
def test_without_its_tag_it_goes_to_nobody(two, admin_client, platforms, how):
    """Not to everybody, as one that never had a tag."""
    tag = Tag.objects.create(name="VIP", of="customer")
    Customer.objects.get(openid=OTHER).tags.add(tag)
    admin_client.post(f"{PAGE}add/", {"account": two.account.pk, "tag": tag.pk, "text": "本周日系统维护"})
    made = Broadcast.objects.get()
    assert broadcasts.recipients(made, clock.now()).get().openid == OTHER
    if how == "sending":
        broadcasts.begin(made, clock.now())
    tag.delete()
    made.refresh_from_db()
    assert not broadcasts.recipients(made, clock.now()).exists()
    go_on(two)
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (0, 0)
    made.refresh_from_db()
    assert made.state == {"draft": "draft", "sending": "stopped"}[how]
    if how == "draft":
        page = admin_client.post(f"{PAGE}{made.pk}/change/", {"account": two.account.pk, "tag": "", "text": "x"})
        assert "VIP" in str(page.context["adminform"].form.errors["tag"])


def test_a_customer_who_was_erased_meanwhile_stops_nothing(two, broadcast, platforms):
    lane = two.im_id(OTHER)
    export.erase(Customer.objects.get(openid=OTHER))
    broadcasts.go_on(clock.now())
    two.work()
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (1, 0)
    assert InboundEvent.objects.get(kind="broadcast", lane=lane).state == InboundEvent.State.FILTERED


@pytest.mark.parametrize("change", [{"subscribed": False}, {"blocked_at": 0}])
def test_whoever_goes_meanwhile_gets_nothing(two, broadcast, platforms, change):
    broadcasts.go_on(clock.now())
    Customer.objects.filter(openid=OTHER).update(
        **{name: clock.now() if name == "blocked_at" else value for name, value in change.items()}
    )
    two.work()
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (1, 0)


def test_a_broadcast_that_was_deleted_meanwhile_goes_to_nobody(two, broadcast, platforms):
    broadcasts.go_on(clock.now())
    Broadcast.objects.all().delete()
    two.work()
    assert (got(platforms, OPENID), got(platforms, OTHER)) == (0, 0)
    assert not InboundEvent.objects.filter(state=3).exists()


# What it spends, and how it is kept


def test_it_spends_one_message_and_stands_in_the_log(two, broadcast):
    left = Customer.objects.get(openid=OPENID).window_left
    go_on(two)
    assert Customer.objects.get(openid=OPENID).window_left == left - 1
    assert list(Message.objects.filter(author="broadcast").values_list("side", "preview").distinct()) == [
        ("bot", "本周日系统维护")
    ]


def test_one_without_an_open_conversation_gets_it_too(two, broadcast, platforms):
    two.seat_says("#close")
    two.work()
    go_on(two)
    assert got(platforms, OPENID) == 1
    assert Message.objects.filter(author="broadcast").count() == 1, "in OTHER's log alone"


def test_only_customers_of_its_account_and_with_its_tag(two, broadcast):
    tag = Tag.objects.create(name="VIP", of="customer")
    Customer.objects.get(openid=OPENID).tags.add(tag)
    broadcast.tag, broadcast.tag_name = tag, "VIP"
    assert broadcasts.recipients(broadcast, clock.now()).get().openid == OPENID
    broadcast.tag, broadcast.account_id = None, two.account.pk + 1
    broadcast.tag_name = ""
    assert not broadcasts.recipients(broadcast, clock.now()).exists()


def test_it_goes_on_some_customers_at_a_time(two, broadcast, monkeypatch):
    monkeypatch.setattr(broadcasts, "AT_ONCE", 1)
    assert [broadcasts.go_on(clock.now()) for _run in range(3)] == [1, 1, 0]
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.ended_at is not None) == ("done", True)


# What is entered


@pytest.mark.parametrize("text", ["😀" * 513, "\x07", " "])
def test_what_is_no_one_message_is_refused_in_words(two, admin_client, text):
    answer = admin_client.post(f"{PAGE}add/", {"account": two.account.pk, "tag": "", "text": text})
    assert list(answer.context["adminform"].form.errors) == ["text"]
    assert not Broadcast.objects.exists()


def test_forged_fields_of_a_draft_change_nothing(two, admin_client):
    forged = {"state": "sending", "sent": 9, "reached_to": 5, "made_by": "x", "started_at": "2026-01-01"}
    admin_client.post(f"{PAGE}add/", {"account": two.account.pk, "tag": "", "text": "您好", **forged})
    made = Broadcast.objects.get()
    assert (made.state, made.sent, made.reached_to, made.made_by, made.started_at) == ("draft", 0, 0, "admin", None)


def test_who_may_not_see_customers_reads_a_number_and_no_names(two):
    made = Broadcast.objects.create(account=two.account, text="本周日系统维护")
    Customer.objects.update(remark="王女士")
    asked = person("clerk", "broadcasts").get(f"{PAGE}{made.pk}/send/").content.decode()
    assert ("2 位客户" in asked, "王女士" in asked) == (True, False)
    asked = person("both", "broadcasts", "reads").get(f"{PAGE}{made.pk}/send/").content.decode()
    assert "王女士" in asked


def test_those_who_are_not_named_are_counted_as_people(two, admin_client, monkeypatch):
    monkeypatch.setattr("bridge.admin.broadcasts.SHOWN", 1)
    made = Broadcast.objects.create(account=two.account, text="本周日系统维护")
    assert "以及另外 1 位客户" in admin_client.get(f"{PAGE}{made.pk}/send/").content.decode()


def test_where_nobody_would_get_it_nothing_is_asked(two, admin_client):
    Customer.objects.update(window_until=clock.now() - timedelta(hours=1))
    made = Broadcast.objects.create(account=two.account, text="本周日系统维护")
    page = admin_client.get(f"{PAGE}{made.pk}/send/", follow=True)
    assert "现在没有客户可以收到" in page.content.decode()
    assert page.redirect_chain
    assert "现在可发给" in page.content.decode()


def test_of_one_that_was_begun_nobody_is_told_whom_it_would_reach(two, broadcast, admin_client):
    assert "现在可发给" not in admin_client.get(f"{PAGE}{broadcast.pk}/change/").content.decode()


def test_the_page_says_the_most_common_reason_first(two, admin_client):
    few, many = {"code": "1", "reason": "few", "count": 2}, {"code": "2", "reason": "many", "count": 30}
    made = Broadcast.objects.create(account=two.account, text="x", state="done", refusals={"a": few, "b": many})
    page = admin_client.get(f"{PAGE}{made.pk}/change/").content.decode()
    assert page.index("many") < page.index("few")


def test_whoever_changes_a_draft_has_not_made_it(two, admin_client):
    made = Broadcast.objects.create(account=two.account, text="x", made_by="王主管")
    admin_client.post(f"{PAGE}{made.pk}/change/", {"account": two.account.pk, "text": "周日闭店", "tag": ""})
    made.refresh_from_db()
    assert (made.text, made.made_by) == ("周日闭店", "王主管")
