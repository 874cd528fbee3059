"""The browser's push: whom it tells of what while their desk is closed, that only that browser can read it, and that the
addresses that browsers name lead nowhere but to public push services."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock

import http_ece
import pytest
import redis
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.db import connection

from bridge.base.redis import client
from bridge.conversation import changes
from bridge.http import connections
from bridge.models import Conversation, Customer
from seats.api import push
from seats.models import Assignment, PushKey, PushSubscription, Seat
from seats.push import sending, telling
from seats.routing import presence
from tests.support.routing import client_of, conversation, someone

pytestmark = pytest.mark.either

ENDPOINT = "https://push.example.com/send/abc"
SECRET = b"0123456789abcdef"


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Browser:
    """A browser's half of the keys."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.keys = {"p256dh": text(point), "auth": text(SECRET)}

    def subscribes(self, seat: str, endpoint: str = ENDPOINT) -> Any:
        body = json.dumps({"endpoint": endpoint, "keys": self.keys})
        return client_of(seat).post("/api/me/push/", body, content_type="application/json")

    def reads(self, body: bytes) -> dict[str, str]:
        return json.loads(http_ece.decrypt(body, private_key=self.private, auth_secret=SECRET))


@pytest.fixture
def service(monkeypatch):
    """A push service: what it was sent, and the status it answers with."""
    seen = SimpleNamespace(calls=[], status=201)

    def request(through, method, url, *, data, headers):
        assert through is connections.guarded_session(), "a stranger's address is called by the guarded HTTP"
        seen.calls.append((url, data, headers))
        return SimpleNamespace(status_code=seen.status)

    monkeypatch.setattr(sending, "request", request)
    return seen


@pytest.fixture
def office(day):
    client().delete(telling.PLACE)
    day.browser = Browser()
    day.site.login("alice")
    assert day.browser.subscribes("alice").status_code == 204
    telling.tell()
    return day


def test_a_seat_whose_desk_is_closed_is_told_with_name_and_words(office, service):
    office.arrive(1, text="我的包裹呢")
    Customer.objects.filter(openid=someone(1)).update(remark="王敏")
    assert telling.tell() == 1
    (url, body, headers), number = service.calls[0], str(conversation(1).pk)
    assert url == ENDPOINT
    assert office.browser.reads(body) == {
        "title": "王敏", "body": "我的包裹呢 1", "tag": f"desk-{number}", "conversation": number, "url": f"/desk/?c={number}",
    }  # fmt: skip
    assert headers["Authorization"].startswith("vapid t=")
    assert f"k={PushKey.of_site().public}" in headers["Authorization"]
    assert "包裹".encode() not in body
    assert telling.tell() == 0, "once"
    office.says("alice", "on its way", 1)
    assert telling.tell() == 0, "not of one's own words"
    office.arrive(1, text="thanks")
    assert telling.tell() == 1


@pytest.mark.parametrize("quiet", ["at the desk", "muted", "nobody has it", "no longer here"])
def test_nobody_is_told_who_need_not(office, service, quiet):
    if quiet == "at the desk":
        presence.beat(office.site.alice, "0a1b2c3d", office.now)
    elif quiet == "muted":
        assert client_of("alice").post("/api/me/notices/", {"on": False}, "application/json").status_code == 204
    elif quiet == "nobody has it":
        Seat.objects.filter(user__username="alice").update(online=False)
    else:
        office.site.alice.user.is_active = False
        office.site.alice.user.save()
    office.arrive(1)
    assert (telling.tell(), service.calls) == (0, [])


def test_who_may_work_here_no_more_is_not_told_of_what_is_still_theirs(office, service):
    office.arrive(1)
    telling.tell()
    service.calls.clear()
    User.objects.filter(username="alice").update(is_active=False)
    office.arrive(1, text="and another thing")
    assert Assignment.objects.get(active_for__isnull=False).seat.user.username == "alice"
    assert (telling.tell(), service.calls) == (0, [])


def test_what_came_together_is_told_once(office, service):
    office.arrive(1, 2)
    assert [telling.tell(), telling.tell()] == [2, 0]


def test_what_was_read_before_the_desk_was_closed_is_not_told(office, service):
    office.arrive(1)
    newest = conversation(1).messages.filter(side="customer").latest("pk").pk
    Conversation.objects.update(read_to=newest)
    assert (telling.tell(), service.calls) == (0, [])


@pytest.mark.parametrize(("seconds", "told"), [(59, 1), (61, 0)])
def test_one_that_became_theirs_long_ago_is_not_told_as_new(office, service, seconds, told):
    office.arrive(1)
    telling.tell()
    Assignment.objects.update(assigned_at=office.now - timedelta(seconds=seconds))
    found = telling.new_ones([changes.Change(conversation(1).pk, moved=True)])
    assert len(found) == told


def test_each_browser_is_told_in_its_language(office, service):
    office.arrive(1)
    offered = telling.Told(conversation(1), office.site.alice.pk, offered=True)
    assert "is offered to you" in offered.data("en")["title"]
    PushSubscription.objects.update(language="en")
    with mock.patch.object(telling, "new_ones", return_value=[offered]):
        assert telling.tell() == 1
    assert office.browser.reads(service.calls[0][1]) == offered.data("en")


def test_while_redis_is_away_nobody_is_told(office, service):
    office.arrive(1)
    with mock.patch.object(telling, "client", side_effect=redis.ConnectionError):
        assert telling.tell() == 0
    assert telling.tell() == 1, "it is told afterwards"


def test_what_is_offered_is_told(office, service):
    office.site.sales.transfer_mode = "offer"
    office.site.sales.save()
    bob = Seat.objects.get(user__username="bob")
    bob.groups.add(office.site.sales)
    Seat.objects.filter(user__username="alice").update(availability="busy")
    office.site.login("bob")
    office.arrive(1)
    telling.tell()
    service.calls.clear()
    Seat.objects.filter(user__username="alice").update(availability="open")
    office.says("bob", "#transfer -n alice", 1)
    assert telling.tell() == 1
    assert "有转接请求" in office.browser.reads(service.calls[0][1])["title"]


def test_a_browser_that_is_gone_is_forgotten(office, service):
    service.status = 410
    office.arrive(1)
    assert telling.tell() == 0
    assert not PushSubscription.objects.exists()


def test_one_that_fails_again_and_again_is_forgotten_too(office, service):
    service.status = 503
    for _time in range(sending.MOST_FAILURES - 1):
        office.arrive(1)
        telling.tell()
    assert PushSubscription.objects.get().failures == sending.MOST_FAILURES - 1
    office.arrive(1)
    telling.tell()
    assert not PushSubscription.objects.exists()


def test_one_that_works_again_starts_anew(office, service):
    PushSubscription.objects.update(failures=sending.MOST_FAILURES - 1)
    office.arrive(1)
    assert telling.tell() == 1
    assert PushSubscription.objects.get().failures == 0


def test_an_answer_that_leads_elsewhere_has_taken_nothing(office, service):
    service.status = 302
    office.arrive(1)
    assert telling.tell() == 0
    assert PushSubscription.objects.get().failures == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/x", "https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x", "https://2130706433/x",
        "https://push.example.com:8443/x", "https://user:pass@push.example.com/x", "ftp://push.example.com/x", "x", "https://a.b:x/",
    ],
)  # fmt: skip
def test_only_https_addresses_of_named_hosts_are_taken(day, endpoint):
    assert Browser().subscribes("alice", endpoint).status_code == 400
    assert not PushSubscription.objects.exists()


def test_a_kept_address_that_would_be_refused_today_is_not_called_but_forgotten(office, service):
    PushSubscription.objects.update(endpoint="http://push.example.com:8080/x")
    office.arrive(1)
    assert (telling.tell(), service.calls) == (0, [])
    assert not PushSubscription.objects.exists()


def test_a_name_that_leads_inside_is_not_called(office, monkeypatch):
    monkeypatch.setattr(connections, "resolve", lambda *_where: ["10.0.0.1"])
    monkeypatch.setattr(connections, "create_connection", lambda *_where, **_how: pytest.fail("it connects"))
    office.arrive(1)
    assert telling.tell() == 0
    assert PushSubscription.objects.get().failures == 1


def test_a_browser_belongs_to_who_subscribed_last(office, service):
    office.browser.subscribes("bob")
    assert PushSubscription.objects.get().seat.user.username == "bob"
    foreign = client_of("alice").delete("/api/me/push/", json.dumps({"endpoint": ENDPOINT}), "application/json")
    assert (foreign.status_code, PushSubscription.objects.count()) == (204, 1)
    client_of("bob").delete("/api/me/push/", json.dumps({"endpoint": ENDPOINT}), "application/json")
    assert not PushSubscription.objects.exists()


def test_the_newest_browsers_of_a_seat_are_kept(office):
    for number in range(push.MOST):
        office.later(1)
        office.browser.subscribes("alice", f"https://push.example.com/{number}")
    kept = set(PushSubscription.objects.values_list("endpoint", flat=True))
    assert kept == {f"https://push.example.com/{number}" for number in range(push.MOST)}


def test_the_key_is_made_once_and_kept_as_the_other_secrets(db):
    key = PushKey.of_site()
    assert PushKey.of_site().public == key.public
    assert len(key.public) == 87
    with connection.cursor() as cursor:
        cursor.execute("SELECT private FROM seats_pushkey")
        assert "PRIVATE KEY" not in cursor.fetchone()[0]


def test_the_desk_can_be_installed(day):
    alice = client_of("alice")
    manifest = alice.get("/desk/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/desk/", "/desk/", "standalone")
    worker = alice.get("/desk/sw.js")
    assert worker["Content-Type"] == "text/javascript"
    assert b"showNotification" in worker.content
    assert "/desk/manifest.webmanifest" in alice.get("/desk/").content.decode()
