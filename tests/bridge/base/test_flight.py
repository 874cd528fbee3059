"""The flight recorder: what a crash leaves behind."""

import contextlib
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import OperationalError

from bridge.base import clock, flight
from bridge.base.flight import Flight, Trace, trace_of
from bridge.models import Delivery
from bridge.outbox.ledger import Ledger

DEAD = """
import os, sys
sys.path.insert(0, {base!r})
os.environ["DATA_DIR"] = {data!r}
import tests.settings
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
from bridge.base.flight import Flight
record = Flight({delivery}, 1)
{then}
os.kill(os.getpid(), 9)
"""


def die(settings, delivery, then=""):
    code = DEAD.format(base=os.getcwd(), data=str(settings.DATA_DIR), delivery=delivery, then=then)
    subprocess.run([sys.executable, "-c", code], check=False)


def test_a_try_that_landed_leaves_nothing():
    record = Flight(901, 1)
    record.mark_sent()
    record.land()
    assert trace_of(901, 1) is Trace.UNKNOWN


def test_killed_before_and_after_sending(settings):
    die(settings, 902)
    assert trace_of(902, 1) is Trace.NOT_SENT
    die(settings, 903, "record.mark_sent()")
    assert trace_of(903, 1) is Trace.SENT


def test_a_process_that_lives_may_still_send():
    record = Flight(904, 1)
    assert trace_of(904, 1) is Trace.PENDING
    record.mark_sent()
    assert trace_of(904, 1) is Trace.SENT


def test_only_the_final_call_is_recorded():
    record = Flight(905, 1)
    with flight.recorded(record):
        flight.mark_sent()
        assert b"sent" not in (record._path).read_bytes()
        with flight.final_call():
            flight.mark_sent()
        assert b"sent" in (record._path).read_bytes()
    record.land()


def aborted(delivery, *, sent=False):
    record = Flight(delivery, 1)
    with contextlib.suppress(OperationalError), flight.recorded(record):
        if sent:
            record.mark_sent()
        raise OperationalError(2006, "gone")
    return record


def test_an_aborted_try_makes_no_call_any_more():
    aborted(906)
    assert trace_of(906, 1) is Trace.NOT_SENT
    aborted(907, sent=True)
    assert trace_of(907, 1) is Trace.SENT
    assert not list((Path(settings.DATA_DIR) / "flights").glob("90[67]-*"))


def test_who_aborts_late_says_nothing_of_the_heirs_try():
    """Both are the delivery's first try: the commit of the one failed, or its lease was lost."""
    late = Flight(908, 1)
    heir = Flight(908, 1)
    late.abort()
    assert trace_of(908, 1) is Trace.PENDING
    heir.mark_sent()
    assert trace_of(908, 1) is Trace.SENT


def interrupted(site):
    """Leave a delivery to the customer as a crash in the middle of it would."""
    site.login("alice")
    site.customer_says("hello")
    site.work()
    site.platforms.answer("message/custom/send", {"errcode": -1})
    site.seat_says("the answer")
    site.work()
    delivery = Delivery.objects.get(direction="customer")
    Delivery.objects.filter(pk=delivery.pk).update(state="sending", due_at=delivery.created_at, attempts=1)
    site.platforms.calls.clear()
    from bridge.models import Lane

    Lane.objects.update(wake_at=delivery.created_at)
    return delivery


def test_what_was_surely_not_sent_is_sent(site, settings):
    delivery = interrupted(site)
    die(settings, delivery.pk)
    site.work()
    assert site.platforms.to_customer() == ["the answer"]


def test_what_the_database_has_interrupted_is_sent_at_once(site):
    """It went away between the commit before the call and its answer; the worker lives, and has made no call."""
    aborted(interrupted(site).pk)
    site.work()
    assert site.platforms.to_customer() == ["the answer"]


def test_a_database_that_goes_away_in_the_commit_before_the_call_aborts_the_try(site, monkeypatch):
    site.login("alice")
    site.customer_says("hello")
    site.work()
    write, gone = Ledger.write, []

    def dies_after_its_commit(ledger):
        write(ledger)
        if not gone and Delivery.objects.filter(direction="customer", state="sending").exists():
            gone.append(True)
            raise OperationalError(2013, "Lost connection")

    monkeypatch.setattr(Ledger, "write", dies_after_its_commit)
    site.seat_says("the answer")
    with contextlib.suppress(OperationalError):
        site.work()
    assert (gone, site.platforms.to_customer()) == ([True], [])
    at = clock.now() + timedelta(seconds=10)  # its lease has run out
    with clock.fixed(lambda: at):
        site.work()
    assert site.platforms.to_customer() == ["the answer"]
    assert Delivery.objects.get(direction="customer").state == "done"


def test_what_may_have_been_sent_is_asked_about(site, settings):
    delivery = interrupted(site)
    die(settings, delivery.pk, "record.mark_sent()")
    site.work()
    assert site.platforms.to_customer() == []
    assert "可能未送达" in site.platforms.to_seat("alice")[-1]
    assert Delivery.objects.get(pk=delivery.pk).state == "unknown"


def test_a_try_whose_process_lives_is_waited_for(site, settings):
    """Its worker was too slow to keep the lane: it may still send, or die, and only then do we know."""
    delivery = interrupted(site)
    record = Flight(delivery.pk, 1)
    site.work()
    assert Delivery.objects.get(pk=delivery.pk).state == "sending"
    assert site.platforms.to_customer() == []
    record.land()
    die(settings, delivery.pk)
    at = clock.now() + timedelta(seconds=3)
    with clock.fixed(lambda: at):
        site.work()
    assert site.platforms.to_customer() == ["the answer"]


def test_but_not_for_ever(site):
    delivery = interrupted(site)
    Flight(delivery.pk, 1)
    for look in range(20):
        at = clock.now() + timedelta(seconds=3 * look)
        with clock.fixed(lambda at=at: at):
            site.work()
    assert Delivery.objects.get(pk=delivery.pk).state == "unknown"
