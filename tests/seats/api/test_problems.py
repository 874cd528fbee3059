"""Errors of the API have one shape, wherever they come from."""

from __future__ import annotations

import pytest
from django.test import Client

from seats.api.problems import MEDIA_TYPE
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either


def shape(answer):
    """Return status and code, once all that a problem has is there."""
    assert answer["Content-Type"] == MEDIA_TYPE
    said = answer.json()
    assert {"type", "title", "status", "code", "detail"} <= set(said)
    assert said["status"] == answer.status_code
    assert said["detail"]
    return answer.status_code, said["code"]


JSON = {"content_type": "application/json"}


@pytest.mark.parametrize(
    ("name", "method", "address", "words", "expected"),
    [
        ("", "get", "me/", {}, (401, "not_authenticated")),
        ("nobody", "get", "me/", {}, (403, "permission_denied")),
        ("nobody", "get", "reports/", {}, (403, "permission_denied")),
        ("alice", "get", "conversations/999/", {}, (404, "not_found")),
        ("alice", "get", "no/such/thing/", {}, (404, "not_found")),
        ("alice", "get", "no%0Athing/", {}, (404, "not_found")),
        ("", "post", "no/such/thing/", JSON, (404, "not_found")),
        ("alice", "put", "me/", JSON, (405, "method_not_allowed")),
        ("alice", "get", "conversations/?format=xml", {}, (404, "not_found")),
        ("alice", "post", "me/presence/", {"data": "{", **JSON}, (400, "parse_error")),
        ("alice", "post", "me/presence/", {"data": {"presence": "asleep"}, **JSON}, (400, "invalid")),
        ("alice", "post", "me/presence/", {"data": "x", "content_type": "text/plain"}, (415, "unsupported_media_type")),
        ("alice", "get", "conversations/?colour=red", {}, (400, "invalid")),
        ("alice", "post", "me/take/", {"data": {}, **JSON}, (409, "refused")),
    ],
)
def test_every_error_is_a_problem(floor, name, method, address, words, expected):
    client = client_of(name) if name else Client()
    assert shape(getattr(client, method)(f"/api/{address}", **words)) == expected


def test_wrong_fields_are_named_with_their_codes(floor):
    address = f"/api/conversations/{conversation(1).pk}/messages/"
    said = client_of("alice").post(address, {"text": "", "client_id": "a" * 61}, **JSON).json()
    assert {(one["field"], one["code"]) for one in said["errors"]} == {("text", "blank"), ("client_id", "max_length")}
    assert all(one["detail"] in said["detail"] for one in said["errors"])


def test_a_body_that_is_too_large(floor, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = client_of("alice").post("/api/me/presence/", {"presence": "open"}, **JSON)
    assert shape(answer) == (413, "too_large")


def test_a_used_client_id_is_answered_as_the_schema_says(floor):
    address = f"/api/conversations/{conversation(1).pk}/messages/"
    client = client_of("alice")
    assert client.post(address, {"text": "one", "client_id": "a"}, **JSON).status_code == 200
    answer = client.post(address, {"text": "two", "client_id": "a"}, **JSON)
    assert shape(answer) == (409, "client_id_used")
    schema = client.get("/api/schema/?format=json").json()
    said = schema["paths"]["/api/conversations/{id}/messages/"]["post"]["responses"]["409"]
    assert said["description"]
    body = schema["components"]["schemas"]["NotWritten"]
    assert set(body["required"]) <= set(answer.json()) <= set(body["properties"])
