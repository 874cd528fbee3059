"""The role table: who gets what answer from each page and each verb of the API, out of one list."""

from __future__ import annotations

import json
from collections import defaultdict
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
from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import SeatTyping
from bridge.models import AutoAnswer, Broadcast, InboundEvent, Message, Template
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, PublishedMenu, QrCode, ShownSeat
from chatbots.models import Welcome
from seats.models import CannedReply, Seat
from seats.roles import ready
from tests.support.actors import FakePlatforms, Site
from tests.support.database import shared_db, undone
from tests.support.routing import Day, conversation
from tests.support.samples import picture

__all__ = ["shared_db"]  # a fixture
pytestmark = [pytest.mark.once, pytest.mark.long]
READY_MADE = {"head": "supervisor", "reports": "analyst", "runs": "operator", "office": "administrator"}
# "reader" has one permission alone; the last four have the roles that a new site begins with, and no seat.
ROLES = ("anonymous", "nobody", "reader", "other seat", "seat", "supervisor", "overseer", "admin", *READY_MADE)
SEATED = {"other seat": "bob", "seat": "alice", "supervisor": "carol"}
ACTORS = ("other seat", "seat", "supervisor", "overseer", "admin", "head", "office")
USERS = ("reader", *ACTORS, "reports", "runs")
INSIDERS = ("seat", "supervisor", "overseer", "admin", "head", "office")
OVERSEERS = ("supervisor", "overseer", "admin", "head", "office")
READS_REPORTS = ("supervisor", "admin", *READY_MADE)
STAFF = ("reader", "admin", *READY_MADE)
READS = ("reader", "admin", "head", "runs", "office")  # what was said
RUNS = ("admin", "runs", "office")
DAY = ("admin", "head", "runs", "office")  # the work of a day: seats, hours, tags
ADMINS = ("admin", "office")
SEATS = ("other seat", "seat", "supervisor")
MENU_BY_TAG = "/admin/bridge/wechataccount/{account}/menu/?tag={tagged}"
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
    ("get", "/api/conversations/{id}/notices/", INSIDERS),
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
    ("get", "/api/me/tokens/", USERS),
    ("post", "/api/me/tokens/", USERS),
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
    ("get", "/admin/tokens/", ("nobody", "reader", *SEATS, "overseer", "admin", *READY_MADE)),
    ("get", "/admin/auth/user/{user}/tokens/", ADMINS),
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
    ("get", "/admin/bridge/wechataccount/{account}/change/", RUNS),
    ("get", "/admin/bridge/wechataccount/{account}/menu/", RUNS),
    ("post", "/admin/bridge/wechataccount/{account}/menu/", RUNS),
    ("get", "/admin/bridge/wechataccount/{account}/moving/", RUNS),
    ("post", "/admin/bridge/wechataccount/{account}/moving/", RUNS),
    ("get", "/admin/seats/seat/", DAY),
    ("get", "/admin/seats/seat/add/", ADMINS),
    ("get", "/admin/seats/seatgroup/", DAY),
    ("get", "/admin/seats/seatgroup/add/", RUNS),
    ("get", "/admin/seats/seatgroup/outlook/", DAY),
    ("get", "/admin/seats/queueentry/", DAY),
    ("get", "/admin/seats/cannedreply/", DAY),
    ("get", "/admin/bridge/workinghours/", DAY),
    ("get", "/admin/bridge/tag/add/", DAY),
    ("get", "/admin/chatbots/faqentry/try/", RUNS),
    ("get", "/admin/chatbots/faqentry/import/", RUNS),
    ("get", "/admin/chatbots/welcome/add/", RUNS),
    ("get", "/admin/bridge/qrcode/", RUNS),
    ("get", "/admin/bridge/qrcode/add/", RUNS),
    ("get", "/admin/bridge/qrcode/print/", RUNS),
    ("get", "/admin/bridge/template/", RUNS),
    ("get", "/admin/bridge/shownseat/", RUNS),
    ("get", "/admin/bridge/shownseat/add/", RUNS),
    ("get", "/admin/bridge/broadcast/", ADMINS),
    ("get", "/admin/bridge/broadcast/add/", ADMINS),
    *(
        (method, f"/admin/{address}/", who)
        for method in ("get", "post")
        for address, who in (
            ("bridge/broadcast/{broadcast}/change", ADMINS),
            ("bridge/broadcast/{broadcast}/delete", ADMINS),
            ("bridge/broadcast/{broadcast}/send", ADMINS),
            ("bridge/broadcast/{broadcast}/stop", ADMINS),
            ("bridge/template/fetch", RUNS),
            ("bridge/template/{template}/change", RUNS),
            ("bridge/shownseat/{shown}/change", RUNS),
            ("bridge/shownseat/{shown}/delete", RUNS),
            ("bridge/qrcode/{code}/change", RUNS),
            ("bridge/qrcode/{code}/again", RUNS),
            ("chatbots/welcome/{welcome}/change", RUNS),
        )
    ),
    ("get", "/admin/bridge/qrcode/{code}/sheet/", RUNS),
    ("get", "/admin/bridge/qrcode/{code}/image/", RUNS),
    ("get", MENU_BY_TAG, RUNS),
    ("post", MENU_BY_TAG, RUNS),
    ("get", "/admin/constance/config/", ADMINS),
    ("get", "/admin/axes/accessattempt/", ADMINS),
    ("get", "/admin/otp_totp/totpdevice/", ADMINS),
    ("get", "/admin/auth/user/", ADMINS),
    ("get", "/admin/auth/group/add/", ADMINS),
    ("get", "/api/admin/groups/", DAY),
    ("post", "/api/admin/groups/", RUNS),
    ("patch", "/api/admin/groups/{group}/", RUNS),
    ("get", "/api/admin/seats/", DAY),
    ("post", "/api/admin/seats/", ADMINS),
    ("patch", "/api/admin/seats/{seat}/", RUNS),
    ("get", "/api/admin/tags/", DAY),
    ("post", "/api/admin/tags/", DAY),
    ("get", "/api/admin/canned-replies/", DAY),
    ("patch", "/api/admin/canned-replies/{reply}/", DAY),
    ("delete", "/api/admin/canned-replies/{reply}/", DAY),
    ("get", "/api/admin/faq/", RUNS),
    ("post", "/api/admin/faq/", RUNS),
    ("get", "/api/admin/welcomes/", RUNS),
    ("post", "/api/admin/welcomes/", RUNS),
    ("get", "/api/admin/qr-codes/", RUNS),
    ("post", "/api/admin/qr-codes/", RUNS),
    ("get", "/api/admin/qr-codes/{code}/", RUNS),
    ("post", "/api/admin/qr-codes/{code}/again/", RUNS),
    ("get", "/api/admin/broadcasts/", ADMINS),
    ("post", "/api/admin/broadcasts/", ADMINS),
    ("patch", "/api/admin/broadcasts/{broadcast}/", ADMINS),
    ("delete", "/api/admin/broadcasts/{broadcast}/", ADMINS),
    ("get", "/api/admin/broadcasts/{broadcast}/recipients/", ADMINS),
    ("post", "/api/admin/broadcasts/{broadcast}/send/", ADMINS),
    ("post", "/api/admin/broadcasts/{broadcast}/stop/", ADMINS),
    ("get", "/api/admin/templates/", RUNS),
    ("post", "/api/admin/templates/fetch/", RUNS),
    ("get", "/api/admin/templates/{template}/", RUNS),
    ("patch", "/api/admin/templates/{template}/", RUNS),
    ("get", "/api/admin/shown-seats/", RUNS),
    ("post", "/api/admin/shown-seats/", RUNS),
    ("get", "/api/admin/shown-seats/{shown}/", RUNS),
    ("patch", "/api/admin/shown-seats/{shown}/", RUNS),
    ("delete", "/api/admin/shown-seats/{shown}/", RUNS),
    ("post", "/api/admin/shown-seats/{shown}/picture/", RUNS),
    ("get", "/api/admin/menus/", RUNS),
    ("get", "/api/admin/menus/{account}/", RUNS),
    ("patch", "/api/admin/menus/{account}/", RUNS),
    ("post", "/api/admin/menus/{account}/publish/", RUNS),
    ("post", "/api/admin/menus/{account}/withdraw/", RUNS),
    ("get", "/api/admin/menus/{account}/tags/", RUNS),
    ("get", "/api/admin/menus/{account}/history/", RUNS),
    ("post", "/api/admin/menus/{account}/restore/", RUNS),
    ("get", "/api/admin/menus-by-tag/", RUNS),
    ("post", "/api/admin/menus-by-tag/", RUNS),
    ("get", "/api/admin/menus-by-tag/{tagged}/", RUNS),
    ("patch", "/api/admin/menus-by-tag/{tagged}/", RUNS),
    ("delete", "/api/admin/menus-by-tag/{tagged}/", RUNS),
    ("post", "/api/admin/menus-by-tag/{tagged}/publish/", RUNS),
    ("post", "/api/admin/menus-by-tag/{tagged}/withdraw/", RUNS),
    ("get", "/api/admin/accounts/wechat/", RUNS),
    ("get", "/api/admin/accounts/wechat/{account}/", RUNS),
    ("patch", "/api/admin/accounts/wechat/{account}/", ADMINS),
    ("get", "/api/admin/accounts/tencent_im/", RUNS),
    *(
        ("get", f"/api/admin/{kind}/{{none}}/", ())
        for kind in ("tags", "faq", "welcomes", "qr-codes", "accounts/tencent_im", "accounts/echo")
    ),
    ("get", "/api/admin/accounts/echo/", RUNS),
    ("get", "/api/stream/", ACTORS),
    ("get", "/api/schema/", USERS),
    ("get", "/api/docs/", USERS),
]
REFUSED = (302, 403, 404, 405)
ITEM = {"name": "Shop", "does": "link", "url": "https://shop.example.com/"}
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
    "/api/admin/groups/": {"name": "Returns", "slug": "returns"},
    "/api/admin/groups/{group}/": {"name": "Returns"},
    "/api/admin/seats/": {"user": "nobody", "im_user_id": "nobody"},
    "/api/admin/seats/{seat}/": {"availability": "away"},
    "/api/admin/tags/": {"name": "VIP"},
    "/api/admin/canned-replies/{reply}/": {"position": 3},
    "/api/admin/faq/": {"keywords": "price", "answer_text": "Five"},
    "/api/admin/welcomes/": {"answer_text": "Welcome"},
    "/api/admin/qr-codes/": {"name": "Poster", "account": "shop", "kind": "foreign", "scene": "poster"},
    "/api/admin/broadcasts/": {"account": "shop", "text": "Closed on Sunday"},
    "/api/admin/broadcasts/{broadcast}/": {"text": "Open on Sunday"},
    "/api/admin/broadcasts/{broadcast}/send/": {},
    "/api/admin/templates/fetch/": {"account": "shop"},
    "/api/admin/templates/{template}/": {"words": {"thing1": "Hello"}},
    "/api/admin/shown-seats/{shown}/": {"nickname": "Ali"},
    "/api/admin/menus/{account}/": {"items": [ITEM], "version": 0},
    "/api/admin/menus-by-tag/": {"account": "shop", "tag_id": 134},
    "/api/admin/menus-by-tag/{tagged}/": {"items": [ITEM], "version": 0},
    "/api/admin/accounts/wechat/{account}/": {"name": "Shop"},
}
# The same for forms of the back office.
YES = {"confirm": "yes"}
FORMS: dict[str, dict[str, str]] = {
    "/admin/bridge/broadcast/{broadcast}/change/": {"account": "{account}", "text": "Open on Sunday"},
    "/admin/bridge/broadcast/{broadcast}/delete/": {"post": "yes"},
    "/admin/bridge/broadcast/{broadcast}/send/": YES,
    "/admin/bridge/broadcast/{broadcast}/stop/": YES,
    "/admin/bridge/template/fetch/": YES,
    "/admin/bridge/template/{template}/change/": {"blank_0": "Hello"},
    "/admin/bridge/shownseat/{shown}/change/": {"seat_id": "{seat}", "nickname": "Ali"},
    "/admin/bridge/shownseat/{shown}/delete/": {"post": "yes"},
    "/admin/bridge/qrcode/{code}/change/": {"name": "Door"},
    "/admin/bridge/qrcode/{code}/again/": YES,
    "/admin/chatbots/welcome/{welcome}/change/": {"answer_kind": "text", "answer_text": "Hello", "enabled": "on"},
    MENU_BY_TAG: {"publish": "", "items": json.dumps([ITEM]), "version": "0"},
}
# What WeChat answers, once for each role.
WECHAT_SAYS = {
    "qrcode/create": {"ticket": "t", "url": "https://example.com/", "expire_seconds": 86400},
    "tags/get": {"tags": [{"id": 134, "name": "VIP"}]},
    "menu/addconditional": {"menuid": "1"},
    "kfaccount/uploadheadimg": {"errcode": 0},
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
# Streams are answered by the site's own server, not by the views that this table asks.
NOT_YET |= {("/api/stream/", role): 503 for role in ACTORS}
# A draft is not being sent.
NOT_YET |= {("/api/admin/broadcasts/{broadcast}/stop/", role): 409 for role in ADMINS}
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
        for call, said in WECHAT_SAYS.items():
            platforms.answer(call, *[said] * len(ROLES))
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
    admin = {
        "user": alice.user.pk,
        "seat": alice.pk,
        "group": alice.groups.get().pk,
        "account": mine.customer.account_id,
        "none": 987654,
    }
    admin |= office_of(mine.customer.account_id, alice.pk)
    BODIES["/api/admin/shown-seats/"] = {
        "account": "shop", "seat_id": Seat.objects.get(im_user_id="bob").pk, "kf_account": "bob@shop", "nickname": "Bob",
    }  # fmt: skip
    own = {"id": mine.pk, "im": mine.customer.im_id, "reply": reply.pk, "token": token.token_key}
    return {**written, **admin, **own}


def office_of(account: int, seat: int) -> dict[str, Any]:
    """Make one of each thing of an account; return their numbers."""
    made = {
        "broadcast": Broadcast.objects.create(account_id=account, text="Closed on Sunday"),
        "code": QrCode.objects.create(account_id=account, name="Door", scene="door", kind="temporary", url="http://a/b"),
        "welcome": Welcome.objects.create(answer=AutoAnswer.of("Welcome")),
        "template": Template.objects.create(
            account_id=account, remote_id="T1", title="Reply", body="{{thing1.DATA}}", blanks=["thing1"],
            fetched_at=clock.now(),
        ),
        "shown": ShownSeat.objects.create(account_id=account, seat_id=seat, kf_account="alice@shop", nickname="Alice"),
        "tagged": ConditionalMenu.objects.create(account_id=account, tag_id=2, tag_name="Star", items=[ITEM]),
    }  # fmt: skip
    AccountMenu.objects.create(account_id=account, items=[ITEM])
    earlier = PublishedMenu.objects.create(account_id=account, items=[ITEM], published_at=clock.now())
    BODIES["/api/admin/menus/{account}/restore/"] = {"published": earlier.pk, "version": 0}
    return {name: one.pk for name, one in made.items()}


def asked(client: Client, method: str, address: str, places: dict[str, Any]) -> int:
    """Return the status of the answer, and undo what was done. A page of the back office that leads on has done it: 204."""
    path = address.format(**places)
    words: dict[str, Any] = {}
    if address.endswith("/picture/"):
        words = {"data": {"file": SimpleUploadedFile("a.png", picture("PNG", (64, 64)))}}
    elif address.endswith("/files/"):
        words = {"data": {"file": SimpleUploadedFile("a.txt", b"words")}}
    elif method != "get" and address in BODIES:
        words = {"data": json.dumps(BODIES[address]), "content_type": "application/json"}
    elif method == "post" and address in FORMS:
        words = {
            "data": {
                name: value.replace("{account}", str(places["account"])).replace("{seat}", str(places["seat"]))
                for name, value in FORMS[address].items()
            }
        }
    with undone():
        answer = getattr(client, method)(path, **words)
    leads_on = answer.status_code == 302 and path.startswith("/admin/") and "/login/" not in answer.url
    return 204 if leads_on else answer.status_code


@pytest.mark.parametrize(
    ("method", "address", "allowed"), TABLE, ids=[f"{method} {path}" for method, path, _who in TABLE]
)
def test_who_may(scene, method, address, allowed):
    for role, client in scene.clients.items():
        status = asked(client, method, address, scene.places)
        if role not in allowed:
            unknown = role == "anonymous" and address.startswith("/api/")
            assert status in ((401, 403, 405) if unknown else REFUSED), (role, status)
        elif (method != "get" or address == "/api/stream/") and (address, role) in NOT_YET:
            assert status == NOT_YET[address, role], (role, status)
        else:
            assert status in (200, 201, 204), (role, status)


def test_the_table_knows_every_address_of_desk_and_api():
    known = {path.format_map(defaultdict(lambda: 1, im="x", token="none")) for _method, path, _who in TABLE}
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
