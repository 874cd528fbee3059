"""Lists of conversations narrowed by time, account, customer, seat, group and tag; what a conversation and a message carry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bridge.models import Conversation, Media, Message, Tag
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat
from tests.support import samples
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.once


@pytest.fixture
def three(floor):
    """Alice has customer 1, customer 2 waits; customer 3, who has a tag and another account, wrote an hour later to care."""
    other = WeChatAccount.objects.create(
        slug="second", name="Second", app_id="wx2", app_secret="s", token="t2", group="care"
    )
    floor.later(3600)
    floor.site.login("alice")
    floor.arrive(3)
    three = conversation(3)
    three.customer.account = other
    three.customer.save()
    three.customer.tags.add(Tag.objects.create(name="VIP", of="customer"))
    Conversation.objects.filter(pk=three.pk).update(group="care")
    conversation(2).tags.add(Tag.objects.create(name="refund"))
    return floor


def listed(asked: str, name: str = "dave") -> set[int]:
    answer = client_of(name).get(f"/api/conversations/?{asked}")
    assert answer.status_code == 200, answer.json()
    found = {one["id"] for one in answer.json()["results"]}
    rows = Conversation.objects.filter(pk__in=found).values_list("customer__openid", flat=True)
    return {int(openid[-3:]) for openid in rows}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", {1, 2, 3}),
        ("account=shop", {1, 2}),
        ("account=second", {3}),
        ("group=care", {3}),
        ("tag=VIP", {3}),
        ("tag=refund", {2}),
        ("status=queued,assigned&account=shop", {1, 2}),
        ("mine=false", {1, 2, 3}),
        ("mine=true", set()),
    ],
)
def test_words_narrow_the_list(three, asked, found):
    assert listed(asked) == found


def test_customer_and_seat_narrow_the_list(three):
    assert listed(f"customer={conversation(2).customer_id}") == {2}
    alice = Seat.objects.get(user__username="alice").pk
    had = listed(f"seat={alice}")
    assert 1 in had
    assert 2 not in had
    three.says("alice", "#close", 1)
    assert listed(f"seat={alice}&status=closed") == {1}
    assert listed(f"seat={Seat.objects.get(user__username='bob').pk}") == set()


def test_times_narrow_the_list(three):
    opened = conversation(3).opened_at
    before = (opened - timedelta(minutes=1)).isoformat().replace("+", "%2B")
    assert listed(f"opened_from={before}") == {3}
    assert listed(f"opened_to={before}") == {1, 2}
    assert listed(f"last_message_from={before}") == {3}
    assert listed(f"opened_from={opened.isoformat().replace('+', '%2B')}") == {3}
    assert listed(f"opened_to={opened.isoformat().replace('+', '%2B')}") == {1, 2}
    assert listed(f"closed_from={before}") == set()
    assert listed("opened_from=2000-01-01&opened_to=2001-01-01") == set()
    three.says("alice", "#close", 1)
    assert listed(f"closed_from={before}") == {1}


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ("colour=red", "colour", "Unknown; known are: status, account, "),
        ("status=lost", "status", "lost: known are bot, queued, assigned, closed."),
        ("account=nowhere", "account", "There is no account nowhere."),
        ("group=nowhere", "group", "There is no group nowhere."),
        ("tag=nowhere", "tag", "There is no tag nowhere."),
        ("seat=987654", "seat", "There is no seat 987654."),
        ("customer=987654", "customer", "There is no customer 987654, or"),
        ("seat=alice", "seat", "integer"),
        ("customer=99999999999999999999", "customer", "less than or equal"),
        ("mine=perhaps", "mine", "boolean"),
        ("opened_from=yesterday", "opened_from", "Datetime"),
        ("opened_from=0001-01-01", "opened_from", "2000"),
        ("closed_to=0001-01-01T00:00:00%2B00:00", "closed_to", "2000"),
        ("last_message_to=9999-12-31", "last_message_to", "2000"),
        ("closed_to=2026-13-45", "closed_to", ""),
        ("last_message_from=9", "last_message_from", ""),
    ],
)
def test_unknown_filters_and_values_are_refused(floor, asked, field, words):
    answer = client_of("alice").get(f"/api/conversations/?{asked}", headers={"accept-language": "en"})
    assert answer.status_code == 400, answer.content
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert words in error["detail"]


def test_a_customer_of_others_is_none_to_a_seat(floor):
    """Otherwise the filter would tell who exists."""
    address = f"/api/conversations/?customer={conversation(1).customer_id}"
    assert client_of("alice").get(address).status_code == 200
    assert client_of("carol").get(address).status_code == 400


def test_the_time_of_what_came_after_a_seat_gave_it_away_is_not_found(floor):
    floor.site.login("bob")
    floor.says("alice", "#transfer bob", 1)
    gave = floor.now
    floor.later(60)
    floor.arrive(1, text="later")
    since = (gave + timedelta(seconds=30)).isoformat().replace("+", "%2B")
    assert listed(f"last_message_from={since}") == {1}
    assert listed(f"last_message_from={since}", "alice") == set()


def test_a_closed_conversation_names_the_seat_that_had_it(floor):
    floor.says("alice", "#close", 1)
    one = client_of("alice").get(f"/api/conversations/{conversation(1).pk}/").json()
    assert (one["status"], one["seat"]["username"]) == ("closed", "alice")
    waits = client_of("alice").get(f"/api/conversations/{conversation(2).pk}/").json()
    assert waits["seat"] is None or waits["status"] == "assigned"


def ids_for(name: str) -> tuple[str | None, str | None]:
    one = client_of(name).get(f"/api/conversations/{conversation(1).pk}/").json()["customer"]
    (listed,) = client_of(name).get(f"/api/conversations/?customer={one['id']}").json()["results"]
    assert listed["customer"] == one
    return one["openid"], one["unionid"]


def test_personal_ids_are_for_who_may_read_them_in_the_admin(floor):
    customer = floor.customer(1)
    customer.unionid = "union-1"
    customer.save()
    assert ids_for("alice") == (None, None)
    alice = User.objects.get(username="alice")
    alice.user_permissions.add(Permission.objects.get(codename="view_customer"))
    assert ids_for("alice") == (customer.openid, "union-1")


def test_a_message_carries_its_file(floor):
    address = f"/api/conversations/{conversation(1).pk}"
    sent = {"file": SimpleUploadedFile("shoe.png", samples.picture())}
    assert client_of("alice").post(f"{address}/files/", sent).status_code == 200
    picture, words = client_of("alice").get(f"{address}/messages/").json()["results"]
    assert words["media_url"] is None
    path = picture["media_url"].removeprefix("http://localhost:8000")
    assert Client().get(path[path.index("/media/") :])["Content-Type"] == "image/png"
    assert Client().get(path[path.index("/media/") :].replace("~", "~x")).status_code == 404
    one = client_of("alice").get(f"/api/messages/{picture['id']}/").json()
    assert one["media_url"][:40] == picture["media_url"][:40]
    floor.later(400 * 86400)
    assert Client().get(path[path.index("/media/") :]).status_code == 410


def test_a_file_that_is_not_here_yet_has_no_address(floor):
    media = Media.objects.create(kind="image", mime="image/png", size=1, created_at=floor.now, used_at=floor.now)
    row = Message.objects.get(conversation=conversation(1), side="customer")
    Message.objects.filter(pk=row.pk).update(content={"type": "Image", "media": media.pk})
    address = f"/api/messages/{row.pk}/"
    assert client_of("alice").get(address).json()["media_url"] is None
    Media.objects.update(ready=True)
    assert f"/media/{media.pk}." in client_of("alice").get(address).json()["media_url"]


def test_titles_are_english_in_the_english_schema(floor):
    client = client_of("alice")
    chinese = client.get("/api/schema/?format=json", headers={"accept-language": "zh-hans"}).content.decode()
    english = client.get("/api/schema/?format=json", headers={"accept-language": "en"}).json()
    conversation_ = english["components"]["schemas"]["Conversation"]["properties"]
    assert conversation_["close_reason"]["title"] == "Why closed"
    assert "关闭" in chinese or "结束" in chinese
    assert not [text for text in _texts(english) if any("一" <= one <= "鿿" for one in text)]
    assert set(conversation_["customer"].get("allOf", [conversation_["customer"]])[0]) >= {"$ref"}


def _texts(part) -> list[str]:
    if isinstance(part, dict):
        return [text for value in part.values() for text in _texts(value)]
    if isinstance(part, list):
        return [text for value in part for text in _texts(value)]
    return [part] if isinstance(part, str) else []


@pytest.mark.parametrize(
    "asked", ["limit=0", "limit=-1", "limit=abc", "limit=201", "limit=", "cursor=zzz", "cursor=cD0tMQ=="]
)
def test_a_page_that_cannot_be_is_refused(floor, asked):
    for address in ("conversations/", f"conversations/{conversation(1).pk}/messages/"):
        answer = client_of("alice").get(f"/api/{address}?{asked}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, asked.partition("=")[0])


def test_pages_have_as_many_as_are_asked_for(floor):
    address = f"/api/conversations/{conversation(1).pk}/messages/"
    assert client_of("alice").post(address, {"text": "hello"}, content_type="application/json").status_code == 200
    first = client_of("alice").get(f"{address}?limit=1").json()
    assert len(first["results"]) == 1
    second = client_of("alice").get(first["next"]).json()
    assert second["results"][0]["id"] < first["results"][0]["id"]


def test_messages_know_no_other_filters(floor):
    answer = client_of("alice").get(f"/api/conversations/{conversation(1).pk}/messages/?mine=1")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "mine")
