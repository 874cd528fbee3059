"""A lane's deliveries under every sequence of answers, crashes and pauses: none lost, none doubled, none overtakes.

The real queues, permit, ledger and leases work on a real database; only the platforms' three calls are scripted.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.base import clock
from bridge.lanes import leases
from bridge.media.errors import STORAGE
from bridge.models import Account, Conversation, Customer, Delivery, Lane, Message
from bridge.outbox import notices, queues, waiting
from bridge.outbox.deliveries import released
from bridge.outbox.ledger import Ledger
from bridge.platforms.base import Prepared
from bridge.platforms.registry import get_platform
from bridge.values.outcomes import Chance, DeliveryError, Outcome
from bridge.values.windows import COUNT, TIME

State = Delivery.State
ENDS = {State.DONE, State.FAILED, State.UNKNOWN, State.DROPPED, State.JOINED}
FILE = {"type": "Image", "media_id": "m"}
# What a platform may answer that did not do it.
ERRORS = {
    "busy": {"outcome": Outcome.RETRY},
    "token": {"outcome": Outcome.CHANCE, "chance": Chance.TOKEN, "after": Outcome.STOP},
    "media": {"outcome": Outcome.CHANCE, "chance": Chance.MEDIA},
    "count": {
        "outcome": Outcome.CHANCE, "chance": Chance.COUNT, "pause": 1.0, "after": Outcome.HOLD, "window": COUNT,
    },
    "time": {"outcome": Outcome.FAIL, "window": TIME},
    "fail": {"outcome": Outcome.FAIL},
    "stop": {"outcome": Outcome.STOP},
    "limit": {"outcome": Outcome.LIMIT, "pause": 61.0},
    "lost": {"outcome": Outcome.UNKNOWN},
    "taken, answer lost": {"outcome": Outcome.UNKNOWN},
}  # fmt: skip
TAKEN = ("fine", "taken, answer lost", "crash after", "no room")
PREPARING = ("busy", "token", "fail", "limit", "lost")
KINDS = ("text", "file", "notice", "typing", "by request", "to the seat")


class Crash(BaseException):
    """The worker dies here."""


class Platforms:
    """Answers by a script, and looks at each message that is taken whether its turn has come."""

    def __init__(self, script):
        self.script = list(script)
        self.taken: list[int] = []
        self.overtaken: list[str] = []

    def _next(self):
        return self.script.pop(0) if self.script else "fine"

    def prepare(self, delivery, *, again=False):
        word = self._next()
        if word == "no room":
            raise DeliveryError(STORAGE, "full", Outcome.ASIDE)
        if word in PREPARING:
            raise DeliveryError("7", word, **ERRORS[word])
        return Prepared({"msgtype": "image"})

    def send(self, delivery):
        word = self._next()
        if word == "crash before":
            raise Crash
        if word in TAKEN:
            self._take(delivery)
        if word == "crash after":
            raise Crash
        if word in ERRORS:
            raise DeliveryError("7", word, **ERRORS[word])

    def _take(self, delivery):
        self.taken.append(delivery.pk)
        if delivery.direction != Delivery.Direction.CUSTOMER:
            return
        before = Delivery.objects.filter(lane=delivery.lane, direction=delivery.direction, pk__lt=delivery.pk)
        for one in before.exclude(state__in=ENDS):
            # Only a file that waits is passed, and where it waits for room, only by words.
            if one.state != State.ASIDE or (one.code == STORAGE and delivery.content is not None):
                self.overtaken.append(f"{delivery} passed {one}, which was {one.state}")


@pytest.fixture
def lane(talking, monkeypatch):
    """A customer with a seat; nothing is owed to either."""
    customer = Customer.objects.get()
    Delivery.objects.all().delete()
    monkeypatch.setattr("bridge.observe.alarms.raise_alarm", lambda *said: None)
    return customer


def fill(customer, kinds, now, *, told):
    """Owe one delivery of each of these kinds, in order; `told`: the seat hears of what becomes of them."""
    conversation, account = Conversation.objects.get(), customer.account
    for number, kind in enumerate(kinds):
        message = Message.objects.create(
            conversation=conversation, side=Message.Side.SEAT, author="alice", content={"type": "Text"}, preview="x",
            event_id=0, created_at=now,
        )  # fmt: skip
        to_seat = kind == "to the seat"
        ends = {"sender": customer.im_id, "recipient": "alice"} if to_seat else {"recipient": customer.openid}
        Delivery.objects.create(
            lane=customer.im_id, direction="seat" if to_seat else "customer", platform="tencent_im" if to_seat else "wechat",
            endpoint=None if to_seat else account, conversation=conversation, message=message, **ends,
            payload={} if kind == "file" else {"msgtype": "text", "text": {"content": str(number)}},
            content=FILE if kind == "file" else None, random=number, due_at=now, created_at=now,
            notice=kind == "notice", ephemeral=kind == "typing", by_request=kind == "by request", reports=told,
        )  # fmt: skip


class World:
    """One lane, its worker and the time."""

    def __init__(self, customer, platforms, start):
        self.customer, self.platforms, self.now = customer, platforms, start
        Lane.objects.all().delete()
        self.lease = leases.claim(customer.im_id)

    def work(self):
        """Work until nothing can be done now; a worker that dies is followed by an heir."""
        for _round in range(200):
            try:
                if not queues.deliver_due(self.lease).tried:
                    return
            except Crash:
                self.now += timedelta(seconds=10)
                self.lease = leases.claim(self.customer.im_id)
        raise AssertionError("it never comes to rest")

    def customer_writes(self):
        """As the customer's message does: the window opens, and what was held is let go."""
        opened = {"window_opened_at": self.now, "window_until": self.now + timedelta(hours=48)}
        Customer.objects.update(**opened, window_limit=5, window_left=5, has_held=False)
        Delivery.objects.filter(state=State.HELD).update(**released(self.now))


def scripted(monkeypatch, *script):
    """Let both platforms answer by the script."""
    platforms = Platforms(script)
    for name in ("wechat", "tencent_im"):
        monkeypatch.setattr(get_platform(name), "send", platforms.send)
        monkeypatch.setattr(get_platform(name), "prepare", platforms.prepare)
    return platforms


STEPS = st.one_of(st.sampled_from(["customer writes", "window ends"]), st.sampled_from([2, 70, 4000]))
WORDS = ["fine", "fine", "fine", "no room", "crash before", "crash after", *ERRORS]


@given(
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=7),
    script=st.lists(st.sampled_from(WORDS), max_size=14),
    steps=st.lists(STEPS, max_size=5),
    left=st.sampled_from([None, 0, 1, 2, 5]),
    hours=st.sampled_from([-1, 48]),
    told=st.booleans(),
    checked=st.booleans(),
    policies=st.tuples(*[st.sampled_from(["hold", "fail"])] * 2),
)
@example(
    kinds=["text", "by request"],
    script=[],
    steps=[],
    left=5,
    hours=-1,
    told=False,
    checked=True,
    policies=("hold", "hold"),
)
@example(
    kinds=["text", "text"],
    script=["crash after"],
    steps=[2, 70],
    left=5,
    hours=48,
    told=True,
    checked=True,
    policies=("hold", "fail"),
)
@example(
    kinds=["file", "text", "file"],
    script=["no room"],
    steps=[2, 70],
    left=5,
    hours=48,
    told=True,
    checked=True,
    policies=("hold", "fail"),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def _plays(lane, monkeypatch, kinds, script, steps, left, hours, told, checked, policies):
    start = clock.now()
    Delivery.objects.all().delete()
    Account.objects.update(
        trouble="", retry_at=None, limits={}, count_checked_at=start if checked else None,
        over_count=policies[0], over_time=policies[1],
    )  # fmt: skip
    until = {} if left is None else {"window_until": start + timedelta(hours=hours), "window_opened_at": start}
    Customer.objects.update(
        **{"window_until": None, "window_opened_at": None, **until}, window_limit=left, window_left=left
    )
    platforms = scripted(monkeypatch, *script)
    fill(lane, kinds, start, told=told)
    owed = list(Delivery.objects.order_by("pk"))
    world = World(lane, platforms, start)
    with clock.fixed(lambda: world.now):
        for step in steps:
            world.work()
            if step == "customer writes":
                world.customer_writes()
            elif step == "window ends":
                Customer.objects.update(window_until=world.now)
            else:
                world.now += timedelta(seconds=step)
        platforms.script.clear()
        for _round in range(40):
            world.work()
            if not Delivery.objects.exclude(state__in=ENDS).exists():
                break
            world.now += timedelta(seconds=4000)
            world.customer_writes()
    assert platforms.overtaken == []
    _compare(owed, platforms.taken)


def _compare(owed, taken):
    """Whatever came between: each has ended, and what was taken was taken once, where the platform knows no repeats."""
    times = Counter(taken)
    for before in owed:
        row = Delivery.objects.get(pk=before.pk)
        assert row.state in ENDS, row.state
        assert row.state != State.DROPPED or row.notice or row.ephemeral
        if row.state == State.DONE:
            assert times[row.pk] >= 1
        if row.state == State.FAILED:
            assert times[row.pk] == 0 or row.platform == "tencent_im"
        if row.platform == "wechat":
            assert times[row.pk] <= 1, "sent twice"
    for direction in ("seat", "customer"):
        words = [row.pk for row in owed if row.direction == direction and row.content is None]
        arrived = list(dict.fromkeys(one for one in taken if one in words))
        assert arrived == sorted(arrived)


def test_none_is_lost_doubled_or_overtakes(lane, monkeypatch):
    _plays(lane, monkeypatch)


def test_a_card_needs_no_room_so_it_passes_a_file_that_waits_for_some(lane, monkeypatch):
    fill(lane, ["file", "file", "file"], clock.now(), told=False)
    first, card, last = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=card.pk).update(content={"type": "Link", "title": "sale", "url": "https://example.com"})
    platforms = scripted(monkeypatch, "no room")
    World(lane, platforms, clock.now()).work()
    assert platforms.taken == [card.pk]
    assert {row.pk for row in Delivery.objects.filter(state=State.ASIDE)} == {first.pk, last.pk}


def test_what_is_set_aside_behind_more_than_one_look_takes_does_not_pass_them(lane, monkeypatch):
    fill(lane, ["text"] * (waiting.BATCH + 5) + ["file"], clock.now(), told=False)
    Delivery.objects.filter(content__isnull=False).update(state=State.ASIDE, code=STORAGE)
    platforms = scripted(monkeypatch)
    Customer.objects.update(window_limit=None, window_left=None)
    World(lane, platforms, clock.now()).work()
    assert platforms.taken == sorted(platforms.taken)
    assert len(platforms.taken) == waiting.BATCH + 6


def test_what_a_seat_is_still_to_hear_is_found_after_a_crash(lane, settings):
    fill(lane, ["text"], clock.now(), told=True)
    Lane.objects.all().delete()
    ledger = Ledger(leases.claim(lane.im_id))
    notices.notify_seat(ledger, Delivery.objects.get(), "it waits")
    ledger.write()
    # Nothing releases the lane, as its worker is killed here.
    moment = clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1)
    with clock.fixed(lambda: moment):
        assert leases.lanes_with_work(8) == [lane.im_id]
