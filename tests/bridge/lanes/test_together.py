"""Lanes taken together: one transaction for all of them, and no lane harms another."""

from __future__ import annotations

import itertools
import re
import threading
import time
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DataError, InterfaceError, OperationalError, connection

from bridge import http, several, tasks, worker
from bridge.apply import together
from bridge.base import clock
from bridge.base.redis import client
from bridge.conversation import changes, context
from bridge.inbox import storing
from bridge.lanes import leases
from bridge.lanes.leases import LeaseLost
from bridge.live import endpoints, parameters
from bridge.models import Conversation, Customer, Delivery, Fact, InboundEvent, Lane, Message
from bridge.outbox import beside, ledger, queues, quickness, waiting
from bridge.pipeline import actions
from bridge.values.content import Text
from bridge.values.incoming import UnreadableError
from chatbots.faq import FaqBot
from tests.support.actors import OPENID, Site, payload
from tests.support.working import working

CUSTOMERS = tuple(f"oTogether{number:019d}" for number in range(4))
NUMBERS = itertools.count(7 * 10**15)
State = InboundEvent.State


@pytest.fixture
def talk(site, settings):
    """A site on which alice serves four customers."""
    return serving(site, settings)


@pytest.fixture
def unhurried(monkeypatch):
    """However slow the machine is: all lanes are sent, and what came of them is written once."""
    monkeypatch.setattr(several, "TOGETHER_SECONDS", 3600.0)
    monkeypatch.setattr("bridge.outbox.together.WRITE_AFTER", 3600.0)


def serving(site: Site, settings) -> Site:
    settings.LANES_TOGETHER = 16
    site.login("alice")
    for openid in CUSTOMERS:
        site.customer_says("hello", openid)
        site.work()
    return site


def written(site: Site, rounds: int = 3) -> list[str]:
    """Let every customer write in turns; return what the seat is to read of each of them."""
    for number in range(rounds):
        for openid in CUSTOMERS:
            site.customer_says(f"m{number}", openid)
    return ["hello", *(f"m{number}" for number in range(rounds))]


def read(platforms, openid: str) -> list[str]:
    """Return what was handed to the seat of this customer's words, in order."""
    mine = Customer.objects.get(openid=openid).im_id
    sent = [body for body in platforms.bodies("openim/sendmsg") if body["From_Account"] == mine]
    return [body["MsgBody"][0]["MsgContent"]["Text"] for body in sent]


def take_all() -> list[leases.Lease]:
    """Take all lanes that have work, as a worker does where many have."""
    return leases.claim_free(leases.lanes_with_work(20))


def unworked() -> list[InboundEvent]:
    return list(InboundEvent.objects.filter(state=State.NEW).order_by("received_at", "pk"))


def later(seconds: float):
    at = clock.now() + timedelta(seconds=seconds)
    return clock.fixed(lambda: at)


def states() -> set[int]:
    return set(InboundEvent.objects.values_list("state", flat=True))


def test_what_waits_in_several_lanes_is_written_at_once(talk, platforms, monkeypatch, django_assert_max_num_queries):
    for module in (endpoints, parameters):
        monkeypatch.setattr(module, "SECONDS", 3600.0)
    expected = written(talk)
    taken = take_all()
    assert len(taken) == 4
    # Four lanes with three messages each; one at a time they take more than a hundred.
    with django_assert_max_num_queries(24):
        several.work_on(taken)
    assert states() == {State.DONE}
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)
    assert not Lane.objects.exclude(owner="").exists()
    assert leases.lanes_with_work(5) == []


@pytest.mark.parametrize("size", [1, 16])
def test_it_makes_no_difference_how_many_lanes_are_taken(talk, platforms, settings, size):
    settings.LANES_TOGETHER = size
    expected = written(talk)
    tasks.process_lanes()
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.DONE}
    assert Fact.objects.filter(kind=Fact.Kind.RECEIVED).count() == Message.objects.filter(side="customer").count() == 16
    for one in Conversation.objects.all():
        last = one.messages.order_by("pk").last()
        assert (one.last_message_at, one.customer.last_message_at) == (last.created_at, last.created_at)
        assert one.unanswered_since == one.messages.order_by("pk")[0].created_at


def test_answers_of_seats_go_together_with_what_customers_write(talk, platforms):
    for openid in CUSTOMERS:
        talk.seat_says(f"answer {openid}", openid=openid)
    expected = written(talk, 1)
    several.work_on(take_all())
    for openid in CUSTOMERS:
        assert platforms.to_customer(openid) == [f"answer {openid}"]
        assert read(platforms, openid) == expected
        # What the seat has read is up to its own answer.
        conversation = Conversation.objects.get(customer__openid=openid)
        assert conversation.read_to == conversation.messages.get(side="seat").pk
        assert conversation.answered_at


def test_what_is_not_plain_is_applied_in_its_place(talk, platforms):
    talk.customer_says("before", CUSTOMERS[0])
    talk.seat_says("#close", openid=CUSTOMERS[0])
    talk.customer_says("after", CUSTOMERS[0])
    expected = written(talk, 1)
    several.work_on(take_all())
    assert State.NEW not in states()
    ends = Conversation.objects.filter(customer__openid=CUSTOMERS[0]).order_by("pk").values_list("closed_at", flat=True)
    assert [bool(end) for end in ends] == [True, False]
    assert [words for words in read(platforms, CUSTOMERS[0]) if words in ("before", "after", "m0")] == [
        "before",
        "after",
        "m0",
    ]
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS[1:])


def test_a_poisoned_event_in_the_middle_harms_its_own_lane_only(talk, platforms):
    lane = talk.im_id(CUSTOMERS[1])
    talk.customer_says("before", CUSTOMERS[1])
    storing.store(storing.NewEvent(lane, "wechat", talk.account.pk, "text", "poison", "<xml>not what it seems"))
    expected = written(talk)
    tasks.process_lanes()
    assert InboundEvent.objects.get(dedup="poison").state == State.FAILED
    assert InboundEvent.objects.exclude(dedup="poison").exclude(state=State.DONE).count() == 0
    assert read(platforms, CUSTOMERS[1]) == ["hello", "before", *expected[1:]]
    assert all(read(platforms, openid) == expected for openid in (CUSTOMERS[0], *CUSTOMERS[2:]))


def one_is_poisoned(talk, platforms, monkeypatch, poison) -> None:
    """Let `poison` decide one lane's second event: it alone fails, and all others are worked on in this turn."""
    decide, lane = worker.chain(), talk.im_id(CUSTOMERS[1])

    def decided(turn):
        if turn.event.lane == lane and "poison" in turn.event.body:
            poison(turn, decide)
        else:
            decide(turn)

    talk.customer_says("before", CUSTOMERS[1])
    talk.customer_says("poison", CUSTOMERS[1])
    expected = written(talk, 1)
    monkeypatch.setattr(several, "chain", lambda: decided)
    monkeypatch.setattr(worker, "chain", lambda: decided)
    several.work_on(take_all())
    assert all(read(platforms, openid) == expected for openid in (CUSTOMERS[0], *CUSTOMERS[2:]))
    assert read(platforms, CUSTOMERS[1]) == ["hello", "before", *expected[1:]]
    assert InboundEvent.objects.filter(state=State.FAILED).count() == 1


@pytest.mark.parametrize("error", [ZeroDivisionError, UnreadableError])
def test_whatever_an_event_raises_the_other_lanes_go_on(talk, platforms, monkeypatch, error):
    """At once, in the same turn; the event itself is tried again alone, and what stands behind it follows."""

    def fails(_turn, _decide):
        raise error("poison")

    one_is_poisoned(talk, platforms, monkeypatch, fails)


def test_what_cannot_be_written_harms_its_own_lane_only(talk, unhurried, platforms, monkeypatch):
    """It is found out when all are written; the other lanes go on in the same turn, and nothing of any is written twice."""

    def does_more(turn, decide):
        decide(turn)
        turn.do(actions.Record(Text("half a sign: \ud83d"), Message.Side.BOT))

    one_is_poisoned(talk, platforms, monkeypatch, does_more)
    assert not Lane.objects.exclude(owner="").exists()


@pytest.mark.parametrize("error", [OperationalError(2013, ""), OperationalError(1213, ""), InterfaceError(0, "")])
def test_where_the_database_goes_away_at_the_very_end_no_lane_is_held_any_longer(talk, platforms, monkeypatch, error):
    """What was to be let go, and the others: all run out, none is renewed."""
    expected, real, held = written(talk, 1), leases.release_all, set()
    monkeypatch.setattr(leases.renewer, "keep", lambda owner, lane: held.add(lane))
    monkeypatch.setattr(leases.renewer, "let_go", lambda owner, lane: held.discard(lane))
    talk.seat_says("#close", openid=CUSTOMERS[0])  # of which something is left

    def away(several_of_them, wake_at):
        for lease in several_of_them:
            leases.renewer.let_go(lease.owner, lease.lane)
        raise error

    taken = take_all()
    assert len(held) == 4
    monkeypatch.setattr(leases, "release_all", away)
    with pytest.raises(type(error)):
        several.work_on(taken)
    assert held == set()
    monkeypatch.setattr(leases, "release_all", real)
    with later(10):
        talk.work()
    assert states() == {State.DONE}
    for openid in CUSTOMERS:
        assert [words for words in dict.fromkeys(read(platforms, openid)) if words in expected] == expected


@pytest.mark.parametrize("error", [OperationalError(2013, ""), InterfaceError(0, "")])
def test_lanes_that_cannot_be_given_back_run_out(talk, monkeypatch, error):
    written(talk, 1)
    monkeypatch.setattr(several, "_work_together", lambda taken: taken)
    monkeypatch.setattr(several, "TOGETHER_SECONDS", 0.0)

    def away(*_facts):
        raise error

    taken = take_all()
    monkeypatch.setattr(leases, "release_all", away)
    several.work_on(taken)
    assert leases.lanes_with_work(20) == []
    with later(10):
        assert len(leases.lanes_with_work(20)) == 4


def test_where_one_lane_was_stolen_nothing_of_it_is_written_twice(talk, platforms, monkeypatch):
    """Another worker takes one of the lanes over while the batch is in the middle of deciding."""
    expected = written(talk)
    taken, decide, stolen = take_all(), worker.chain(), talk.im_id(CUSTOMERS[2])

    def freeze(turn):
        monkeypatch.undo()
        monkeypatch.setattr("bridge.http.post_json", platforms.post_json)
        Lane.objects.filter(pk=stolen).update(lease_until=clock.now() - timedelta(seconds=1))
        assert worker.work_lane(stolen)
        decide(turn)

    monkeypatch.setattr(several, "chain", lambda: freeze)
    several.work_on(taken)
    tasks.process_lanes()
    assert states() == {State.DONE}
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)
    assert Message.objects.filter(side="customer").count() == 16


@pytest.mark.parametrize("ignored", [False, True])
def test_a_lease_that_is_anothers_undoes_the_batch(talk, ignored):
    """Whether the lane owes something afterwards or not."""
    written(talk, 1)
    if ignored:
        InboundEvent.objects.filter(state=State.NEW).update(kind="event", body=payload("wechat/event_view.xml"))
    taken, events = take_all(), unworked()
    Lane.objects.filter(pk=taken[-1].lane).update(owner="another")
    with pytest.raises(leases.LeaseLost):
        together.apply_together(taken, events, worker.chain())
    assert len(unworked()) == 4
    assert not Message.objects.filter(preview="m0").exists()


def test_who_dies_before_it_sends_leaves_lanes_that_are_found(talk, platforms):
    """What the batch owes is due at once, with nobody to tell of it."""
    expected = written(talk, 1)
    together.apply_together(take_all(), unworked(), worker.chain())
    assert unworked() == []
    with later(10):
        assert len(leases.lanes_with_work(20)) == 4
        talk.work()
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)


def test_an_event_that_fails_leaves_the_batch_with_its_lane(talk, monkeypatch):
    decide, lane = worker.chain(), talk.im_id(CUSTOMERS[1])

    def fails(turn):
        if turn.event.lane == lane:
            raise ZeroDivisionError
        decide(turn)

    written(talk, 1)
    events = unworked()
    applied = together.apply_together(take_all(), events, fails)
    assert applied == {event.pk for event in events if event.lane != lane}


def test_who_looks_on_is_told_of_all_of_it(talk):
    written(talk)
    before = client().xlen(changes.KEY)
    several.work_on(take_all())
    for one in Conversation.objects.all():
        assert [line.words for line in context.recall(one.pk, one.customer)] == ["hello", "m0", "m1", "m2"]
        assert client().llen(context._key(one.pk)) == 4
    assert client().xlen(changes.KEY) >= before + 4


def test_what_goes_together_ends_before_what_is_not_plain(talk):
    talk.customer_says("before", CUSTOMERS[0])
    talk.seat_says("#close", openid=CUSTOMERS[0])
    talk.customer_says("after", CUSTOMERS[0])
    events = unworked()
    assert together.apply_together(take_all(), events, worker.chain()) == {events[0].pk}
    assert not Conversation.objects.filter(status="closed").exists()


def test_where_something_is_held_nothing_goes_together(talk):
    """What is released must stand before what the event brings."""
    written(talk, 1)
    Customer.objects.filter(openid=CUSTOMERS[0]).update(has_held=True)
    events = unworked()
    applied = together.apply_together(take_all(), events, worker.chain())
    assert {event.lane for event in events if event.pk not in applied} == {talk.im_id(CUSTOMERS[0])}


def test_what_a_bot_reads_has_all_that_came_before(talk, monkeypatch):
    Conversation.objects.update(mode="faq", status="bot")
    left, lane = [], talk.im_id(CUSTOMERS[0])

    def look(_self, turn):
        left.append((turn.event.lane, sum(event.lane == turn.event.lane for event in unworked())))
        return []

    monkeypatch.setattr(FaqBot, "load", look)
    monkeypatch.setattr(FaqBot, "on_message", lambda self, turn, loaded: [])
    for openid in (*CUSTOMERS[:1] * 3, CUSTOMERS[1]):
        talk.customer_says("again", openid)
    several.work_on(take_all())
    assert [count for where, count in left if where == lane] == [3, 2, 1]


def test_only_lanes_that_were_let_go_are_taken_together(db):
    for lane in ("a", "b", "c"):
        leases.release(leases.claim(lane), None)
    assert leases.claim("b")
    taken = leases.claim_free(["a", "b", "c", "new"])
    assert [lease.lane for lease in taken] == ["a", "c"]
    assert leases.claim_free(["a", "b", "c"]) == []


def test_more_deliveries_than_are_read_at_once_are_all_sent(talk, platforms, monkeypatch):
    monkeypatch.setattr(waiting, "BATCH", 2)
    expected = written(talk)
    several.work_on(take_all())
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)
    assert not Delivery.objects.exclude(state=Delivery.State.DONE).exists()


def test_an_event_that_was_finished_meanwhile_is_not_applied_twice(talk, platforms):
    written(talk, 1)
    taken, events = take_all(), unworked()
    InboundEvent.objects.filter(pk=events[1].pk).update(state=State.DONE)
    with pytest.raises(leases.LeaseLost):
        together.apply_together(taken, events, worker.chain())
    assert not Message.objects.filter(preview="m0").exists()


@pytest.mark.parametrize("number", [1205, 1213])
def test_who_stands_in_anothers_way_is_applied_one_by_one(talk, platforms, monkeypatch, number):
    expected = written(talk)

    def conflict(*_args):
        raise OperationalError(number, "")

    monkeypatch.setattr(several, "apply_together", conflict)
    tasks.process_lanes()
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)


def test_a_database_that_is_away_leaves_all_of_it(talk, platforms, monkeypatch):
    written(talk)

    def away(*_args):
        raise OperationalError(2006, "")

    monkeypatch.setattr(several, "apply_together", away)
    with pytest.raises(OperationalError):
        several.work_on(take_all())
    assert InboundEvent.objects.filter(state=State.NEW).count() == 12
    monkeypatch.undo()
    monkeypatch.setattr("bridge.http.post_json", platforms.post_json)
    with later(10):
        talk.work()
    assert states() == {State.DONE}


def test_outcomes_of_lanes_that_are_held_are_written_beside_one_that_was_lost(talk, platforms, monkeypatch):
    written(talk, 1)
    lost = talk.im_id(CUSTOMERS[1])
    real = ledger.write_all

    def steal(ledgers):
        Lane.objects.filter(pk=lost).update(owner="another")
        real(ledgers)

    monkeypatch.setattr("bridge.outbox.together.write_all", steal)
    several.work_on(take_all())
    left = Delivery.objects.exclude(state=Delivery.State.DONE)
    assert [delivery.lane for delivery in left] == [lost]


@pytest.mark.parametrize("wrong", [UnicodeEncodeError("utf-8", "\ud83d", 0, 1, ""), DataError(1406, ""), LeaseLost()])
def test_outcomes_are_written_beside_one_that_cannot_be(talk, unhurried, platforms, monkeypatch, wrong):
    """However it is refused: what the others have sent is not sent once more for it."""
    written(talk, 1)
    bad, real = talk.im_id(CUSTOMERS[1]), ledger._write_pages

    def pages(ledgers):
        if bad in [one.lease.lane for one in ledgers]:
            raise wrong
        real(ledgers)

    monkeypatch.setattr(ledger, "_write_pages", pages)
    with nullcontext() if isinstance(wrong, LeaseLost) else pytest.raises(type(wrong)):
        several.work_on(take_all())
    left = Delivery.objects.exclude(state=Delivery.State.DONE)
    assert [delivery.lane for delivery in left] == [bad]


@pytest.mark.parametrize("number", [1205, 1213])
def test_outcomes_that_stand_in_anothers_way_are_written_each_alone(talk, unhurried, platforms, monkeypatch, number):
    expected, real, tries = written(talk, 1), ledger._write_pages, []

    def conflict(ledgers):
        tries.append(len(ledgers))
        if len(ledgers) > 1 or tries.count(1) < 3:
            raise OperationalError(number, "")
        real(ledgers)

    monkeypatch.setattr(ledger, "_write_pages", conflict)
    several.work_on(take_all())
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)
    assert not Delivery.objects.exclude(state=Delivery.State.DONE).exists()
    assert tries == [4, *[1] * 6]


def test_outcomes_are_not_written_each_alone_where_the_database_is_away(talk, unhurried, monkeypatch):
    written(talk, 1)
    tries = []

    def away(ledgers):
        tries.append(len(ledgers))
        raise OperationalError(2013, "")

    monkeypatch.setattr(ledger, "_write_pages", away)
    with pytest.raises(OperationalError):
        several.work_on(take_all())
    assert tries == [4]


def test_lanes_that_were_not_begun_are_left_to_others(talk, monkeypatch):
    """Where one of them takes long, others need not wait for it."""
    written(talk, 1)
    nudged = []
    monkeypatch.setattr(several, "TOGETHER_SECONDS", 0.0)
    monkeypatch.setattr(several, "_work_together", lambda taken: taken)
    monkeypatch.setattr(several.nudges, "nudge", lambda: nudged.append(True))
    several.work_on(take_all())
    assert nudged
    assert not Lane.objects.exclude(owner="").exists()
    assert len(leases.lanes_with_work(20)) == 4


def test_a_slow_platform_leaves_the_other_lanes_to_others(talk, platforms, monkeypatch):
    expected = written(talk, 1)
    monkeypatch.setattr(several, "TOGETHER_SECONDS", 0.0)
    several.work_on(take_all())
    assert Delivery.objects.filter(state=Delivery.State.QUEUED).count() == 3
    assert len(leases.lanes_with_work(20)) == 3
    tasks.process_lanes()
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)


def test_trouble_at_one_lane_leaves_the_others_to_others(talk, monkeypatch):
    """And what was sent before it is written down."""
    written(talk, 1)
    taken, real = take_all(), queues.Line.work

    def breaks(line):
        if line.ledger.lease.lane == taken[1].lane:
            raise ZeroDivisionError
        real(line)

    monkeypatch.setattr(queues.Line, "work", breaks)
    with pytest.raises(ZeroDivisionError):
        several.work_on(taken)
    assert Delivery.objects.get(lane=taken[0].lane, message__preview="m0").state == Delivery.State.DONE


def test_what_wechat_has_taken_is_written_down_before_the_next_call(talk, platforms, monkeypatch):
    """It knows no repeats: a crash in between would leave a message that arrived with an unknown outcome."""
    for openid in CUSTOMERS[:2]:
        talk.seat_says("answer", openid=openid)
    seen = []

    def look(url, *rest):
        if url.endswith("message/custom/send"):
            seen.append(sorted(Delivery.objects.filter(message__preview="answer").values_list("state", flat=True)))
        return platforms.post_json(url, *rest)

    monkeypatch.setattr(http, "post_json", look)
    several.work_on(take_all())
    assert seen == [["queued", "sending"], ["done", "sending"]]


def test_a_crash_while_a_file_is_taken_doubles_nothing(talk, platforms, monkeypatch):
    """What was sent before is written down by then, and the file's words are, before they are sent: made anew they differ."""
    picture = payload("wechat/image.xml").replace(OPENID, CUSTOMERS[1])
    for _number in range(2):
        talk.push_xml(re.sub(r"<MsgId>\d+", lambda _found: f"<MsgId>{next(NUMBERS)}", picture))
    talk.customer_says("m0", CUSTOMERS[0])
    taken, looks = sorted(take_all(), key=lambda lease: lease.lane), []

    def seen(name, real):
        def look(*args, **words):
            rows = Delivery.objects.exclude(message__preview="hello").filter(message__isnull=False)
            looks.append((name, [(row.state, bool(row.payload)) for row in rows.order_by("lane", "pk")]))
            return real(*args, **words)

        return look

    monkeypatch.setattr(http, "get_stream", seen("take", platforms.get_stream))
    posted = seen("send", platforms.post_json)
    monkeypatch.setattr(
        http,
        "post_json",
        lambda url, *rest: (posted if url.endswith("openim/sendmsg") else platforms.post_json)(url, *rest),
    )
    several.work_on(taken)
    assert [look for look, _same in itertools.groupby(looks)] == [
        ("send", [("queued", True), ("queued", False), ("queued", False)]),
        ("take", [("done", True), ("queued", False), ("queued", False)]),
        ("send", [("done", True), ("sending", True), ("queued", False)]),
        ("take", [("done", True), ("done", True), ("queued", False)]),
        ("send", [("done", True), ("done", True), ("sending", True)]),
    ]


def test_lanes_behind_one_that_fails_alone_are_given_back(talk, monkeypatch):
    written(talk, 1)
    taken = take_all()
    monkeypatch.setattr(several, "_work_together", lambda taken: taken)
    monkeypatch.setattr(queues, "deliver_due", lambda lease: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        several.work_on(taken)
    assert [lease.lane for lease in leases.claim_free([lease.lane for lease in taken])] == [
        one.lane for one in taken[1:]
    ]


def test_at_most_half_of_what_waits_is_taken(talk, settings):
    written(talk, 1)
    taken, more = several.take_lanes()
    assert (len(taken), more) == (2, True)
    rest, more = several.take_lanes()
    assert (len(rest), more) == (1, True)
    settings.LANES_TOGETHER = 1
    last, more = several.take_lanes()
    assert (len(last), more) == (1, False)
    assert {lease.lane for lease in [*taken, *rest, *last]} == {talk.im_id(openid) for openid in CUSTOMERS}


@pytest.mark.services
@pytest.mark.parametrize(("size", "slow"), [(16, False), (1, False), (16, True)])
def test_workers_that_take_lanes_together_keep_each_others_order(
    transactional_db, platforms, client, settings, monkeypatch, size, slow
):
    """Five at once, while customers write and leases are taken away: every message once, in order. `slow`: sent side by side."""
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    talk = serving(Site(client, platforms), settings)
    settings.LANES_TOGETHER = size
    # However often a lane is taken away while it does not get on: nobody has crashed.
    monkeypatch.setattr(worker, "CRASHES", 1000)
    if slow:
        monkeypatch.setattr(beside, "settings", SimpleNamespace(BACKGROUND_THREADS=True))
        monkeypatch.setattr(quickness, "QUICK", -1.0)

    def steal(over: threading.Event) -> None:
        while not over.wait(0.02):
            held = Lane.objects.exclude(owner="").order_by("?")
            Lane.objects.filter(pk__in=list(held.values_list("pk", flat=True)[:1])).update(
                lease_until=clock.now() - timedelta(seconds=1)
            )

    with working(5, steal) as errors:
        expected = written(talk, 30)
        deadline = time.monotonic() + 60
        while InboundEvent.objects.filter(state=State.NEW).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    talk.work()
    assert errors == []
    assert list(InboundEvent.objects.exclude(state=State.DONE).values("state", "kind", "tries", "reason")) == []
    for openid in CUSTOMERS:
        said = Message.objects.filter(conversation__customer__openid=openid, side="customer").order_by("pk")
        assert list(said.values_list("preview", flat=True)) == expected
        # A crash may repeat a delivery, which the platform drops; never overtake.
        assert list(dict.fromkeys(read(platforms, openid))) == expected
