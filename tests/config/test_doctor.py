"""The check-up: what it finds, what it says to do, and how it ends."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils.translation import override

from bridge.base import clock
from bridge.inbox import spill
from bridge.models import InboundEvent
from bridge.observe import liveness
from bridge.platforms.checks import BAD, GOOD, WARN, Check
from config.run import doctor

pytestmark = pytest.mark.once


@pytest.fixture
def alive(db, english):
    for who in ("worker", "beat"):
        liveness.sign(who)


def said(**options: bool) -> str:
    out = StringIO()
    call_command("doctor", stdout=out, **options)
    return out.getvalue()


def found(name: str) -> Check:
    with override("en"):  # a request may have left another language
        return next(one for one in doctor.own() if one.name == name)


def test_a_site_that_is_well(alive):
    words = said(local=True)
    assert "✗" not in words
    assert f"{len(doctor.OWN)} in order, 0 to look at." in words


def test_its_last_line_is_in_the_sites_language(alive, monkeypatch):
    with override("zh-hans"):
        assert f"{len(doctor.OWN)} 项正常，0 项需要注意。" in said(local=True)
        monkeypatch.setattr(liveness, "alive", lambda who: who != "worker")
        with pytest.raises(CommandError, match=f"共 {len(doctor.OWN)} 项，1 项有问题。"):
            said(local=True)


def test_what_is_wrong_is_said_with_what_to_do_and_ends_with_an_error(alive, monkeypatch):
    monkeypatch.setattr(liveness, "alive", lambda who: who != "worker")
    out = StringIO()
    with pytest.raises(CommandError, match=f"1 of {len(doctor.OWN)} are wrong"):
        call_command("doctor", local=True, stdout=out)
    assert re.search(r"✗ worker: no sign of life\n  → Start it", out.getvalue())


def test_a_check_that_fails_stops_no_other(alive, monkeypatch):
    def gone() -> int:
        raise OSError(111, "Connection refused")

    monkeypatch.setattr(spill, "count", gone)
    broker = found("Broker")
    assert (broker.state, broker.said) == (BAD, "ConnectionRefusedError: Connection refused")
    assert "BROKER_URL" in broker.todo
    assert found("Exchange log").state == GOOD


def test_events_that_wait(alive, site):
    site.customer_says("hello")
    assert found("Oldest event to be processed").state == GOOD
    InboundEvent.objects.update(received_at=clock.now() - timedelta(minutes=3))
    oldest = found("Oldest event to be processed")
    assert (oldest.state, oldest.said) == (BAD, "for 3m")


def test_what_waits_for_the_database(alive, monkeypatch):
    monkeypatch.setattr(spill, "count", lambda: 7)
    broker = found("Broker")
    assert (broker.state, broker.said) == (WARN, "7 events wait for the database")


def test_the_brokers_password_is_not_shown(alive, settings, monkeypatch):
    monkeypatch.setattr(spill, "count", lambda: 0)
    settings.BROKER_URL = "amqp://bridge:opensesame@broker:5672//"
    assert "opensesame" not in found("Broker").said


@pytest.mark.parametrize(("free", "state"), [(0.5, BAD), (3, WARN), (50, GOOD)])
def test_room_on_the_disk(alive, monkeypatch, free, state):
    usage = doctor.shutil.disk_usage("/")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: usage._replace(free=int(free * 1024**3)))
    assert found("Disk").state == state


def test_accounts_are_checked_by_their_platforms(alive, site, platforms):
    names = [one.name for one in doctor.endpoints()]
    assert any(name.endswith(": Access token") for name in names)
    assert any(name.endswith(": Who answers") for name in names)


def test_the_page_shows_the_same_and_the_accounts_where_it_is_asked_to(alive, site, platforms, admin_client):
    url, english = reverse("check-up"), {"accept-language": "en"}
    page = admin_client.get(url, headers=english).content.decode()
    assert "Oldest event to be processed" in page
    assert "Access token" not in page
    assert "Access token" in admin_client.post(url, headers=english).content.decode()


def test_who_does_not_look_after_the_site_does_not_see_it(db, client, django_user_model):
    user = django_user_model.objects.create_user("ann", password="x", is_staff=True)
    client.force_login(user)
    assert client.get(reverse("check-up")).status_code == 403


def test_tables_of_another_version(alive, monkeypatch):
    monkeypatch.setattr(doctor.MigrationExecutor, "migration_plan", lambda *_given: [1, 2])
    tables = found("Tables")
    assert (tables.state, tables.said, tables.todo) == (BAD, "2 changes are missing", "Run manage.py migrate.")


def test_secrets_that_cannot_be_read(alive, monkeypatch):
    monkeypatch.setattr(doctor.secrets, "unreadable", lambda: {"account": 2, "app": 1})
    stored = found("Stored secrets")
    assert (stored.state, stored.said) == (BAD, "3 cannot be read: SECRET_KEY was changed")
    assert "SECRET_KEY_FALLBACKS" in stored.todo


@pytest.mark.parametrize(
    ("policy", "most", "broker", "state"),
    [
        ("allkeys-lru", "100", "redis://broker/0", BAD),
        ("allkeys-lru", "100", "amqp://broker//", GOOD),
        ("noeviction", "100", "redis://broker/0", GOOD),
        ("allkeys-lru", "0", "redis://broker/0", GOOD),
    ],
)
def test_a_broker_that_would_forget_what_waits(alive, monkeypatch, settings, policy, most, broker, state):
    settings.BROKER_URL = broker
    said = {"maxmemory-policy": policy, "maxmemory": most}
    redis = SimpleNamespace(ping=bool, config_get=lambda *_names: said, info=lambda _section: {"redis_version": "7"})
    monkeypatch.setattr(doctor, "client", lambda: redis)
    assert found("Redis").state == state


class Server:
    """A MariaDB that answers every question with the same row."""

    vendor, display_name = "mysql", "MariaDB"

    def __init__(self, *row: object) -> None:
        self.row = row

    @contextmanager
    def cursor(self):
        yield SimpleNamespace(execute=lambda _question: None, fetchone=lambda: self.row)


@pytest.mark.parametrize(("seconds", "state"), [(0, GOOD), (-600, BAD), (600, BAD)])
def test_a_clock_that_is_wrong(alive, monkeypatch, seconds, state):
    theirs = (clock.now() + timedelta(seconds=seconds)).astimezone(UTC).replace(tzinfo=None)
    monkeypatch.setattr(doctor, "connection", Server(theirs))
    with override("en"):
        assert doctor._clock().state == state


@pytest.mark.parametrize(("flush", "state"), [(1, GOOD), (0, WARN), (2, WARN)])
def test_a_database_that_a_power_cut_robs(alive, monkeypatch, flush, state):
    monkeypatch.setattr(doctor, "connection", Server(flush, "READ-COMMITTED"))
    with override("en"):
        assert doctor._durability().state == state
