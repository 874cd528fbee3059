"""The REST API: who sees what, and that a command here is the command on IM."""

from __future__ import annotations

import base64
import json
import re
import zlib
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from bridge.lanes import nudges
from bridge.models import Customer, InboundEvent, Message
from seats.api import authentication
from seats.models import CannedReply, Connection, Seat
from seats.tasks import tick
from tests.support import samples
from tests.support.routing import client_of, consistent, conversation, owner

pytestmark = pytest.mark.either


def post(name: str, address: str, /, **data):
    return client_of(name).post(f"/api/{address}", data, content_type="application/json")


def get(name: str, address: str):
    return client_of(name).get(f"/api/{address}")


def numbers(answer) -> set[int]:
    return {one["id"] for one in answer.json()["results"]}


def test_who_sees_which_conversations(floor):
    one, two = conversation(1).pk, conversation(2).pk
    seen = {name: numbers(get(name, "conversations/")) for name in ("alice", "bob", "carol", "dave")}
    assert seen == {"alice": {one, two}, "bob": {one, two}, "carol": set(), "dave": {one, two}}
    assert get("carol", f"conversations/{one}/").status_code == 404
    assert get("carol", f"conversations/{one}/messages/").status_code == 404
    assert post("carol", f"conversations/{one}/commands/close/").status_code == 404
    assert owner(1) == "alice"


@pytest.mark.parametrize("address", ["conversations/", "queue/", "seats/", "me/", "commands/"])
def test_strangers_see_nothing(floor, address):
    assert get("nobody", address).status_code == 403
    unknown = Client().get(f"/api/{address}")
    assert (unknown.status_code, unknown["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("address", ["me/presence/", "me/heartbeat/", "me/take/", "commands/close/"])
def test_strangers_do_nothing(floor, address):
    assert post("nobody", address).status_code == 403
    assert Client().post(f"/api/{address}").status_code == 401


def test_a_request_from_another_site_is_refused(floor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="alice"))
    assert client.post("/api/me/presence/", {"presence": "busy"}).status_code == 403


def test_filters_and_one_conversation(floor):
    assert numbers(get("alice", "conversations/?status=queued")) == {conversation(2).pk}
    assert numbers(get("alice", "conversations/?mine=1")) == {conversation(1).pk}
    assert get("alice", "conversations/?status=nonsense").status_code == 400
    one = get("alice", f"conversations/{conversation(1).pk}/").json()
    assert (one["seat"]["username"], one["status"], one["window"]["left"]) == ("alice", "assigned", 5)
    (message,) = get("alice", f"conversations/{conversation(1).pk}/messages/").json()["results"]
    assert (message["side"], message["preview"]) == ("customer", "hello 1")


def test_a_command_is_carried_out_and_its_answer_told(floor):
    number = conversation(1).pk
    done = post("alice", f"conversations/{number}/commands/note/", text="call back")
    assert (done.status_code, done.json()["outcome"], done.json()["detail"]) == (200, "done", "已备注。")
    refused = post("alice", f"conversations/{number}/commands/transfer/", target="nobody")
    assert (refused.status_code, refused.json()["outcome"]) == (409, "refused")
    assert "nobody" in refused.json()["detail"]
    assert post("bob", f"conversations/{number}/commands/reassign/", target="carol").status_code == 200
    assert owner(1) == "carol"
    # Nothing of this was said on IM, but to whom it concerns.
    assert not any("已备注" in text for text in floor.platforms.to_seat())
    consistent()


@pytest.mark.parametrize(
    ("given", "status", "english"),
    [
        ({"path": "commands/note/", "text": "call back"}, 200, "Noted."),
        ({"path": "commands/tag/", "name": "x"}, 409, "There are no tags yet; they are made in the admin."),
        ({"path": "commands/transfer/", "target": "nobody"}, 409, "There is no seat and no group called nobody."),
        ({"path": "messages/", "text": "#note"}, 409, "#note: -t is missing"),
        (
            {"path": "messages/", "text": "#queue"},
            200,
            "销售: 1 waiting, the longest for ",
        ),
        ({"path": "messages/", "text": "#list"}, 200, "#{number} 旗舰店 · alice, unanswered for "),
        (
            {"path": "messages/", "text": "#help"},
            200,
            "#accept (#接受): Accept the conversation that is offered to you.",
        ),
    ],
)
def test_the_answer_is_in_the_language_of_who_asked(floor, given, status, english):
    number = conversation(1).pk
    client = client_of("alice")
    address = f"/api/conversations/{number}/{given.pop('path')}"
    said = [client.post(address, given, content_type="application/json", headers={"accept-language": one})
            for one in ("en", "zh-hans")]  # fmt: skip
    assert [one.status_code for one in said] == [status, status]
    assert said[0].json()["detail"].startswith(english.format(number=number)), said[0].json()
    assert re.search("[一-鿿]{3}", said[1].json()["detail"].replace("销售", "").replace("旗舰店", ""))
    assert said[0].json()["detail"] != said[1].json()["detail"]
    # What others read of it, and the log, are in the site's language.
    assert not Message.objects.filter(preview__contains=english[:12]).exists()


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("transfer", {}, "target"),
        ("transfer", {"target": 5}, "target"),
        ("transfer", {"target": "bob", "colour": "red"}, "colour"),
    ],
)
def test_wrong_arguments_are_named(floor, name, body, says):
    answer = post("alice", f"conversations/{conversation(1).pk}/commands/{name}/", **body)
    assert answer.status_code == 400
    assert says in [one["field"] for one in answer.json()["errors"]]


def test_unknown_commands_and_those_of_customers(floor):
    assert post("alice", f"conversations/{conversation(1).pk}/commands/nonsense/").status_code == 404


def test_every_seat_command_is_listed_and_can_be_given(floor):
    listed = {one["name"]: one for one in get("alice", "commands/").json()}
    assert {"transfer", "take", "close", "note", "tag", "summary", "watch", "whisper", "takeover", "reassign"} <= set(
        listed
    )
    assert listed["transfer"]["arguments"][0]["required"]
    for name, one in listed.items():
        arguments = {argument["name"]: "x" for argument in one["arguments"]}
        answer = post("carol", f"conversations/{conversation(1).pk}/commands/{name}/", **arguments)
        assert answer.status_code == 404  # not hers
        answer = post("bob", f"conversations/{conversation(1).pk}/commands/{name}/", **arguments)
        assert answer.status_code in (200, 409), (name, answer.content)
    assert not InboundEvent.objects.filter(state=InboundEvent.State.FAILED).exists()
    consistent()


def test_many_at_once(floor):
    one, two = conversation(1).pk, conversation(2).pk
    body = {"conversations": [one, two, 999], "arguments": {"target": "carol"}}
    results = post("bob", "commands/reassign/", **body).json()["results"]
    assert [(result["conversation"], result["outcome"]) for result in results] == [
        (one, "done"), (two, "done"), (999, "refused"),
    ]  # fmt: skip
    assert [owner(1), owner(2)] == ["carol", "carol"]
    assert post("bob", "commands/reassign/", conversations=[]).status_code == 400


def test_writing_to_the_customer_once(floor):
    address = f"conversations/{conversation(1).pk}/messages/"
    for _try in range(2):
        assert post("alice", address, text="hello from the desk", client_id="abc").status_code == 200
    assert floor.told(1) == ["hello from the desk"]
    (mirrored,) = [one for one in floor.platforms.bodies("openim/sendmsg") if one["From_Account"] == "alice"]
    assert (mirrored["To_Account"], mirrored["SyncOtherMachine"]) == (floor.customer(1).im_id, 1)
    assert Message.objects.filter(side="seat", author="alice").count() == 1
    assert post("bob", address, text="me too").status_code == 409
    assert post("alice", address, text="").status_code == 400
    assert post("alice", address, text="x" * 4001).status_code == 400


def test_writing_into_a_conversation_that_is_closed(floor):
    number = conversation(1).pk
    assert post("alice", f"conversations/{number}/commands/close/").status_code == 200
    answer = post("alice", f"conversations/{number}/messages/", text="wait")
    assert answer.status_code == 409
    assert "已结束" in answer.json()["detail"]


def test_the_queue_and_the_seats(floor):
    (sales,) = get("alice", "queue/").json()
    assert (sales["group"], sales["waiting"], sales["online"], sales["free"]) == ("sales", 1, 1, 0)
    assert [(one["conversation"], one["place"]) for one in sales["entries"]] == [(conversation(2).pk, 1)]
    assert {one["username"] for one in get("alice", "seats/").json()} == {"alice"}
    assert {one["username"] for one in get("dave", "seats/").json()} == {"alice", "bob", "carol"}
    assert get("dave", "queue/?group=care").json()[0]["entries"] == []


def test_taking_the_next_one(floor):
    Seat.objects.filter(user__username="alice").update(capacity=2, availability="busy")
    assert post("alice", "me/take/").status_code == 200
    floor.site.work()
    assert owner(2) == "alice"
    assert post("alice", "me/take/").status_code == 409
    assert post("dave", "me/take/").status_code == 403


def test_saying_of_oneself(floor):
    assert post("alice", "me/presence/", presence="away").status_code == 200
    assert get("alice", "me/").json()["seat"]["presence"] == "away"
    assert post("alice", "me/presence/", presence="asleep").status_code == 400
    assert post("dave", "me/presence/", presence="open").status_code == 403
    assert get("bob", "me/").json()["supervises"] == ["sales"]
    assert get("dave", "me/").json()["oversees_all"] is True


def test_a_desk_lives_by_its_heartbeat(floor):
    assert post("bob", "me/heartbeat/", desk="tab-1").status_code == 204
    assert post("bob", "me/heartbeat/", desk="tab-2").status_code == 204
    assert get("bob", "me/").json()["seat"]["presence"] == "open"
    post("bob", "me/heartbeat/", desk="tab-2", leaving=True)
    floor.later(40)
    post("bob", "me/heartbeat/", desk="tab-1")
    floor.later(40)
    assert Seat.objects.get(user__username="bob").online
    floor.now = floor.now.replace(microsecond=0)
    floor.later(61)
    assert not Seat.objects.get(user__username="bob").online
    assert not Connection.objects.filter(seat__user__username="bob").exists()
    assert tick() == 0
    assert post("bob", "me/heartbeat/", desk="../x").status_code == 400


def test_a_worker_that_is_slow(floor, monkeypatch, settings):
    settings.API_WAIT_SECONDS = 0
    monkeypatch.setattr(nudges, "nudge", lambda: None)
    answer = post("alice", f"conversations/{conversation(1).pk}/commands/note/", text="later")
    assert (answer.status_code, answer.json()["outcome"]) == (202, "waiting")


def test_a_seats_own_usersig(floor):
    """Checked by Tencent's own library."""
    import TLSSigAPIv2

    from bridge.platforms.tencent_im.models import TencentIMApp

    answer = get("alice", "me/usersig/")
    given = answer.json()
    assert (given["sdk_app_id"], given["user_id"], given["expires_in"]) == (1400000001, "alice", 7200)
    assert answer["Cache-Control"] == "no-store"
    opened = unpacked(given["user_sig"])
    assert (opened["TLS.identifier"], opened["TLS.sdkappid"], opened["TLS.expire"]) == ("alice", 1400000001, 7200)
    oracle = TLSSigAPIv2.TLSSigAPIv2(1400000001, "im-secret")
    sig = oracle._TLSSigAPIv2__hmacsha256("alice", opened["TLS.time"], 7200)
    assert opened["TLS.sig"] == sig.decode()
    assert get("dave", "me/usersig/").status_code == 403
    assert get("nobody", "me/usersig/").status_code == 403
    TencentIMApp.objects.all().delete()
    from bridge.live import endpoints

    endpoints.forget()
    assert get("alice", "me/usersig/").status_code == 404


def unpacked(sig: str) -> dict[str, object]:
    plain = sig.replace("*", "+").replace("-", "/").replace("_", "=")
    return json.loads(zlib.decompress(base64.b64decode(plain)))


def test_the_schema_is_complete_and_the_docs_are_for_actors_alone(floor, tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
    assert "/api/conversations/{id}/commands/{name}/" in (tmp_path / "schema.yml").read_text()
    assert get("alice", "schema/").status_code == 200
    assert "swagger-ui" in get("alice", "docs/").content.decode()
    assert get("nobody", "docs/").status_code == 403
    assert Client().get("/api/schema/").status_code == 401


def upload(name: str, address: str, file: str, body: bytes):
    return client_of(name).post(f"/api/{address}", {"file": SimpleUploadedFile(file, body), "client_id": "one"})


def test_a_picture_and_a_document_are_sent_once(floor):
    address = f"conversations/{conversation(1).pk}/files/"
    for _try in range(2):
        assert upload("alice", address, "shoe.png", samples.picture()).status_code == 200
    sent = [body for body in floor.platforms.bodies("message/custom/send") if body["msgtype"] == "image"]
    assert len(sent) == 1
    assert Message.objects.get(side="seat").content["type"] == "Image"
    (mirrored,) = [one for one in floor.platforms.bodies("openim/sendmsg") if one["From_Account"] == "alice"]
    assert mirrored["MsgBody"][0]["MsgType"] == "TIMImageElem"


def test_files_that_cannot_be_sent(floor, settings):
    address = f"conversations/{conversation(1).pk}/files/"
    assert upload("alice", address, "empty.pdf", b"").json()["errors"][0]["field"] == "file"
    settings.MEDIA_MAX_MB = 0
    assert upload("alice", address, "large.pdf", samples.PDF).json()["errors"][0]["field"] == "file"
    assert upload("carol", address, "a.pdf", samples.PDF).status_code == 404
    assert client_of("alice").post(f"/api/{address}", {}).status_code == 400


def test_a_document_reaches_the_customer_as_a_page(floor):
    address = f"conversations/{conversation(1).pk}/files/"
    assert upload("alice", address, "invoice.pdf", samples.PDF).status_code == 200
    assert "invoice.pdf" in floor.told(1)[-1]
    assert "/files/" in floor.told(1)[-1]


def test_canned_replies_are_the_seats_the_groups_and_everybodys(floor):
    own = {"title": "own", "text": "{customer}: {seat} of {account}", "seat": floor.site.alice}
    CannedReply.objects.create(**own)
    CannedReply.objects.create(title="all", text="hello")
    CannedReply.objects.create(title="group", text="hello", group=floor.site.sales)
    CannedReply.objects.create(title="care", text="hello", group=floor.site.care)
    CannedReply.objects.create(title="bob's", text="hello", seat=floor.site.bob)
    given = get("alice", f"conversations/{conversation(1).pk}/canned-replies/").json()
    assert [one["title"] for one in given] == ["own", "all", "group"]
    assert given[0]["text"] == "alice of 旗舰店", "微信用户 and an id are no name"
    Customer.objects.filter(pk=floor.customer(1).pk).update(remark="王敏")
    given = get("alice", f"conversations/{conversation(1).pk}/canned-replies/").json()
    assert given[0]["text"] == "王敏: alice of 旗舰店"
    assert get("carol", f"conversations/{conversation(1).pk}/canned-replies/").status_code == 404


def test_typing_is_shown_to_the_customer_by_whoever_may_write(floor):
    address = f"conversations/{conversation(1).pk}/typing/"
    assert post("alice", address, on=True).status_code == 204
    assert [body["command"] for body in floor.platforms.bodies("custom/typing")] == ["Typing"]
    assert post("bob", address, on=True).status_code == 204  # supervises, and has not joined
    assert len(floor.platforms.bodies("custom/typing")) == 1
    assert post("carol", address).status_code == 404


@pytest.mark.parametrize(
    ("card", "sent"),
    [
        (
            {"type": "Menu", "head": "Which one?", "items": ["Red", "Blue"], "tail": "Tap one."},
            {"msgtype": "msgmenu", "msgmenu": {
                "head_content": "Which one?", "tail_content": "Tap one.",
                "list": [{"id": "1", "content": "Red"}, {"id": "2", "content": "Blue"}],
            }},
        ),
        (
            {"type": "Link", "title": "Ours", "url": "https://example.com/a", "description": "all of it", "picture_url": "https://example.com/a.png"},
            {"msgtype": "news", "news": {"articles": [{
                "title": "Ours", "url": "https://example.com/a", "description": "all of it", "picurl": "https://example.com/a.png",
            }]}},
        ),
    ],
)  # fmt: skip
def test_a_card_reaches_the_customer_whole(floor, card, sent):
    assert post("alice", f"conversations/{conversation(1).pk}/cards/", **card).status_code == 200
    body = floor.platforms.bodies("message/custom/send")[-1]
    assert {name: value for name, value in body.items() if name != "touser"} == sent


# Tokens


def test_a_token_acts_as_its_owner_and_can_make_no_other(floor):
    made = client_of("alice").post("/api/me/tokens/", {"days": 3}, content_type="application/json")
    assert made.status_code == 201
    token = made.json()["token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert Client().get("/api/me/", headers=bearer).json()["name"] == "alice"
    assert Client().post("/api/me/tokens/", headers=bearer).status_code in (401, 403)
    row = AuthToken.objects.get()
    assert token not in (row.digest, row.token_key)
    listed = client_of("alice").get("/api/me/tokens/").json()
    assert [one["key"] for one in listed] == [row.token_key]
    assert "token" not in listed[0]
    assert client_of("bob").delete(f"/api/me/tokens/{row.token_key}/").status_code == 404
    assert client_of("alice").delete(f"/api/me/tokens/{row.token_key}/").status_code == 204
    assert Client().get("/api/me/", headers=bearer).status_code in (401, 403)


def test_nobody_collects_tokens(floor, monkeypatch):
    monkeypatch.setattr(authentication, "MOST", 2)
    page = client_of("alice")
    statuses = [page.post("/api/me/tokens/", {}, content_type="application/json").status_code for _at in range(3)]
    assert statuses == [201, 201, 400]


def test_a_token_ends_with_its_time_and_with_its_user(floor):
    token = client_of("alice").post("/api/me/tokens/", {"days": 1}, content_type="application/json").json()["token"]
    bearer = {"authorization": f"Bearer {token}"}
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert Client().get("/api/me/", headers=bearer).status_code in (401, 403)
    token = client_of("alice").post("/api/me/tokens/", content_type="application/json").json()["token"]
    User.objects.filter(username="alice").update(is_active=False)
    assert Client().get("/api/me/", headers={"authorization": f"Bearer {token}"}).status_code in (401, 403)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("mine=1", 200),
        ("mine=false", 200),
        ("mine=perhaps", 400),
        ("owner=alice", 400),
        ("status=gone", 400),
        ("limit=2", 200),
    ],
)
def test_filters_that_there_are_not_are_refused(floor, query, status):
    assert get("alice", f"conversations/?{query}").status_code == status


def test_not_mine_is_everything_i_may_see(floor):
    assert numbers(get("bob", "conversations/?mine=true")) == set()
    assert len(numbers(get("bob", "conversations/?mine=false"))) == 2


@pytest.mark.parametrize("address", ["conversations/{}/", "messages/{}/", "events/{}/", "conversations/{}/messages/"])
@pytest.mark.parametrize("number", [2**63, 2**70, 999])
def test_numbers_that_nothing_has_are_not_found(floor, address, number):
    assert get("alice", f"{address.format(number)}").status_code == 404


def test_half_a_character_is_no_fault_of_ours(floor):
    """A lone surrogate can stand in JSON and in no database."""
    body = '{"text": "a\\ud800b", "client_id": "\\ud800"}'
    where = f"/api/conversations/{conversation(1).pk}"
    for address in ("messages/", "commands/note/", "cards/"):
        answer = client_of("alice").post(f"{where}/{address}", body, content_type="application/json")
        assert answer.status_code < 500, (address, answer.content)
