"""Seats, groups, accounts, tags, replies and FAQ by the API: as the admin does, for whoever may there."""

from __future__ import annotations

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from bridge.models import Tag
from bridge.platforms.wechat.models import WeChatAccount
from seats.api import scopes
from seats.api.authentication import make_token
from seats.models import CannedReply, Seat, SeatGroup
from seats.roles import capabilities, ready
from tests.support.actors import AES_KEY
from tests.support.routing import client_of, conversation, owner

pytestmark = pytest.mark.either
KINDS = ("groups", "seats", "tags", "canned-replies", "faq", "accounts/wechat", "accounts/tencent_im")


@pytest.fixture
def office(floor):
    """The operator changes seats and groups and sees accounts; the manager also sees users and oversees every group.

    The chief does everything.
    """
    User.objects.create_superuser("chief")
    for name in ("operator", "manager"):
        user = User.objects.create_user(name, is_staff=True)
        user.groups.add(Group.objects.get(name=str(ready.READY[ready.OPERATOR][0])))
    user.user_permissions.add(*capabilities.rows(["seats.oversee", "auth.view_user"]))
    return floor


def asks(who: str, method: str, address: str, /, **data):
    words = {} if method == "get" else {"data": json.dumps(data), "content_type": "application/json"}
    return getattr(client_of(who), method)(f"/api/admin/{address}", headers={"accept-language": "en"}, **words)


def fields_of(answer) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {one["field"]: one["detail"] for one in answer.json().get("errors", [])}


def test_a_group_and_a_seat_are_made_and_the_seat_gets_who_waits(office):
    User.objects.create_user("erin", first_name="Erin")
    made = asks("manager", "post", "groups/", name="Returns", slug="returns", supervisors=["bob"])
    assert made.status_code == 201, made.content
    group = made.json()
    assert (group["slug"], group["supervisors"], group["strategy"], group["hours"]) == (
        "returns",
        ["bob"],
        "weighted",
        None,
    )
    given = {"user": "erin", "im_user_id": "erin", "groups": ["returns", "sales"], "capacity": 3}
    seat = asks("manager", "post", "seats/", **given).json()
    assert (seat["groups"], seat["capacity"], seat["weight"], seat["presence"]) == (
        ["returns", "sales"],
        3,
        1,
        "offline",
    )
    assert Seat.objects.get(pk=seat["id"]).user.username == "erin"
    changed = asks("manager", "patch", f"seats/{seat['id']}/", groups=["sales"], weight=2).json()
    assert (changed["groups"], changed["capacity"], changed["weight"]) == (["sales"], 3, 2)
    assert asks("manager", "get", f"seats/{seat['id']}/").json() == changed
    assert {one["id"] for one in asks("manager", "get", "seats/").json()["results"]} >= {seat["id"]}
    assert LogEntry.objects.filter(user__username="manager", object_id=str(seat["id"])).count() == 2


def test_more_capacity_takes_who_waits_at_once_as_in_the_admin(office):
    assert owner(2) == "queued"
    asks("operator", "patch", f"seats/{office.site.alice.pk}/", capacity=2)
    office.site.work()
    assert owner(2) == "alice"


def test_presence_is_changed_by_who_may_change_seats(office):
    address = f"seats/{office.site.alice.pk}/"
    assert asks("operator", "patch", address, availability="away").json()["presence"] == "away"
    assert asks("alice", "patch", address, availability="open").status_code == 403
    assert "availability" in fields_of(asks("operator", "patch", address, availability="asleep"))


def test_lengths_of_time_are_numbers(office):
    address = f"groups/{SeatGroup.objects.get(slug='sales').pk}/"
    assert asks("operator", "get", address).json()["max_wait_seconds"] == 1800
    assert asks("operator", "patch", address, max_wait_seconds=90, last_seat_days=3).json()["max_wait_seconds"] == 90
    sales = SeatGroup.objects.get(slug="sales")
    assert (sales.max_wait_seconds, sales.last_seat_days) == (90, 3)
    for odd in (-1, "an hour", 10**9):
        assert "max_wait_seconds" in fields_of(asks("operator", "patch", address, max_wait_seconds=odd))


@pytest.mark.parametrize(
    ("address", "data", "field"),
    [
        ("groups/", {"name": "Again", "slug": "sales"}, "slug"),
        ("groups/", {"name": "Odd", "slug": "a b"}, "slug"),
        ("groups/", {"name": "Odd", "slug": "odd", "strategy": "guess"}, "strategy"),
        ("groups/", {"name": "Odd", "slug": "odd", "hours": "never"}, "hours"),
        ("groups/", {"name": "Odd", "slug": "odd", "supervisors": ["nobody"]}, "supervisors"),
        ("groups/", {"slug": "odd"}, "name"),
        ("groups/", {"name": "Odd", "slug": "odd", "colour": "red"}, "colour"),
        ("seats/", {"user": "stranger", "im_user_id": "x"}, "user"),
        ("seats/", {"user": "alice", "im_user_id": "x"}, "user"),
        ("seats/", {"user": "dave", "im_user_id": "alice"}, "im_user_id"),
        ("seats/", {"user": "dave", "im_user_id": "dave", "weight": 0}, "weight"),
        ("seats/", {"user": "dave", "im_user_id": "dave", "groups": "sales"}, "groups"),
        ("tags/", {"name": "x", "of": "conversation", "priority": 101}, "priority"),
        ("tags/", {"name": "x", "of": "nobody"}, "of"),
        ("canned-replies/", {"title": "", "text": "x"}, "title"),
        ("faq/", {"keywords": "price", "answer_text": "5", "account": "nowhere"}, "account"),
    ],
)
def test_what_the_admin_refuses_is_refused(office, address, data, field):
    assert field in fields_of(asks("chief", "post", address, **data))


def test_a_groups_slug_is_chosen_once_and_the_overflow_is_another_group(office):
    sales = SeatGroup.objects.get(slug="sales").pk
    assert asks("chief", "patch", f"groups/{sales}/", slug="sales", name="Sale").json()["name"] == "Sale"
    assert (
        fields_of(asks("chief", "patch", f"groups/{sales}/", slug="other"))["slug"]
        == "This cannot be changed any more, or not by you."
    )
    assert "overflow_group" in fields_of(asks("chief", "patch", f"groups/{sales}/", overflow_group="sales"))
    assert asks("chief", "patch", f"groups/{sales}/", overflow_group="care").json()["overflow_group"] == "care"
    assert asks("chief", "patch", f"groups/{sales}/", overflow_group=None).json()["overflow_group"] is None


WECHAT = {
    "name": "Second", "slug": "second", "kind": "service", "app_id": "wx0123456789abcdef", "app_secret": "0123456789abcdef" * 2,
    "token": "Token01", "encryption": "secure", "encoding_aes_key": AES_KEY, "group": "care",
}  # fmt: skip


def test_an_account_is_made_and_its_secrets_are_never_told(office):
    answer = asks("chief", "post", "accounts/wechat/", **WECHAT, text_queued="Please wait", window_message_count=3,
                  window_message_seconds=60)  # fmt: skip
    assert answer.status_code == 201, answer.content
    made = answer.json()
    row = WeChatAccount.objects.get(slug="second")
    assert (row.app_secret, row.group, row.texts, row.window_rules) == (
        WECHAT["app_secret"], "care", {"queued": "Please wait"}, {"message": [3, 60]},
    )  # fmt: skip
    assert (made["reopen_minutes"], made["window_message_seconds"], made["window_click_seconds"]) == (10, 60, None)
    assert made["secrets_set"] == ["app_secret", "token", "encoding_aes_key"]
    assert made["callback_address"].endswith("/callbacks/wechat/second/")
    address = f"accounts/wechat/{row.pk}/"
    changed = asks("chief", "patch", address, name="Third", token="Token02")
    row.refresh_from_db()
    assert (row.name, row.token, row.previous_token, row.app_secret) == (
        "Third",
        "Token02",
        "Token01",
        WECHAT["app_secret"],
    )
    assert row.texts == {"queued": "Please wait"}
    for told in (answer, changed, asks("chief", "get", address), asks("chief", "get", "accounts/wechat/")):
        for secret in (WECHAT["app_secret"], "Token01", "Token02", AES_KEY):
            assert secret not in told.content.decode()
    assert not LogEntry.objects.filter(change_message__contains="Token02").exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"app_id": "nonsense"}, "app_id"),
        ({"token": "t!"}, "token"),
        ({"group": "nowhere"}, "group"),
        ({"group": ""}, "group"),
        ({"encoding_aes_key": "short"}, "encoding_aes_key"),
        ({"slug": "shop"}, "slug"),
        ({"api_base": "http://elsewhere.example.com"}, "api_base"),
        ({"window_message_count": 3}, "window_message_count"),
    ],
)
def test_an_account_that_the_admin_refuses_is_not_made(office, wrong, field):
    answer = asks("chief", "post", "accounts/wechat/", **{**WECHAT, **wrong})
    assert field in fields_of(answer)
    assert AES_KEY not in answer.content.decode()
    assert not WeChatAccount.objects.filter(slug="second").exists()


def test_tags_replies_and_faq_are_made_changed_and_deleted(office):
    for address, data, change in (
        ("tags/", {"name": "VIP", "of": "customer", "priority": 5}, {"priority": 7}),
        ("canned-replies/", {"title": "hi", "text": "Hello {customer}", "group": "sales"}, {"seat": "alice"}),
        ("faq/", {"keywords": "price", "answer_text": "Five", "account": "shop"}, {"enabled": False}),
    ):
        made = asks("operator", "post", address, **data)
        assert made.status_code == 201, made.content
        own = f"{address}{made.json()['id']}/"
        changed = asks("operator", "patch", own, **change).json()
        assert changed == {**made.json(), **change}
        assert asks("operator", "delete", own).status_code == 204
        assert asks("operator", "get", own).status_code == 404
    assert not CannedReply.objects.exists()
    assert not Tag.objects.exists()


def test_what_others_hang_on_is_not_deleted(office):
    answer = asks("chief", "delete", f"seats/{office.site.alice.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert Seat.objects.filter(pk=office.site.alice.pk).exists()
    assert asks("chief", "delete", f"accounts/wechat/{office.site.account.pk}/").status_code == 409
    assert conversation(1)


def test_who_may_not_in_the_admin_may_not_here(office):
    """A seat, a supervisor, somebody who oversees all: nothing. The operator: no accounts. Nobody without being staff."""
    User.objects.get(username="alice").user_permissions.add(*Permission.objects.filter(codename__endswith="seatgroup"))
    for kind in KINDS:
        for name in ("alice", "bob", "dave", "nobody"):
            assert asks(name, "get", f"{kind}/").status_code == 403, (kind, name)
            assert asks(name, "post", f"{kind}/").status_code == 403, (kind, name)
        assert Client().get(f"/api/admin/{kind}/").status_code == 401
    account = office.site.account
    assert asks("operator", "get", f"accounts/wechat/{account.pk}/").status_code == 200
    assert asks("operator", "patch", f"accounts/wechat/{account.pk}/", name="Mine").status_code == 403
    assert asks("operator", "post", "accounts/wechat/", **WECHAT).status_code == 403
    assert asks("operator", "delete", f"accounts/wechat/{account.pk}/").status_code == 403
    account.refresh_from_db()
    assert account.name == "旗舰店"


def test_a_token_takes_the_scope_for_it(office):
    chief = User.objects.get(username="chief")

    def status(*chosen: str) -> int:
        headers = {"authorization": f"Bearer {make_token(chief, 1, chosen)[1]}"}
        return Client().get("/api/admin/groups/", headers=headers).status_code

    assert status(scopes.ADMINISTER) == 200
    assert status(*(one for one in scopes.SCOPES if one != scopes.ADMINISTER)) == 403


def test_odd_bodies_are_refused(office):
    for body in ("[]", "7", '"x"', "null", "{", '{"name": "\\ud800", "slug": "x"}', '{"name": {"a": 1}, "slug": "x"}'):
        answer = client_of("chief").post("/api/admin/groups/", body, content_type="application/json")
        assert answer.status_code == 400, (body, answer.content)
    assert asks("chief", "get", "groups/?colour=red").status_code == 400
    assert asks("chief", "put", "groups/1/").status_code == 405


def test_a_seat_is_made_with_its_log_in_by_who_may_make_users(office):
    given = {
        "username": "erin",
        "full_name": "Erin",
        "password": "a-long-password-1",
        "im_user_id": "erin",
        "groups": ["sales"],
    }
    made = asks("chief", "post", "seats/", **given)
    assert made.status_code == 201, made.content
    assert made.json()["user"] == "erin"
    assert "a-long-password-1" not in made.content.decode()
    erin = User.objects.get(username="erin")
    assert (erin.first_name, erin.is_staff, erin.check_password("a-long-password-1")) == ("Erin", False, True)
    again = {**given, "username": "gina", "im_user_id": "gina"}
    assert "password" in fields_of(asks("chief", "post", "seats/", **{**again, "password": "123"}))
    assert "username" in fields_of(asks("chief", "post", "seats/", **{**again, "username": "Erin"}))
    assert set(fields_of(asks("manager", "post", "seats/", **again, user="dave"))) == {
        "username",
        "full_name",
        "password",
    }
    assert not User.objects.filter(username="gina").exists()
    assert "username" in fields_of(asks("chief", "patch", f"seats/{made.json()['id']}/", username="gina"))


@pytest.mark.parametrize("taken", ["administrator", "Administrator", "bridge_system", "customer"])
def test_no_seat_has_an_im_account_of_somebody_elses(office, taken):
    """Who may change seats could else log in to Tencent IM as its administrator: their UserSig opens the whole app."""
    account = conversation(1).customer.im_id if taken == "customer" else taken
    User.objects.create_user("erin")
    own = f"seats/{office.site.alice.pk}/"
    assert "im_user_id" in fields_of(asks("manager", "patch", own, im_user_id=account))
    assert "im_user_id" in fields_of(asks("manager", "post", "seats/", user="erin", im_user_id=account))
    made = {"username": "frank", "password": "wGz4-Long-Enough", "im_user_id": account}
    assert "im_user_id" in fields_of(asks("chief", "post", "seats/", **made))
    Seat.objects.filter(pk=office.site.alice.pk).update(im_user_id=account)
    assert client_of("alice").get("/api/me/usersig/").status_code == 403


@pytest.mark.parametrize(("kind", "secret"), [("wechat", "app_secret"), ("tencent_im", "secret_key")])
def test_a_secret_is_not_sent_to_another_address_by_whoever_does_not_know_it(office, monkeypatch, kind, secret):
    asked = []
    monkeypatch.setattr("bridge.platforms.asking.AskingForm._ask", lambda self, form: asked.append(form))
    (row,) = asks("chief", "get", f"accounts/{kind}/").json()["results"]
    own = f"accounts/{kind}/{row['id']}/"
    stolen = asks("chief", "patch", own, api_base="https://elsewhere.example.com")
    assert secret in fields_of(stolen)
    assert not asked
    assert asks("chief", "get", own).json()["api_base"] == row["api_base"]
    entered = {secret: "0123456789abcdef" * (4 if kind == "tencent_im" else 2)}
    known = asks("chief", "patch", own, api_base="https://elsewhere.example.com", **entered)
    assert known.status_code == 200, known.content
    assert known.json()["api_base"] == "https://elsewhere.example.com"
