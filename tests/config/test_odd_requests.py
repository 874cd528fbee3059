"""What no browser of ours sends: numbers beyond any table, ranges without end, broken characters, garbled cursors. No 5xx."""

from __future__ import annotations

import pytest
from django.test import Client

from bridge.media import links
from bridge.models import Conversation, Media
from tests.support.routing import client_of

pytestmark = pytest.mark.once
HUGE = 2**70
DESK = (
    f"/desk/list/?start={HUGE}", f"/desk/list/?q=%23{HUGE}", "/desk/list/?q=%ed%a0%80", "/desk/list/?tab=%00&group=%ed%a0%80",
    f"/desk/{HUGE}/", f"/desk/{{pk}}/messages/?before={HUGE}", "/desk/{pk}/messages/?token=%ed%a0%80", f"/desk/?c={HUGE}",
    "/desk/im/%ed%a0%80/", "/desk/floor/?group=%00&q=%ed%a0%80",
)  # fmt: skip
API = (
    f"/api/conversations/?limit={HUGE}", "/api/conversations/?cursor=%ed%a0%80", "/api/conversations/?cursor=cD0lZWQ=",
    "/api/conversations/?cursor=" + "A" * 3000, f"/api/conversations/{HUGE}/", f"/api/messages/{HUGE}/", f"/api/events/{HUGE}/",
    "/api/messages/%ed%a0%80/", f"/api/queue/?group={HUGE}", "/api/queue/?group=%00",
)  # fmt: skip
ADMIN = (
    f"/admin/bridge/conversation/?p={HUGE}", f"/admin/bridge/conversation/{HUGE}/change/", f"/admin/bridge/message/?q={HUGE}",
    f"/admin/bridge/delivery/?q={HUGE}", "/admin/bridge/customer/?q=%ed%a0%80", f"/admin/bridge/conversation/?id__exact={HUGE}",
    f"/admin/bridge/conversation/{HUGE}/transcript/", f"/admin/reports/overview/?account={HUGE}", f"/admin/reports/overview/?seat={HUGE}",
    f"/admin/reports/behind/opened/?after={HUGE}", "/admin/reports/behind/opened/?after=%ed%a0%80", "/admin/reports/explore/?rows=%00",
    f"/admin/reports/explore/conversations/?after={HUGE}", "/admin/bridge/inboundevent/?q=%00", f"/admin/reports/forget/{HUGE}/",
)  # fmt: skip


def status(client: Client, address: str, **words) -> int:
    client.raise_request_exception = False
    return client.get(address, **words).status_code


@pytest.mark.parametrize("address", DESK + API)
def test_a_seat_gets_an_answer(talking, address):
    pk = Conversation.objects.get().pk
    assert status(client_of("alice"), address.replace("{pk}", str(pk))) < 500


@pytest.mark.parametrize("address", ADMIN)
def test_an_administrator_gets_an_answer(talking, admin_client, address):
    assert status(admin_client, address) < 500


@pytest.mark.parametrize(
    "asked",
    [f"bytes=0-{HUGE}", "bytes=" + "9" * 5000 + "-", f"bytes=-{'9' * 5000}", f"bytes={HUGE}-", "bytes=-", "bytes=a-b"],
)
def test_a_range_of_any_length_is_answered(db, client, asked):
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from bridge.media import store

    path = store.storage().save("x.txt", ContentFile(b"words"))
    now = timezone.now()
    media = Media.objects.create(
        kind="file", mime="text/plain", size=5, path=path, ready=True, created_at=now, used_at=now
    )
    assert status(client, links.path(media, "x.txt"), headers={"range": asked}) < 500


PAGES = (
    "auth/user/{}/tokens", "bridge/conversation/{}/transcript", "bridge/conversation/{}/download", "bridge/customer/{}/export",
    "bridge/customer/{}/erase", "bridge/delivery/{}/resend", "bridge/wechataccount/{}/setup", "bridge/wechataccount/{}/resume",
    "analytics/subscription/{}/send-now",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("number", ["abc", "%C2%B2", "%00", str(HUGE), "9" * 5000])
def test_a_page_of_a_thing_that_no_number_names(talking, admin_client, page, number):
    address = f"/admin/{page.format(number)}/"
    assert {status(admin_client, address), admin_client.post(address).status_code} <= {403, 404}


def test_a_filter_that_no_number_names_is_not_forgotten(db, admin_client):
    kept = {"path": "/admin/auth/user/", "forget": "9" * 5000}
    assert admin_client.post("/admin/saved-filters/", kept).status_code == 302


BODIES = (
    "[" * 100_000,
    '{"text":' * 3000 + "1" + "}" * 3000,
    '{"\\ud800": 1}',
    '{"text": ["\\ud800"]}',
    '{"scopes": ["\\ud800"]}',
)


@pytest.mark.parametrize("body", BODIES, ids=[one[:12] for one in BODIES])
@pytest.mark.parametrize(
    "address", ["conversations/{pk}/messages/", "conversations/{pk}/commands/note/", "me/presence/", "me/tokens/"]
)
def test_json_that_nobody_can_work_on_is_refused(talking, address, body):
    client = client_of("alice")
    client.raise_request_exception = False
    answer = client.post(f"/api/{address.format(pk=Conversation.objects.get().pk)}", body, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
