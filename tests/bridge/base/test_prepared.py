"""Statements that are made once: the same as the ORM's own, with other values each time."""

from __future__ import annotations

import gc
import threading
import weakref
from datetime import timedelta, timezone

import pytest
from django.db import connections
from django.db.models import DateTimeField, F

from bridge.base import clock
from bridge.base.prepared import Delete, Given, Select, Update
from bridge.models import Customer, InboundEvent
from seats.models import Seat

STORED = Select(InboundEvent.objects.filter(lane=Given("lane"), state__in=[Given("states")]).order_by("pk"))


def stored(lane: str, **values) -> InboundEvent:
    key = f"{lane}{InboundEvent.objects.count()}"
    return InboundEvent.objects.create(lane=lane, dedup=key, received_at=clock.now(), body="", **values)


def test_rows_are_read_whole_with_other_values_each_time(db, django_assert_num_queries):
    first, second, third = stored("a"), stored("a", state=1), stored("b")
    assert STORED.all(lane="a", states=[0, 1]) == [first, second]
    assert STORED.all(lane="a", states=[1]) == [second]
    with django_assert_num_queries(1):
        found = STORED.first(lane="b", states={0, 7})
    assert found == third
    assert not found.get_deferred_fields(), "whole, to its last column"
    assert found.received_at == third.received_at
    assert STORED.first(lane="c", states=[0]) is None


def test_columns_are_read_as_the_models_own(site):
    alice = Select(Seat.objects.filter(pk=Given("seat")).values_list("online", "presence_at", "user__username"))
    now = clock.now()
    Seat.objects.filter(pk=site.alice.pk).update(presence_at=now, online=True)
    [(online, at, name)] = alice.rows(seat=site.alice.pk)
    assert (online, at, name) == (True, now, "alice")
    assert online is True


def test_what_is_related_comes_with_it(site, django_assert_num_queries):
    rows = Seat.objects.annotate(more=F("load") + 1).filter(pk=Given("seat")).select_related("user")
    with django_assert_num_queries(1):
        found = Select(rows).first(seat=site.alice.pk)
        assert (found.im_user_id, found.user.username, found.capacity) == ("alice", "alice", 5)


def test_annotations_and_what_is_related_to_what_is_related_come_with_it(site, django_assert_num_queries):
    rows = Customer.objects.annotate(later=F("created_at"))
    asked = rows.filter(pk__in=[Given("customers")]).select_related("account__hours").order_by("-pk")
    first, second = (
        Customer.objects.create(account=site.account, openid=openid, im_id=openid, created_at=clock.now())
        for openid in ("oFirst", "oSecond")
    )
    with django_assert_num_queries(1):
        found = Select(asked).all(customers=[first.pk, second.pk])
        assert [(one.openid, one.account.name, one.account.hours, one.later) for one in found] == [
            ("oSecond", site.account.name, None, second.created_at),
            ("oFirst", site.account.name, None, first.created_at),
        ]


def test_rows_are_changed_and_deleted(db):
    stored("a"), stored("b"), stored("b")
    later = Given("later", DateTimeField())
    change = Update(InboundEvent.objects.filter(lane=Given("lane")), tries=F("tries") + 1, finished_at=later)
    moment = clock.now() + timedelta(hours=1)
    assert (change.run(lane="b", later=moment), change.run(lane="c", later=moment)) == (2, 0)
    assert list(InboundEvent.objects.order_by("pk").values_list("tries", "finished_at")) == [
        (0, None),
        *[(1, moment)] * 2,
    ]
    assert Delete(InboundEvent.objects.filter(lane=Given("lane"))).run(lane="b") == 2
    assert InboundEvent.objects.get().lane == "a"


def test_values_are_no_sql(site):
    site.customer_says("hello")
    site.work()
    found = Select(Customer.objects.filter(openid=Given("openid")))
    assert found.first(openid="' OR 1=1 -- %s") is None
    assert found.first(openid=Customer.objects.get().openid)


@pytest.mark.parametrize("nothing", [[], (), set(), {}.keys()])
def test_an_empty_list_has_nothing_in_it(db, nothing):
    one = stored("a")
    others = Select(InboundEvent.objects.exclude(state__in=[Given("states")]))
    assert STORED.all(lane="a", states=nothing) == []
    assert others.all(states=nothing) == [one]
    assert Delete(InboundEvent.objects.filter(state__in=[Given("states")])).run(states=nothing) == 0


def test_lists_may_be_sets_of_any_kind_and_long(db):
    one = stored("a", state=1)
    for states in (frozenset({0, 1}), {0: "", 1: ""}.keys(), range(1, 2000), [None, 1]):
        assert STORED.all(lane="a", states=states) == [one]


@pytest.mark.parametrize("values", [{"lane": "a"}, {"lane": "a", "states": [0], "state": 0}])
def test_just_the_values_must_be_given_that_it_asks_for(db, values):
    with pytest.raises(TypeError, match="instead of"):
        STORED.all(**values)


def test_moments_of_any_time_zone_are_found(db):
    one = stored("a")
    at = Select(InboundEvent.objects.filter(received_at=Given("at", DateTimeField())))
    assert at.first(at=one.received_at.astimezone(timezone(timedelta(hours=8)))) == one


def test_a_column_that_is_only_sorted_by_is_not_read(db):
    one = stored("a")
    rows = InboundEvent.objects.filter(lane=Given("lane")).order_by("received_at").distinct()
    assert Select(rows.values_list("pk")).rows(lane="a") == [[one.pk]]


def test_to_be_made_changes_no_query(db):
    """What other statements are made of, or another thread makes at that moment."""
    rows = Customer.objects.filter(pk=Given("customer")).select_related("account__hours")
    before = dict(rows.query.alias_map)
    Select(rows).all(customer=1)
    assert dict(rows.query.alias_map) == before


class Watched(Select):
    """Counts how often it is made, and lets another thread come while it is."""

    def __init__(self, rows) -> None:
        super().__init__(rows)
        self.times, self.begun, self.other_done = 0, threading.Event(), threading.Event()

    def _compiled(self, rows):
        self.times += 1
        self.begun.set()
        self.other_done.wait(0.3)  # of which nothing comes where they stand in line
        return super()._compiled(rows)


def ask(statement, done: threading.Event) -> None:
    statement.all(states=[0], lane="a")
    connections.close_all()
    done.set()


@pytest.mark.django_db(transaction=True)
def test_two_threads_do_not_make_one_at_once():
    watched = Watched(InboundEvent.objects.filter(lane=Given("lane"), state__in=[Given("states")]))
    first = threading.Thread(target=ask, args=(watched, threading.Event()))
    second = threading.Thread(target=ask, args=(watched, watched.other_done))
    first.start()
    assert watched.begun.wait(60)
    second.start()
    for thread in (first, second):
        thread.join()
    assert watched.times == 1


@pytest.mark.django_db(transaction=True)
def test_the_connection_of_the_thread_that_made_it_is_not_kept():
    """Else it stays open when its thread has long ended, and what others read goes through it."""
    statement, kept = Select(InboundEvent.objects.filter(lane=Given("lane"))), list[weakref.ref]()

    def run() -> None:
        statement.all(lane="a")
        kept.append(weakref.ref(connections["default"]))
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    gc.collect()
    assert kept[0]() is None
    one = stored("a")
    assert [found.received_at for found in statement.all(lane="a")] == [one.received_at]


def test_a_doubled_percent_sign_is_no_parameter(db):
    """As `F("pk") % 2` makes it, or a pattern of SQL."""
    one, other = stored("a"), stored("100%s")
    odd = InboundEvent.objects.annotate(rest=F("pk") % 2).filter(lane=Given("lane"))
    assert [found.rest for found in Select(odd).all(lane="a")] == [one.pk % 2]
    like = InboundEvent.objects.extra(where=["lane LIKE '%%%%s'"]).filter(state=Given("state"))
    assert Select(like).all(state=0) == [other]
