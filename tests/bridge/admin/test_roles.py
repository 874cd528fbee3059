"""The role table: who gets what answer from each page and each verb of the API, out of one list."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import get_resolver

from tests.support.routing import conversation

pytestmark = pytest.mark.once
ROLES = ("anonymous", "nobody", "analyst", "other seat", "seat", "supervisor", "overseer", "admin")
SEATED = {"other seat": "bob", "seat": "alice", "supervisor": "carol"}
ACTORS = ("other seat", "seat", "supervisor", "overseer", "admin")
INSIDERS = ("seat", "supervisor", "overseer", "admin")
SEATS = ("other seat", "seat", "supervisor")
# Method, address, who may. `{id}` is a conversation that the seat has. Others get 403, for a conversation 404, on the desk
# a page that says so, or the way to the log-in.
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
    ("get", "/desk/im/", SEATS),
    ("get", "/desk/im/{im}/", INSIDERS),
    ("get", "/desk/floor/", ("supervisor", "overseer", "admin")),
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
    ("get", "/api/commands/", ACTORS),
    ("post", "/api/commands/note/", ACTORS),
    ("get", "/api/queue/", ACTORS),
    ("get", "/api/seats/", ACTORS),
    ("get", "/api/me/", ACTORS),
    ("get", "/api/me/usersig/", SEATS),
    ("post", "/api/me/presence/", SEATS),
    ("post", "/api/me/heartbeat/", SEATS),
    ("post", "/api/me/take/", SEATS),
    ("get", "/api/me/canned-replies/", ACTORS),
    ("post", "/api/me/canned-replies/", SEATS),
    ("delete", "/api/me/canned-replies/1/", ()),
    ("get", "/api/me/tokens/", ACTORS),
    ("post", "/api/me/tokens/", ACTORS),
    ("delete", "/api/me/tokens/none/", ()),
    ("get", "/admin/knox/authtoken/", ("admin",)),
    ("get", "/api/reports/", ("supervisor", "admin")),
    ("get", "/api/reports/overview/", ("supervisor", "admin")),
    ("get", "/admin/reports/overview/", ("admin",)),
    ("get", "/admin/analytics/subscription/", ("admin",)),
    ("get", "/admin/bridge/exchange/", ("admin",)),
    ("get", "/admin/bridge/delivery/export/", ("admin",)),
    ("get", "/admin/bridge/conversation/export/", ("analyst", "admin")),
    ("get", "/admin/chatbots/faqentry/try/", ("admin",)),
    ("get", "/admin/chatbots/faqentry/import/", ("admin",)),
    ("get", "/admin/otp_totp/totpdevice/", ("admin",)),
    ("get", "/admin/two-step/", ("analyst", "admin")),
    ("get", "/admin/reports/live/", ("admin",)),
    ("get", "/admin/reports/behind/opened/", ("admin",)),
    ("get", "/admin/reports/tiles/", ("analyst", "admin")),
    ("get", "/api/schema/", ACTORS),
    ("get", "/api/docs/", ACTORS),
    ("get", "/admin/", ("analyst", "admin")),
    ("get", "/admin/bridge/conversation/", ("analyst", "admin")),
    ("get", "/admin/bridge/conversation/{id}/transcript/", ("analyst", "admin")),
    ("get", "/admin/bridge/conversation/{id}/download/", ("analyst", "admin")),
    ("get", "/admin/seats/seat/", ("admin",)),
    ("get", "/admin/seats/seatgroup/", ("admin",)),
    ("get", "/admin/seats/seatgroup/outlook/", ("admin",)),
    ("get", "/admin/seats/queueentry/", ("admin",)),
    ("get", "/admin/seats/cannedreply/", ("admin",)),
    ("get", "/admin/bridge/workinghours/", ("admin",)),
    ("get", "/admin/bridge/tag/", ("admin",)),
    ("get", "/admin/constance/config/", ("admin",)),
    ("get", "/admin/axes/accessattempt/", ("admin",)),
    ("get", "/admin/bridge/customer/", ("admin",)),
    ("get", "/admin/bridge/wechataccount/", ("admin",)),
    ("get", "/admin/bridge/inboundevent/", ("admin",)),
]
REFUSED = (302, 403, 404)


@pytest.fixture
def clients(day, monkeypatch) -> dict[str, Client]:
    day.site.sales.supervisors.add(day.site.seat("carol", day.site.care))
    day.site.login("alice")
    day.arrive(1)
    day.works_at_once(monkeypatch)
    users = {name: User.objects.get(username=user) for name, user in SEATED.items()}
    users["nobody"] = User.objects.create_user("nobody")
    users["analyst"] = User.objects.create_user("analyst", is_staff=True)
    users["analyst"].user_permissions.add(Permission.objects.get(codename="view_conversation"))
    users["overseer"] = User.objects.create_user("overseer")
    users["overseer"].user_permissions.add(Permission.objects.get(codename="oversee"))
    users["admin"] = User.objects.create_superuser("admin")
    clients = {name: Client() for name in ROLES}
    for name, user in users.items():
        clients[name].force_login(user)
    return clients


@pytest.mark.parametrize(
    ("method", "address", "allowed"), TABLE, ids=[f"{method} {path}" for method, path, _who in TABLE]
)
def test_who_may(clients, method, address, allowed):
    path = address.format(id=conversation(1).pk, im=conversation(1).customer.im_id)
    for role, client in clients.items():
        answer = getattr(client, method)(path)
        if role in allowed:
            # What is wrong with the body is the caller's business; here it is only about being let in.
            assert answer.status_code in (200, 201, 204, 400, 409), (role, answer.status_code)
        else:
            assert answer.status_code in REFUSED, (role, answer.status_code)


def test_the_table_knows_every_address_of_desk_and_api():
    known = {path.replace("{id}", "1").replace("{im}", "x") for _method, path, _who in TABLE}
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
