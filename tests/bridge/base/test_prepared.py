"""Statements that are made once: the same as the ORM's own, with other values each time."""

from __future__ import annotations

from datetime import timedelta

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
