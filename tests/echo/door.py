"""The door of echo: `/callbacks/echo/<slug>/`."""

from __future__ import annotations

import hmac

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from bridge.doors import entrance
from bridge.inbox.storing import NewEvent
from bridge.values.lanes import lane_of_customer
from tests.echo import protocol
from tests.echo.models import EchoAccount


@csrf_exempt
@entrance.logged(EchoAccount.PLATFORM)
def door(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a push in."""
    try:
        body = entrance.read_body(request)
        account = EchoAccount.objects.filter(slug=slug).first()
        if account is None:
            raise entrance.Refused(404, "no such account")
        given = entrance.query_of(request).get("echo_sign", "")
        if not hmac.compare_digest(given.encode(), protocol.signature(account.key, body).encode()):
            raise entrance.Refused(401, "bad signature")
        entrance.keep(_event(account, body))
    except ValueError as error:
        return entrance.Refused(400, str(error)).response()
    except entrance.Refused as refused:
        return refused.response()
    return HttpResponse(b"ok", content_type="text/plain")


def _event(account: EchoAccount, body: bytes) -> NewEvent:
    fields = protocol.fields_of(body)
    return NewEvent(
        lane=lane_of_customer(account.pk, fields["from"]),
        platform=account.platform,
        account_id=account.pk,
        kind=fields["kind"],
        dedup=f"echo:{account.pk}:{protocol.signature('', fields['id'].encode())}",
        body=body.decode("utf-8", "replace"),
    )
