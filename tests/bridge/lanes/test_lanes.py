"""Lanes: leases, fences, poisoned events, nothing overlooked."""

from datetime import timedelta

import pytest

from bridge import http, worker
from bridge.base import clock, flight
from bridge.inbox import storing
from bridge.lanes import leases
from bridge.lanes.leases import LeaseLost
from bridge.models import Delivery, InboundEvent, Lane
from bridge.pipeline.filters import base
from bridge.pipeline.turn import Turn
from tests.support.actors import OPENID


def later(seconds):
    at = clock.now() + timedelta(seconds=seconds)
    return clock.fixed(lambda: at)


def test_one_holder_at_a_time(db):
    first = leases.claim("a")
    assert first
    assert leases.claim("a") is None
    assert leases.claim("b")
    leases.release(first, None)
    assert leases.claim("a")


def test_a_dead_workers_lease_runs_out(db):
    dead = leases.claim("a")
    with later(5):
        assert leases.claim("a") is None
    with later(7):
        heir = leases.claim("a")
        assert heir
        assert heir.stolen == 1
        with pytest.raises(LeaseLost):
            leases.fence(dead)
        leases.fence(heir)
        leases.release(dead, None)  # changes nothing: it is not its lease any more
        assert leases.claim("a") is None


def test_a_worker_that_was_frozen_changes_nothing(site, platforms):
    """Another worker takes the lane over while the first is in the middle of deciding."""
    site.login("alice")
    site.customer_says("before")
    site.work()
    site.customer_says("hello")
    (lane,) = leases.lanes_with_work(5)
    frozen = leases.claim(lane)
    event = InboundEvent.objects.filter(kind="text").latest("pk")

    def freeze_and_decide(turn: Turn) -> None:
        with later(10):
            assert worker.work_lane(lane)
        base.chain()(turn)

    with pytest.raises(LeaseLost):
        worker.apply_event(frozen, event, freeze_and_decide)
    site.work()
    assert platforms.to_seat("alice") == ["before", "hello"]


def test_a_worker_that_was_frozen_at_a_first_message_changes_nothing(site, platforms, monkeypatch):
    """Here both would make the customer; the second gets the database's refusal before it comes to the fence."""
    site.login("alice")
    site.customer_says("hello")
    (lane,) = leases.lanes_with_work(5)
    frozen = leases.claim(lane)
    decide = base.chain()

    def freeze_and_decide(turn: Turn) -> None:
        monkeypatch.undo()
        monkeypatch.setattr(http, "post_json", platforms.post_json)
        with later(10):
            assert worker.work_lane(lane)
        decide(turn)

    monkeypatch.setattr(worker, "chain", lambda: freeze_and_decide)
    with pytest.raises(LeaseLost):
        worker._turn(frozen)
    event = InboundEvent.objects.get(kind="text")
    assert (event.state, event.tries, event.reason) == (InboundEvent.State.DONE, 0, "")
    assert platforms.to_seat("alice") == ["hello"]


@pytest.mark.parametrize("answer", [{"errcode": 0}, {"errcode": 40003}, {"errcode": -1}])
def test_a_worker_that_was_frozen_in_a_call_writes_nothing_of_it(site, platforms, monkeypatch, answer):
    """Its heir has found by then that nobody knows what came of the call, and has said so."""
    site.login("alice")
    site.customer_says("hello")
    site.work()
    site.seat_says("the answer")
    (lane,) = leases.lanes_with_work(5)
    frozen = leases.claim(lane)
    found: list[list[dict[str, object]]] = []

    def answers_late(url, params, body):
        said = platforms.post_json(url, params, body)
        if not url.endswith("message/custom/send") or found:
            return said
        flight.mark_sent()  # as the connection does, which is not there
        with later(10):
            assert worker.work_lane(lane)
        found.append(everything_owed())
        return said

    platforms.answer("message/custom/send", answer)
    monkeypatch.setattr(http, "post_json", answers_late)
    with pytest.raises(LeaseLost):
        worker._turn(frozen)
    assert everything_owed() == found[0]
    assert [row["state"] for row in found[0] if row["direction"] == "customer"] == ["unknown"]
    assert platforms.to_customer() == ["the answer"]


def everything_owed() -> list[dict[str, object]]:
    return list(Delivery.objects.order_by("pk").values())


def test_a_poisoned_event_fails_and_those_behind_it_go_on(site, platforms):
    site.login("alice")
    site.customer_says("before")
    site.work()
    lane = site.im_id()
    storing.store(storing.NewEvent(lane, "wechat", site.account.pk, "text", "poison", "<xml>not what it seems"))
    site.customer_says("after")
    site.work()
    poisoned = InboundEvent.objects.get(dedup="poison")
    assert (poisoned.state, poisoned.tries, poisoned.reason) == (InboundEvent.State.FAILED, 3, "MalformedError")
    assert platforms.to_seat("alice") == ["before", "after"]


def test_after_a_failure_the_customer_is_read_afresh(site, platforms, monkeypatch):
    """What the event before left behind was changed by the try that failed."""
    site.login("alice")
    for words in ("one", "two", "three"):
        site.customer_says(words)
    real, given = worker.apply_event, []

    def fails_once(lease, event, proceed, customer):
        given.append(("two" in event.body, customer is not None))
        if len(given) == 2:
            raise ZeroDivisionError
        return real(lease, event, proceed, customer)

    monkeypatch.setattr(worker, "apply_event", fails_once)
    site.work()
    assert given == [(False, False), (True, True), (True, False), (False, True)]
    assert platforms.to_seat("alice") == ["one", "two", "three"]


def test_an_event_that_kills_its_workers_ends_as_failed(site, platforms):
    site.login("alice")
    for text in ("killer", "after"):
        site.customer_says(text)
    (lane,) = leases.lanes_with_work(5)
    for number in range(worker.CRASHES):
        with later(10 * number):
            assert leases.claim(lane)  # and dies
    with later(10 * worker.CRASHES):
        site.work()
    assert InboundEvent.objects.get(body__contains="killer").state == InboundEvent.State.FAILED
    assert platforms.to_seat("alice") == ["after"]


def test_one_whose_workers_died_less_often_is_worked_on(site, platforms):
    """Workers also die where machines are started anew."""
    site.login("alice")
    site.customer_says("hello")
    (lane,) = leases.lanes_with_work(5)
    assert leases.claim(lane)  # and dies, as others did before
    Lane.objects.update(lease_until=clock.now() - timedelta(seconds=1), stolen=worker.CRASHES - 2)
    site.work()
    assert platforms.to_seat("alice") == ["hello"]


def test_progress_forgets_earlier_deaths(site):
    site.customer_says("hello")
    (lane,) = leases.lanes_with_work(5)
    leases.claim(lane)
    with later(10):
        site.work()
    assert Lane.objects.get(pk=lane).stolen == 0


def test_lanes_with_work_finds_what_is_free_oldest_first(db):
    for number, lane in enumerate(["c", "a", "b", "a"]):
        storing.store(storing.NewEvent(lane, "internal", None, "x", f"k{number}", "{}"))
    assert leases.lanes_with_work(10) == ["c", "a", "b"]
    assert leases.lanes_with_work(2) == ["c", "a"]
    leases.claim("c")
    assert leases.lanes_with_work(10) == ["a", "b"]


def test_a_busy_lane_with_many_events_does_not_hide_the_others(db, monkeypatch):
    monkeypatch.setattr(leases, "LOOKED_AT", 5)
    for number in range(20):
        storing.store(storing.NewEvent("busy", "internal", None, "x", f"k{number}", "{}"))
    storing.store(storing.NewEvent("quiet", "internal", None, "x", "last", "{}"))
    leases.claim("busy")
    assert leases.lanes_with_work(10) == ["quiet"]


def test_lanes_of_customers_that_differ_by_case_are_two(site, platforms):
    site.login("alice")
    site.customer_says("lower", OPENID.lower())
    site.customer_says("upper", OPENID.upper())
    site.work()
    assert len(leases.Lane.objects.filter(pk__contains=".")) == 2
    senders = {body["From_Account"] for body in platforms.bodies("openim/sendmsg")}
    assert len(senders) == 2


def test_events_that_are_no_messages_are_filtered_with_a_reason(site, platforms):
    from tests.support.actors import payload

    site.login("alice")
    for name in ("click", "view", "location", "unknown"):
        site.push_xml(payload(f"wechat/event_{name}.xml"))
    site.work()
    rows = InboundEvent.objects.filter(platform="wechat")
    assert {row.state for row in rows} == {InboundEvent.State.FILTERED}
    assert all(row.reason for row in rows)
    assert platforms.to_seat() == []


def test_follow_and_leave_update_the_customer(site, platforms):
    from bridge.models import Conversation, Customer
    from tests.support.actors import payload

    site.push_xml(payload("wechat/event_subscribe.xml"))
    site.work()
    customer = Customer.objects.get()
    assert (customer.subscribed, customer.scene) == (True, "counter7")
    assert not Conversation.objects.exists()
    site.push_xml(payload("wechat/event_unsubscribe.xml"))
    site.work()
    customer.refresh_from_db()
    assert customer.subscribed is False


def test_an_echo_of_our_own_message_goes_nowhere(site, platforms):
    import json

    from tests.support.actors import payload

    site.login("alice")
    site.customer_says("hello")
    site.work()
    calls = len(platforms.calls)
    data = json.loads(payload("tencent_im/rest_echo.json").replace("CUSTOMER", site.im_id()))
    del data["OptPlatform"]
    site.im_callback("C2C.CallbackAfterSendMsg", data, platform="RESTAPI")
    site.work()
    assert InboundEvent.objects.latest("pk").state == InboundEvent.State.FILTERED
    assert len(platforms.calls) == calls


def test_the_context_is_bounded_and_deleted_on_close(site, platforms, settings):
    from bridge.base.redis import client
    from bridge.conversation import context
    from bridge.models import Conversation

    settings.CONTEXT_LENGTH = 3
    site.login("alice")
    for number in range(6):
        site.customer_says(f"m{number}")
    site.work()
    conversation = Conversation.objects.get()
    key = f"bridge:context:{conversation.pk}"
    assert client().llen(key) == 3
    assert [line.words for line in context.recall(conversation.pk, conversation.customer)] == ["m3", "m4", "m5"]
    client().flushdb()
    assert [line.words for line in context.recall(conversation.pk, conversation.customer)] == ["m3", "m4", "m5"]
    site.customer_says("m6")
    site.work()
    assert client().exists(key)
    site.seat_says("#close")
    site.work()
    assert not client().exists(key)


def test_an_event_that_was_finished_meanwhile_is_not_applied_twice(site, platforms):
    site.login("alice")
    site.customer_says("hello")
    event = InboundEvent.objects.get(kind="text")
    site.work()
    lease = leases.claim(event.lane)
    with pytest.raises(LeaseLost):
        worker.apply_event(lease, event, base.chain())
    leases.release(lease, None)
    site.work()
    assert platforms.to_seat("alice") == ["hello"]


def test_trouble_after_the_commit_does_not_repeat_the_event(site, platforms, monkeypatch):
    from bridge.conversation import context

    def broken(*args):
        raise ValueError

    monkeypatch.setattr(context, "remember", broken)
    site.login("alice")
    site.customer_says("hello")
    site.work()
    assert platforms.to_seat("alice") == ["hello"]
    assert InboundEvent.objects.get(kind="text").state == InboundEvent.State.DONE


def test_a_broken_connection_is_not_the_events_fault(site, monkeypatch):
    from django.db import InterfaceError

    def broken(*args):
        raise InterfaceError(0, "")

    site.customer_says("hello")
    monkeypatch.setattr(worker, "apply_event", broken)
    (lane,) = leases.lanes_with_work(5)
    with pytest.raises(InterfaceError):
        worker.work_lane(lane)
    event = InboundEvent.objects.get(kind="text")
    assert (event.state, event.tries) == (InboundEvent.State.NEW, 0)


def test_a_seat_hears_that_what_it_wrote_failed(site, platforms, monkeypatch):
    from chatbots.send import SendBot

    site.login("alice")
    site.customer_says("hello")
    site.work()

    def broken(self, turn, loaded):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(SendBot, "on_message", broken)
        site.seat_says("the answer")
        site.customer_says("and this fails too")
        site.work()
    assert InboundEvent.objects.filter(state=InboundEvent.State.FAILED).count() == 2
    assert (
        platforms.to_seat("alice")[-1]
        == "【系统】系统出错，这条消息没有处理：“the answer”。请重新发送；仍失败请联系管理员。"
    )
    assert platforms.to_customer() == []


def test_a_fence_keeps_when_the_lane_is_to_be_woken(db):
    """Else a worker that dies after an event that owes nothing leaves a delivery that nobody looks for."""
    due, sooner = clock.now() + timedelta(seconds=60), clock.now()
    leases.release(leases.claim("a"), due)
    lease = leases.claim("a")
    leases.fence(lease)
    assert Lane.objects.get().wake_at == due
    leases.fence(lease, sooner)
    assert Lane.objects.get().wake_at == sooner


def test_a_lane_is_found_when_its_delivery_is_due_and_no_earlier(db):
    for lane, seconds in (("a", 60), ("b", 30), ("c", 90)):
        leases.release(leases.claim(lane), clock.now() + timedelta(seconds=seconds))
    assert leases.lanes_with_work(5) == []
    with later(61):
        assert leases.lanes_with_work(5) == ["b", "a"]


def test_who_let_a_lane_go_has_not_crashed(db):
    """What others before them did is forgotten by then."""
    leases.claim("a")
    with later(7):
        heir = leases.claim("a")
        leases.release(heir, None)
        leases.claim("a")
    with later(20):
        assert (heir.stolen, leases.claim("a").stolen) == (1, 1)


def test_a_fence_proves_that_the_lease_holds(db, settings):
    lease = leases.claim("a")
    lease.proved -= settings.LEASE_SECONDS
    assert not lease.is_fresh
    leases.fence(lease)
    assert lease.is_fresh


def came(name, seconds):
    at = clock.now() + timedelta(seconds=seconds)
    return InboundEvent.objects.create(lane="a", dedup=name, received_at=at, body="")


@pytest.mark.parametrize("age", [0.0, 3.0])
def test_who_was_held_up_between_its_looks_overtakes_nothing(db, monkeypatch, age):
    """An older event was taken out of the spill meanwhile; what is newer than the last may have one before it."""
    first, others, real = came("first", 0), [], worker._waiting

    def waiting(lanes):
        found = list(real(lanes))
        others[:] = others or [came("older", -1), came("newer", 1)]
        return found

    monkeypatch.setattr(worker, "_waiting", waiting)
    monkeypatch.setattr(worker.spill, "is_empty", lambda: True)
    monkeypatch.setattr(worker.spill, "age", lambda: age)
    assert worker.next_events(["a"]) == ([others[0], first] if age else [first])


def test_where_the_spill_fills_up_between_the_looks_nothing_is_applied(db, monkeypatch):
    came("first", 0)
    looks = iter([True, False])
    monkeypatch.setattr(worker.spill, "is_empty", lambda: next(looks))
    monkeypatch.setattr(worker.spill, "age", lambda: 3.0)
    assert worker.next_events(["a"]) is None
