"""The role table: who gets what answer from each page and each verb of the API, out of one list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver
from knox.models import AuthToken

from bridge import http
from bridge.inbox import storing
from bridge.inbox.events import SeatTyping
from bridge.models import InboundEvent, Message
from seats.models import CannedReply, Seat
from seats.roles import ready
from tests.support.actors import FakePlatforms, Site
from tests.support.database import shared_db, undone
from tests.support.routing import Day, conversation

__all__ = ["shared_db"]  # a fixture
pytestmark = pytest.mark.once
READY_MADE = {"head": "supervisor", "reports": "analyst", "runs": "operator", "office": "administrator"}
# "reader" has one permission alone; the last four have the roles that a new site begins with, and no seat.
ROLES = ("anonymous", "nobody", "reader", "other seat", "seat", "supervisor", "overseer", "admin", *READY_MADE)
SEATED = {"other seat": "bob", "seat": "alice", "supervisor": "carol"}
ACTORS = ("other seat", "seat", "supervisor", "overseer", "admin", "head", "office")
INSIDERS = ("seat", "supervisor", "overseer", "admin", "head", "office")
OVERSEERS = ("supervisor", "overseer", "admin", "head", "office")
READS_REPORTS = ("supervisor", "admin", *READY_MADE)
STAFF = ("reader", "admin", *READY_MADE)
READS = ("reader", "admin", "head", "runs", "office")  # what was said
RUNS = ("admin", "runs", "office")
DAY = ("admin", "head", "runs", "office")  # the work of a day: seats, hours, tags
ADMINS = ("admin", "office")
SEATS = ("other seat", "seat", "supervisor")
# Method, address, who may. `{id}` is a conversation that the seat has, `{reply}` and `{token}` are the seat's own. Others get
# 403 (below /api/ without a log-in 401), for a conversation 404, on the desk a page that says so, or the way to the log-in.
TABLE: list[tuple[str, str, tuple[str, ...]]] = [
    ("get", "/desk/", ACTORS),
    ("get", "/desk/list/", ACTORS),
    ("get", "/desk/{id}/", INSIDERS),
    ("get", "/desk/{id}/messages/", INSIDERS),
    ("get", "/desk/{id}/customer/", INSIDERS),
    ("get", "/desk/{id}/targets/", INSIDERS),
    ("get", "/desk/state/", ACTORS),
    ("get", "/desk/offers/", ACTORS),
    ("get", "/desk/replies/", ACTORS),
    ("get", "/desk/manifest.webmanifest", ROLES),
    ("get", "/desk/sw.js", ROLES),
    ("get", "/desk/im/", SEATS),
    ("get", "/desk/im/{im}/", INSIDERS),
    ("get", "/desk/floor/", OVERSEERS),
    ("get", "/api/conversations/", ACTORS),
    ("get", "/api/conversations/{id}/", INSIDERS),
    ("get", "/api/conversations/{id}/messages/", INSIDERS),
    ("get", "/api/conversations/{id}/canned-replies/", INSIDERS),
    ("post", "/api/conversations/{id}/messages/", INSIDERS),
    ("post", "/api/conversations/{id}/files/", INSIDERS),
    ("post", "/api/conversations/{id}/cards/", INSIDERS),
    ("post", "/api/conversations/{id}/read/", INSIDERS),
    ("post", "/api/conversations/{id}/typing/", INSIDERS),
    ("post", "/api/conversations/{id}/commands/note/", INSIDERS),
    ("get", "/api/messages/{message}/", INSIDERS),
    ("get", "/api/events/{event}/", INSIDERS),
    ("get", "/api/commands/", ACTORS),
    ("post", "/api/commands/note/", ACTORS),
    ("get", "/api/queue/", ACTORS),
    ("get", "/api/seats/", ACTORS),
    ("get", "/api/me/", ACTORS),
    ("get", "/api/me/usersig/", SEATS),
    ("get", "/api/me/push/", SEATS),
    ("post", "/api/me/push/", SEATS),
    ("delete", "/api/me/push/", SEATS),
    ("post", "/api/me/notices/", SEATS),
    ("post", "/api/me/presence/", SEATS),
    ("post", "/api/me/heartbeat/", SEATS),
    ("post", "/api/me/take/", SEATS),
    ("get", "/api/me/canned-replies/", ACTORS),
    ("post", "/api/me/canned-replies/", SEATS),
    ("get", "/api/me/canned-replies/{reply}/", ()),
    ("put", "/api/me/canned-replies/{reply}/", ("seat",)),
    ("patch", "/api/me/canned-replies/{reply}/", ("seat",)),
    ("delete", "/api/me/canned-replies/{reply}/", ("seat",)),
    ("get", "/api/me/tokens/", ACTORS),
    ("post", "/api/me/tokens/", ACTORS),
    ("delete", "/api/me/tokens/{token}/", ("seat",)),
    ("get", "/admin/knox/authtoken/", ADMINS),
    ("get", "/api/reports/", READS_REPORTS),
    ("get", "/api/reports/overview/", READS_REPORTS),
    ("get", "/admin/reports/overview/", READS_REPORTS),
    ("get", "/admin/reports/live/", READS_REPORTS),
    ("get", "/admin/reports/explore/", READS_REPORTS),
    ("get", "/admin/reports/behind/opened/", READS_REPORTS),
    ("get", "/admin/reports/tiles/", STAFF),
    ("get", "/admin/analytics/subscription/", ("admin", "head", "reports", "office")),
    ("get", "/admin/analytics/goal/add/", ("admin", "head", "reports", "office")),
    ("get", "/admin/", STAFF),
    ("get", "/admin/two-step/", ("nobody", "reader", *SEATS, "overseer", "admin", *READY_MADE)),
    ("get", "/admin/bridge/conversation/", READS),
    ("get", "/admin/bridge/conversation/export/", READS),
    ("get", "/admin/bridge/conversation/{id}/transcript/", READS),
    ("get", "/admin/bridge/conversation/{id}/download/", READS),
    ("get", "/admin/bridge/message/", DAY),
    ("get", "/admin/bridge/customer/", DAY),
    ("get", "/admin/bridge/media/", DAY),
    ("get", "/admin/bridge/inboundevent/", RUNS),
    ("get", "/admin/bridge/delivery/", RUNS),
    ("get", "/admin/bridge/delivery/export/", RUNS),
    ("get", "/admin/bridge/exchange/", RUNS),
    ("get", "/admin/bridge/wechataccount/", RUNS),
    ("get", "/admin/bridge/wechataccount/add/", ADMINS),
    ("get", "/admin/seats/seat/", DAY),
    ("get", "/admin/seats/seat/add/", RUNS),
    ("get", "/admin/seats/seatgroup/", DAY),
    ("get", "/admin/seats/seatgroup/add/", RUNS),
    ("get", "/admin/seats/seatgroup/outlook/", DAY),
    ("get", "/admin/seats/queueentry/", DAY),
    ("get", "/admin/seats/cannedreply/", DAY),
    ("get", "/admin/bridge/workinghours/", DAY),
    ("get", "/admin/bridge/tag/add/", DAY),
    ("get", "/admin/chatbots/faqentry/try/", RUNS),
    ("get", "/admin/chatbots/faqentry/import/", RUNS),
    ("get", "/admin/constance/config/", ADMINS),
    ("get", "/admin/axes/accessattempt/", ADMINS),
    ("get", "/admin/otp_totp/totpdevice/", ADMINS),
    ("get", "/admin/auth/user/", ADMINS),
    ("get", "/admin/auth/group/add/", ADMINS),
    ("get", "/api/schema/", ACTORS),
    ("get", "/api/docs/", ACTORS),
]
REFUSED = (302, 403, 404, 405)
# What is sent with each, so that whoever is let in has something done.
BODIES: dict[str, Any] = {
    "/api/conversations/{id}/messages/": {"text": "hello"},
    "/api/conversations/{id}/cards/": {"type": "Link", "title": "Ours", "url": "https://example.com/"},
    "/api/conversations/{id}/read/": {"to": 1},
    "/api/conversations/{id}/typing/": {"on": True},
    "/api/conversations/{id}/commands/note/": {"text": "likes tea"},
    "/api/commands/note/": {"conversations": [1], "arguments": {"text": "likes tea"}},
    "/api/me/presence/": {"presence": "busy"},
    "/api/me/notices/": {"on": False},
    "/api/me/push/": {"endpoint": "https://push.example.com/x", "keys": {"p256dh": "B" * 87, "auth": "a" * 22}},
    "/api/me/heartbeat/": {"desk": "tab-1"},
    "/api/me/take/": {},
    "/api/me/canned-replies/": {"title": "hi", "text": "Good morning"},
    "/api/me/canned-replies/{reply}/": {"title": "hi", "text": "Good evening"},
    "/api/me/tokens/": {"days": 1},
}
# Supervisors see a conversation, but write in it only once they have joined: they are let in, and refused by its rules.
NOT_YET = {
    (path, role): 409
    for path in (
        "/api/conversations/{id}/messages/",
        "/api/conversations/{id}/files/",
        "/api/conversations/{id}/cards/",
    )
    for role in OVERSEERS
}
# Nobody waits for the other groups.
NOT_YET |= {("/api/me/take/", role): 409 for role in SEATS}


@dataclass
class Scene:
    """Everybody there is, logged in, and what the addresses are about."""

    clients: dict[str, Client]
    places: dict[str, Any]


@pytest.fixture(scope="module")
def scene(db) -> Iterator[Scene]:
    """One site for the whole table, on which alice has a customer; it is made once."""
    with pytest.MonkeyPatch.context() as patch:
        platforms = FakePlatforms()
        for name in ("post_json", "get_json", "get_stream", "post_file"):
            patch.setattr(http, name, getattr(platforms, name))
        day = Day(Site(Client(), platforms), platforms)
        day.works_at_once(patch)
        with day.running():
            day.site.sales.supervisors.add(day.site.seat("carol", day.site.care))
            day.site.login("alice")
            day.arrive(1)
            yield Scene(logged_in(), places())


def logged_in() -> dict[str, Client]:
    users = {name: User.objects.get(username=user) for name, user in SEATED.items()}
    users["nobody"] = User.objects.create_user("nobody")
    users["reader"] = User.objects.create_user("reader", is_staff=True)
    users["reader"].user_permissions.add(Permission.objects.get(codename="view_conversation"))
    users["overseer"] = User.objects.create_user("overseer")
    users["overseer"].user_permissions.add(Permission.objects.get(codename="oversee"))
    users["admin"] = User.objects.create_superuser("admin")
    for name, slug in READY_MADE.items():
        users[name] = User.objects.create_user(name, is_staff=True)
        users[name].groups.add(Group.objects.get(name=str(ready.READY[slug][0])))
    clients = {name: Client() for name in ROLES}
    for name, user in users.items():
        clients[name].force_login(user)
    return clients


def places() -> dict[str, Any]:
    alice, mine = Seat.objects.get(im_user_id="alice"), conversation(1)
    token, _secret = AuthToken.objects.create(alice.user)
    reply = CannedReply.objects.create(seat=alice, title="hi", text="Good day")
    storing.post(mine.customer.im_id, SeatTyping(alice.pk, True))
    written = {
        "message": Message.objects.filter(conversation=mine).latest("pk").pk,
        "event": InboundEvent.objects.latest("pk").pk,
    }
    return {**written, "id": mine.pk, "im": mine.customer.im_id, "reply": reply.pk, "token": token.token_key}


def asked(client: Client, method: str, address: str, places: dict[str, Any]) -> int:
    """Return the status of the answer, and undo what was done."""
    path = address.format(**places)
    words: dict[str, Any] = {}
    if address.endswith("/files/"):
        words = {"data": {"file": SimpleUploadedFile("a.txt", b"words")}}
    elif method != "get" and address in BODIES:
        words = {"data": json.dumps(BODIES[address]), "content_type": "application/json"}
    with undone():
        return getattr(client, method)(path, **words).status_code


@pytest.mark.parametrize(
    ("method", "address", "allowed"), TABLE, ids=[f"{method} {path}" for method, path, _who in TABLE]
)
def test_who_may(scene, method, address, allowed):
    for role, client in scene.clients.items():
        status = asked(client, method, address, scene.places)
        if role not in allowed:
            unknown = role == "anonymous" and address.startswith("/api/")
            assert status in ((401, 403, 405) if unknown else REFUSED), (role, status)
        elif method != "get" and (address, role) in NOT_YET:
            assert status == NOT_YET[address, role], (role, status)
        else:
            assert status in (200, 201, 204), (role, status)


def test_the_table_knows_every_address_of_desk_and_api():
    known = {path.format(id=1, im="x", reply=1, token="none", message=1, event=1) for _method, path, _who in TABLE}
    missing = []
    for prefix in ("api/", "desk/"):
        include = next(one for one in get_resolver().url_patterns if str(one.pattern) == prefix)
        for pattern in include.url_patterns:
            for one in getattr(pattern, "url_patterns", [pattern]):
                name = str(one.name)
                if name in ("desk-login", "desk-logout"):
                    continue  # open to everybody
                if not any(
                    one.pattern.match(path.removeprefix("/" + prefix))
                    for path in known
                    if path.startswith("/" + prefix)
                ):
                    missing.append(name)
    assert missing == []
