"""The Tencent IM door."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.live import endpoints
from bridge.models import InboundEvent
from bridge.observe import refusals
from bridge.platforms.tencent_im.models import TencentIMApp
from tests.support.actors import im_query, seat_message, state_change

pytestmark = pytest.mark.once

URL = "/callbacks/tencent-im/"
AFTER_SEND = "C2C.CallbackAfterSendMsg"


def test_a_good_callback(site):
    answer = site.im_callback("State.StateChange", state_change("Login", "alice"))
    assert answer.json() == {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}
    event = InboundEvent.objects.get()
    assert (event.lane, event.kind) == ("seat:alice", "State.StateChange")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"Sign": "0" * 64}, 401),
        ({"Sign": ""}, 401),
        ({"SdkAppid": "1400999999"}, 403),
        ({"RequestTime": "abc"}, 401),
        ({"CallbackCommand": ""}, 400),
    ],
)
def test_forged_and_foreign_callbacks(site, query, status):
    data = seat_message("alice", "x", "hi")
    assert site.im_callback(AFTER_SEND, data, **query).status_code == status
    assert not InboundEvent.objects.exists()


def test_our_own_look_at_the_address_is_refused_and_not_counted(site, client):
    """Else the check-up, run by a script, would make the health page say that all callbacks are refused."""
    app = TencentIMApp.objects.get()
    query = {"SdkAppid": "0", "CallbackCommand": "Check"}
    assert client.post(URL, "{}", content_type="application/json", query_params=query).status_code == 403
    assert refusals.of(app.pk).day == 0
    query["SdkAppid"] = "1400999999"
    assert client.post(URL, "{}", content_type="application/json", query_params=query).status_code == 403
    assert refusals.of(app.pk).day == 1


def test_a_stale_callback(site):
    data = seat_message("alice", "x", "hi")
    assert site.im_callback(AFTER_SEND, data, age=61).status_code == 403
    assert site.im_callback(AFTER_SEND, data, age=55).status_code == 200


def test_unsigned_callbacks_need_permission(site, client):
    TencentIMApp.objects.update(callback_token=None)
    endpoints.forget()
    query = f"SdkAppid=1400000001&CallbackCommand={AFTER_SEND}"
    body = json.dumps(seat_message("alice", "x", "hi"))
    assert client.post(f"{URL}?{query}", body, content_type="application/json").status_code == 401
    TencentIMApp.objects.update(allow_unsigned=True)
    endpoints.forget()
    assert client.post(f"{URL}?{query}", body, content_type="application/json").status_code == 200


def test_without_an_app_everything_is_refused(db, client):
    assert client.post(URL, "{}", content_type="application/json").status_code == 403
    assert client.get(URL).status_code == 405


def test_oversized(site, client):
    answer = client.post(f"{URL}?{im_query(AFTER_SEND)}", "x" * 200_000, content_type="application/json")
    assert answer.status_code == 413


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.binary(max_size=300))
def test_noise_never_breaks_the_door_and_is_never_stored(site, client, body):
    answer = client.post(f"{URL}?{im_query(AFTER_SEND)}", body, content_type="application/json")
    assert answer.status_code == 400
    assert not InboundEvent.objects.exists()
