"""Arrivals, answers, transfers, presence, closes and time-outs in any order, with four workers at once, against a model.

After each burst of events, once all workers are through: nobody has more than there is room for, no message is missing
or out of order, nobody waits while a seat of theirs has room, and nobody was passed in the queue. Nothing here is
mended by the nets (`wake_queues`): what a burst leaves undone is a failure.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from bridge import worker as turns
from bridge.base import clock
from bridge.inbox import storing
from bridge.models import Conversation, Customer, Delivery, InboundEvent, Lane, Message
from bridge.values.agents import seat_lane
from seats.events import AvailabilityChosen
from seats.models import Assignment, Connection, QueueEntry, Seat, SeatGroup, TransferOffer
from seats.routing import queue
from seats.tasks import tick
from tests.support.actors import Site
from tests.support.routing import consistent, someone

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]
CUSTOMERS, WORKERS = 8, 4
SEATS = ("alice", "bob", "carol")
SITE: dict[str, Any] = {}

numbers, seats = st.integers(0, CUSTOMERS - 1), st.sampled_from(SEATS)
action = st.one_of(
    st.tuples(st.just("writes"), numbers),
    st.tuples(st.just("writes"), numbers),
    st.tuples(st.just("writes"), numbers),
    st.tuples(st.just("answers"), numbers),
    st.tuples(st.just("#close"), numbers),
    st.tuples(st.just("#close"), numbers),
    st.tuples(st.just("takes up"), numbers),
    st.tuples(st.just("#quit"), numbers),
    st.tuples(st.just("leaves"), numbers),
    st.tuples(st.just("transfers"), numbers, st.sampled_from([*SEATS, "sales", "care"])),
    st.tuples(st.just("settles"), numbers, seats, st.sampled_from(["#accept", "#refuse"])),
    st.tuples(st.just("takes"), numbers, seats),
    st.tuples(st.just("presence"), seats, st.sampled_from(["Login", "Login", "Logout"])),
    st.tuples(st.just("says of itself"), seats, st.sampled_from(["open", "open", "busy", "offline"])),
)


def work_at_once() -> None:
    """Let four workers do all there is to do."""

    def worker() -> None:
        try:
            turns.work_all(limit=500)
        finally:
            connection.close()

    while InboundEvent.objects.filter(state=InboundEvent.State.NEW).exists():
        threads = [threading.Thread(target=worker) for _number in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class Floor(RuleBasedStateMachine):
    """A floor of three seats and eight customers, and what must be true of it."""

    @initialize()
    def begin(self) -> None:
        for model in (Assignment, QueueEntry, TransferOffer, Connection, Delivery, Message, Conversation, Customer):
            model.objects.all().delete()
        InboundEvent.objects.all().delete()
        Lane.objects.all().delete()
        Seat.objects.update(online=True, availability="open", load=0, served=0)
        moments = {"since": SITE["began"], "seen_at": SITE["began"]}
        Connection.objects.bulk_create(Connection(seat=seat, client="im:web", **moments) for seat in Seat.objects.all())
        self.now = SITE["began"]
        self.sent: dict[int, list[str]] = {number: [] for number in range(CUSTOMERS)}
        SITE["now"] = lambda: self.now

    def act(self, what: str, *about: Any) -> None:
        getattr(self, "_" + what.strip("#").replace(" ", "_"))(*about)

    def _writes(self, number: int) -> None:
        text = f"{number}:{len(self.sent[number])}"
        self.sent[number].append(text)
        SITE["site"].customer_says(text, someone(number))

    def _seat_says(self, number: int, text: str) -> None:
        if name := self.owner(number):
            SITE["site"].seat_says(text, name, someone(number))

    def _answers(self, number: int) -> None:
        self._seat_says(number, "answer")

    def _takes_up(self, number: int) -> None:
        """Who had the customer last writes once more, whether or not the conversation is closed by then."""
        last = Assignment.objects.filter(conversation__customer__openid=someone(number)).order_by("-pk").first()
        if last:
            SITE["site"].seat_says("once more", last.seat.user.username, someone(number))

    def _close(self, number: int) -> None:
        self._seat_says(number, "#close")

    def _quit(self, number: int) -> None:
        self._seat_says(number, "#quit")

    def _leaves(self, number: int) -> None:
        SITE["site"].customer_says("#退出", someone(number))

    def _transfers(self, number: int, target: str) -> None:
        self._seat_says(number, f"#transfer -n {target}")

    def _settles(self, number: int, seat: str, word: str) -> None:
        SITE["site"].seat_says(word, seat, someone(number))

    def _takes(self, number: int, seat: str) -> None:
        SITE["site"].seat_says("#take", seat, someone(number))

    def _presence(self, seat: str, word: str) -> None:
        SITE["site"].seat_state(word, seat)

    def _says_of_itself(self, seat: str, word: str) -> None:
        storing.post(seat_lane(seat), AvailabilityChosen(seat, word))

    @staticmethod
    def owner(number: int) -> str:
        found = Assignment.objects.filter(active_for__customer__openid=someone(number)).values_list(
            "seat__user__username"
        )
        return found[0][0] if found else ""

    @staticmethod
    def queue(group: SeatGroup) -> list[QueueEntry]:
        entries = QueueEntry.objects.filter(group=group).order_by("rank", "enqueued_at", "pk")
        return list(entries.select_related("conversation__customer"))

    @rule(burst=st.lists(action, min_size=1, max_size=7))
    def burst(self, burst: list[tuple[Any, ...]]) -> None:
        before = {group: self.queue(group) for group in SITE["groups"]}
        known = Customer.objects.filter(open_conversation__isnull=False).values_list("openid", flat=True)
        newcomers = [number for number in range(CUSTOMERS) if someone(number) not in known]
        self.now += timedelta(seconds=1)
        for what, *about in burst:
            self.act(what, *about)
        work_at_once()
        named = {one for _what, *about in burst for one in about if isinstance(one, int)}
        only_wrote = named - {about[0] for what, *about in burst if what != "writes"}
        self.nobody_was_passed(before, {someone(one) for one in named}, [one for one in only_wrote if one in newcomers])
        self.all_is_well()

    @rule(seconds=st.sampled_from([5, 61, 61, 130, 700, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        while tick():
            work_at_once()
        self.all_is_well()

    @staticmethod
    def nobody_was_passed(before: dict[SeatGroup, list[QueueEntry]], named: set[str], newcomers: list[int]) -> None:
        """Whoever waited before another one and is still waiting has not seen the other one be served."""
        twice = {one.conversation_id for entries in before.values() for one in entries if one.overflowed}
        for entries in before.values():
            alone = [one for one in entries if one.conversation_id not in twice]
            quiet = [one for one in alone if one.conversation.customer.openid not in named]
            waiting = [QueueEntry.objects.filter(pk=one.pk).exists() for one in quiet]
            assert waiting == sorted(waiting), "the queue's order was broken"
            if True in waiting and entries[0].group.slug == "sales":
                assert not any(Floor.owner(number) for number in newcomers), "a newcomer passed who waits"

    def all_is_well(self) -> None:
        consistent()
        assert not InboundEvent.objects.filter(state=InboundEvent.State.FAILED).exists()
        for number, texts in self.sent.items():
            logged = Message.objects.filter(conversation__customer__openid=someone(number), side="customer")
            assert list(logged.order_by("pk").values_list("preview", flat=True)) == texts
        self.everybody_is_somewhere()
        self.nobody_starves()

    @staticmethod
    def everybody_is_somewhere() -> None:
        for one in Conversation.objects.exclude(status="closed"):
            has_seat = Assignment.objects.filter(active_for=one).exists()
            waits = QueueEntry.objects.filter(conversation=one).exists()
            assert (has_seat, waits) == (one.status == "assigned", one.status == "queued"), (one.pk, one.status)
            assert one.mode in {"assigned": ("send",), "queued": ("stack", "leave"), "bot": ("transform",)}[one.status]
            if has_seat:
                assert not one.messages.filter(side="customer", relayed=False).exists(), one.pk
        assert not TransferOffer.objects.exclude(conversation__status="assigned").exists()
        assert not QueueEntry.objects.filter(conversation__status="closed").exists()
        assert not Assignment.objects.filter(active_for__status="closed").exists()

    @staticmethod
    def nobody_starves() -> None:
        """Where a seat has room, nobody waits for it."""
        for group in SITE["groups"]:
            if queue.with_room(group.pk).exists():
                assert not QueueEntry.objects.filter(group=group).exists(), group.slug


@pytest.mark.services
def test_routing_holds_under_races(transactional_db, platforms, client):
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    site = Site(client, platforms)
    carol = site.seat("carol", site.sales, site.care, capacity=2)
    site.alice.capacity, site.bob.capacity = 1, 1
    site.alice.save()
    site.bob.save()
    rules = {"grace_seconds": 60, "max_wait_seconds": 600, "close_idle_seconds": 3600, "offer_seconds": 60}
    SeatGroup.objects.filter(slug="sales").update(
        transfer_mode="offer", overflow_group=site.care, overflow_seconds=60, **rules
    )
    SeatGroup.objects.filter(slug="care").update(max_queue=2, **rules)
    assert carol.pk
    SITE.update(site=site, groups=list(SeatGroup.objects.order_by("pk")), began=clock.now())
    with clock.fixed(lambda: SITE["now"]()):
        SITE["now"] = lambda: SITE["began"]
        run_state_machine_as_test(
            Floor,
            settings=settings(
                max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck),
                print_blob=True, phases=(Phase.explicit, Phase.reuse, Phase.generate),
            ),
        )  # fmt: skip
