"""API tokens: made by command, on one's own page and by whoever may change the user; and what their scopes let them do."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from knox.models import AuthToken

from bridge.staff import tidying
from seats.api import scopes
from seats.api.authentication import make_token
from seats.models import TokenSeal
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either


def asks(token: str, address: str, method: str = "get", **data):
    headers = {"authorization": f"Bearer {token}", "accept-language": "en"}
    words = {} if method == "get" else {"data": data, "content_type": "application/json"}
    return getattr(Client(), method)(f"/api/{address}", headers=headers, **words)


def token_with(*chosen: str, name: str = "alice") -> str:
    return make_token(User.objects.get(username=name), 1, chosen)[1]


CASES = [
    (scopes.READ, "get", "conversations/", {}),
    (scopes.READ, "get", "queue/", {}),
    (scopes.READ, "get", "schema/?format=json", {}),
    (scopes.READ, "get", "reports/", {}),
    (scopes.ANSWER, "post", "me/presence/", {"presence": "busy"}),
    (scopes.ANSWER, "post", "conversations/{}/messages/", {"text": "hello"}),
    (scopes.ANSWER, "post", "conversations/{}/commands/note/", {"text": "likes tea"}),
    (scopes.ANSWER, "post", "me/canned-replies/", {"title": "hi", "text": "hello"}),
    (scopes.USERSIG, "get", "me/usersig/", {}),
]


@pytest.mark.parametrize(("scope", "method", "address", "data"), CASES, ids=[one[2] for one in CASES])
def test_a_token_does_what_its_scopes_say_and_nothing_else(floor, scope, method, address, data):
    alice = User.objects.get(username="alice")
    alice.user_permissions.add(Permission.objects.get(codename="read_reports"))
    address = address.format(conversation(1).pk)
    assert asks(token_with(scope), address, method, **data).status_code in (200, 201)
    others = [one for one in scopes.SCOPES if one != scope]
    refused = asks(token_with(*others), address, method, **data)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert refused["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'
    assert scope in refused.json()["detail"]


def test_a_scope_gives_nothing_that_its_owner_has_not(floor):
    token = token_with(*scopes.SCOPES, name="nobody")
    assert asks(token, "conversations/").json()["code"] == "permission_denied"
    assert asks(token_with(*scopes.SCOPES, name="carol"), f"conversations/{conversation(1).pk}/").status_code == 404


def test_personal_ids_take_the_scope_and_the_permission(floor):
    def openid(*chosen: str) -> str | None:
        return asks(token_with(*chosen), f"conversations/{conversation(1).pk}/").json()["customer"]["openid"]

    assert openid(*scopes.SCOPES) is None
    User.objects.get(username="alice").user_permissions.add(Permission.objects.get(codename="view_customer"))
    assert openid(scopes.READ) is None
    assert openid(scopes.READ, scopes.PERSONAL_IDS) == floor.customer(1).openid


def test_a_token_that_is_no_text_is_refused(floor):
    client = Client()
    assert client.get("/api/me/", HTTP_AUTHORIZATION="Bearer \xff\xfe").status_code == 401


def test_the_api_makes_tokens_with_little_by_itself(floor):
    made = client_of("alice").post("/api/me/tokens/", {}, content_type="application/json").json()
    assert made["scopes"] == ["read"]
    given = {"scopes": ["answer", "read"], "name": "CRM", "days": 5}
    made = client_of("alice").post("/api/me/tokens/", given, content_type="application/json").json()
    assert (made["scopes"], made["name"]) == (["read", "answer"], "CRM")
    wrong = client_of("alice").post("/api/me/tokens/", {"scopes": ["all"]}, content_type="application/json")
    assert wrong.status_code == 400


def test_the_first_token_is_made_by_command(floor):
    out, err = StringIO(), StringIO()
    call_command("token", "alice", "--days", "3", "--scope", "read", "--name", "CRM", stdout=out, stderr=err)
    token = out.getvalue().strip()
    assert asks(token, "me/").json()["name"] == "alice"
    assert asks(token, "me/presence/", "post", presence="busy").status_code == 403
    assert "alice" in err.getvalue()
    assert token not in err.getvalue()
    assert not TokenSeal.objects.filter(token=token).exists()
    assert TokenSeal.objects.get().name == "CRM"


@pytest.mark.parametrize(
    "words",
    [("stranger",), ("nobody",), ("alice", "--days", "0"), ("alice", "--days", "9999"), ("alice", "--scope", "all")],
)
def test_the_command_refuses_what_would_be_of_no_use(floor, words):
    with pytest.raises(CommandError):
        call_command("token", *words)
    assert not AuthToken.objects.exists()


def test_one_makes_and_ends_ones_own_on_a_page(floor):
    page = client_of("alice")
    made = page.post("/admin/tokens/", {"make": "", "days": 3, "scopes": ["read"], "name": "CRM"})
    token = made.content.decode().split('id="token">')[1].split("<")[0]
    assert made["Cache-Control"].startswith("max-age=0")
    assert asks(token, "me/").status_code == 200
    again = page.get("/admin/tokens/").content.decode()
    assert token not in again
    assert "CRM" in again
    key = AuthToken.objects.get().token_key
    client_of("bob").post("/admin/tokens/", {"end": key})
    assert asks(token, "me/").status_code == 200
    page.post("/admin/tokens/", {"end": key})
    assert asks(token, "me/").status_code == 401
    assert not TokenSeal.objects.exists()
    assert page.post("/admin/tokens/", {"make": "", "days": 3}).status_code == 200
    assert not AuthToken.objects.exists()


def test_who_may_change_a_user_makes_and_ends_the_users_tokens(floor):
    alice = User.objects.get(username="alice")
    chief = User.objects.create_superuser("chief")
    helper = User.objects.create_user("helper", is_staff=True)
    helper.user_permissions.add(*Permission.objects.filter(codename__in=["change_user", "view_user"]))
    assert client_of("helper").post(f"/admin/auth/user/{alice.pk}/tokens/", {"days": 3}).status_code == 403, (
        "a seat reads more"
    )
    helper.user_permissions.add(Permission.objects.get(codename="oversee"))
    given = {"make": "", "days": 3, "scopes": ["read", "answer"]}
    for who in (chief, helper):
        page = client_of(who.username).post(f"/admin/auth/user/{alice.pk}/tokens/", given)
        token = page.content.decode().split('id="token">')[1].split("<")[0]
        assert asks(token, "me/").json()["name"] == "alice"
    assert LogEntry.objects.filter(object_id=str(alice.pk), user=helper).count() == 1
    # Not of somebody who has more: the token would give it away.
    assert client_of("helper").post(f"/admin/auth/user/{chief.pk}/tokens/", given).status_code == 403
    assert client_of("alice").post(f"/admin/auth/user/{chief.pk}/tokens/", given).status_code in (302, 403)
    assert not AuthToken.objects.filter(user=chief).exists()
    key = AuthToken.objects.filter(user=alice).first().token_key
    client_of("helper").post(f"/admin/auth/user/{alice.pk}/tokens/", {"end": key})
    assert not AuthToken.objects.filter(token_key=key).exists()


@pytest.mark.parametrize("how", ["one", "several", "over", "own page"])
def test_no_seal_outlives_its_token(floor, admin_client, how):
    alice = User.objects.get(username="alice")
    row, kept = (make_token(alice, 1)[0] for _at in range(2))
    address = "/admin/knox/authtoken/"
    if how == "one":
        admin_client.post(f"{address}{row.pk}/delete/", {"post": "yes"})
    elif how == "several":
        admin_client.post(address, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    elif how == "over":
        AuthToken.objects.filter(pk=row.pk).update(expiry=floor.now - timedelta(days=1))
        tidying.tidy(floor.now)
    else:
        client_of("alice").post("/admin/tokens/", {"end": row.token_key})
    assert list(AuthToken.objects.values_list("pk", flat=True)) == [kept.pk]
    assert list(TokenSeal.objects.values_list("token", flat=True)) == [kept.digest]


@pytest.mark.parametrize("given", ["", "Token wcb_abc", "Basic YTpi"])
def test_who_brings_no_token_is_told_how(db, given):
    answer = Client().get("/api/me/", headers={"Authorization": given, "Accept-Language": "en"})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert "Authorization: Bearer" in answer.json()["detail"]
