"""The doors behind the server's own entry point, past Django's middleware."""

import io

import pytest
from django.test import RequestFactory

from bridge.models import InboundEvent
from config.wsgi import application
from tests.actors import encrypted_push, im_query, text_xml

URL = "/callbacks/wechat/shop/"


def call(method, address, body=b""):
    environ = RequestFactory().generic(method, address, body, content_type="text/xml").environ
    environ["wsgi.input"] = io.BytesIO(body)
    answered = {}

    def start_response(status, headers):
        answered["status"], answered["headers"] = int(status.split()[0]), dict(headers)

    answered["body"] = b"".join(application(environ, start_response))
    return answered


def test_a_push(site):
    query, body = encrypted_push(text_xml("你好"))
    answer = call("POST", f"{URL}?{query}", body.encode())
    assert (answer["status"], answer["body"]) == (200, b"success")
    assert answer["headers"]["Content-Length"] == "7"
    assert "Set-Cookie" not in answer["headers"]
    assert "你好" in InboundEvent.objects.get().body


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("POST", URL, 403),
        ("GET", URL, 401),
        ("DELETE", URL, 405),
        ("POST", "/callbacks/wechat/nobody/", 404),
        ("POST", "/callbacks/none/", 404),
        ("POST", "/callbacks/tencent-im/?signed", 400),
        ("GET", "/callbacks/tencent-im/", 405),
        ("GET", "/livez", 200),
    ],
)
def test_refusals_and_the_rest_of_the_site(site, method, address, status):
    # Signed now: a signature is stale after a minute, and the whole run takes longer.
    address = address.replace("signed", im_query("C2C.CallbackAfterSendMsg"))
    assert call(method, address)["status"] == status


def test_a_bug_in_a_door_is_a_500_and_in_the_log(site, monkeypatch, caplog):
    from bridge import doors

    def broken(event):
        raise ZeroDivisionError

    monkeypatch.setattr(doors, "keep", broken)
    query, body = encrypted_push(text_xml("x"))
    assert call("POST", f"{URL}?{query}", body.encode())["status"] == 500
    assert "ZeroDivisionError" in caplog.text
