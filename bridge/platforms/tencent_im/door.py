"""The door for Tencent IM: `/callbacks/tencent-im/`."""

from __future__ import annotations

import json

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bridge import doors
from bridge.endpoints import tencent_im_app
from bridge.inbox import NewEvent
from bridge.models import TencentIMApp
from bridge.parameters import parameters
from bridge.platforms.tencent_im import crypto, protocol

NAME = "tencent_im"


def _app() -> TencentIMApp:
    try:
        app = tencent_im_app.get()
    except (OperationalError, InterfaceError):
        raise doors.Refused(503, "try again later") from None
    if app is None:
        raise doors.Refused(403, "no Tencent IM app is configured")
    return app


@csrf_exempt
@doors.logged(NAME)
def door(request: HttpRequest) -> HttpResponse:
    """Answer Tencent IM's callbacks."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    try:
        query = doors.query_of(request)
        _check(query, _app())
        doors.keep(_event(query, doors.read_body(request)))
    except protocol.MalformedError as error:
        return doors.Refused(400, str(error)).response()
    except doors.Refused as refused:
        return refused.response()
    return HttpResponse(protocol.ACK, content_type="application/json")


def _check(query: dict[str, str], app: TencentIMApp) -> None:
    if query.get("SdkAppid", "") != str(app.sdk_app_id):
        raise doors.Refused(403, "another SdkAppid")
    if app.callback_token:
        request_time = query.get("RequestTime", "")
        if not crypto.callback_signature_matches(query.get("Sign", ""), app.callback_token, request_time):
            raise doors.Refused(401, "bad Sign: is the callback token the same on both sides?")
        doors.check_age(request_time, parameters.IM_CALLBACK_MAX_AGE)
    elif not app.allow_unsigned:
        raise doors.Refused(401, "unsigned callbacks are refused: set a callback token in the console and here")


def _event(query: dict[str, str], body: bytes) -> NewEvent:
    command = query.get("CallbackCommand", "")
    if not command:
        raise doors.Refused(400, "no CallbackCommand")
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
