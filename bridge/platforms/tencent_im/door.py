"""The door for Tencent IM: `/callbacks/tencent-im/`."""

from __future__ import annotations

import json

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bridge.doors import entrance
from bridge.inbox.storing import NewEvent
from bridge.live.parameters import parameters
from bridge.platforms import rotation
from bridge.platforms.tencent_im import crypto, protocol
from bridge.platforms.tencent_im.door_app import DoorApp, door_app
from bridge.platforms.tencent_im.models import NAME


def _app() -> DoorApp:
    try:
        app = door_app.get()
    except (OperationalError, InterfaceError):
        raise entrance.Refused(503, "try again later") from None
    if app is None:
        raise entrance.Refused(403, "no Tencent IM app is configured")
    return app


@csrf_exempt
@entrance.logged(NAME)
def door(request: HttpRequest) -> HttpResponse:
    """Answer Tencent IM's callbacks."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    app = None
    try:
        query = entrance.query_of(request)
        app = _app()
        _check(query, app)
        entrance.keep(_event(query, entrance.read_body(request)))
    except protocol.MalformedError as error:
        return entrance.Refused(400, str(error)).response()
    except entrance.Refused as refused:
        if app and query != protocol.PROBE:
            entrance.count_refused(app.pk, refused)
        return refused.response()
    return HttpResponse(protocol.ACK, content_type="application/json")


def _check(query: dict[str, str], app: DoorApp) -> None:
    if query.get("SdkAppid", "") != str(app.sdk_app_id):
        raise entrance.Refused(403, "another SdkAppid")
    if app.token:
        request_time = query.get("RequestTime", "")
        if not (token := _signed_by(app, query.get("Sign", ""), request_time)):
            raise entrance.Refused(401, "bad Sign: is the callback token the same on both sides?")
        entrance.check_age(request_time, parameters.IM_CALLBACK_MAX_AGE)
        if app.is_changing and token == app.token:
            rotation.used(NAME, app.pk)
            door_app.forget()
    elif not app.allow_unsigned:
        raise entrance.Refused(401, "unsigned callbacks are refused: set a callback token in the console and here")


def _signed_by(app: DoorApp, given: str, request_time: str) -> str:
    """Return the token that made the signature: the one in force, or the previous one for a while; "" for neither."""
    # All are compared, so that the time taken says nothing.
    matching = [one for one in app.tokens if crypto.callback_signature_matches(given, one, request_time)]
    return matching[0] if matching else ""


def _event(query: dict[str, str], body: bytes) -> NewEvent:
    command = query.get("CallbackCommand", "")
    if not command:
        raise entrance.Refused(400, "no CallbackCommand")
    data = protocol.parse_json(body)
    # Stands in the query; the inbox keeps it with the rest, because it tells our own echoes from a seat's words.
    if platform := query.get("OptPlatform"):
        data["OptPlatform"] = platform
    return NewEvent(
        lane=protocol.lane_of(command, data),
        platform=NAME,
        account_id=None,
        kind=command,
        dedup=protocol.dedup_key(command, data),
        body=json.dumps(data, ensure_ascii=False),
    )
