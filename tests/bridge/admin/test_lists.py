"""The admin's lists: kept filters, files out and in, and long tables that are neither counted nor skipped through."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from bridge.admin import paging
from bridge.base import clock
from bridge.base.rows import first_since
from bridge.models import AutoAnswer, Customer, Delivery, InboundEvent, Lane, SavedFilter, Tag
from chatbots.models import FaqEntry
from tests.support.actors import Site

pytestmark = pytest.mark.either

LIST = "/admin/bridge/delivery/"


def helper(name: str, *permissions: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def keep(client: Client, **data: str):
    return client.post("/admin/saved-filters/", {"path": LIST, **data}, follow=True)


def test_a_filter_is_kept_shared_and_forgotten(db, admin_client):
    page = keep(admin_client, name="失败的", query="state__exact=failed&p=3")
    assert "失败的" in page.content.decode()
    keep(admin_client, name="给大家", query="state__exact=held", shared="1")
    other = helper("other", "view_delivery")
    page = other.get(LIST).content.decode()
    assert "给大家" in page
    assert "失败的" not in page
    shared = SavedFilter.objects.get(name="给大家")
    keep(other, forget=str(shared.pk))
    assert SavedFilter.objects.count() == 2, "only one's own are forgotten"
    keep(admin_client, forget=str(shared.pk))
    assert [one.name for one in SavedFilter.objects.all()] == ["失败的"]
    keep(admin_client, name="失败的", query="state__exact=unknown")
    assert SavedFilter.objects.get().query == "state__exact=unknown"


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example/admin/bridge/delivery/", "/admin/", "/healthz", "x"]
)
def test_no_way_leads_elsewhere(db, admin_client, path):
    assert admin_client.post("/admin/saved-filters/", {"path": path, "name": "x", "query": "a=b"}).status_code == 400


def test_lists_as_files(talking, admin_client):
    answer = admin_client.post(
        "/admin/bridge/conversation/export/", {"format": "0", **_every(admin_client, "conversation")}
    )
    assert answer.status_code == 200, answer.content[:500]
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert rows[0][:3] == ("id", "account", "customer")
    assert rows[1][1] == "旗舰店"
    talking.seat_says("secret words")
    talking.work()
    answer = admin_client.post("/admin/bridge/delivery/export/", {"format": "1", **_every(admin_client, "delivery")})
    assert "secret words" not in answer.content.decode()
    assert "wechat" in answer.content.decode()
    assert helper("blind").get("/admin/bridge/customer/export/").status_code == 403


def _every(client: Client, model: str) -> dict[str, str]:
    """Return the export form's fields with every column chosen."""
    form = client.get(f"/admin/bridge/{model}/export/").context["form"]
    return {name: "on" for name in form.fields if name not in ("format", "resource", "export_items")} | {
        "resource": "0"
    }


def test_faq_entries_come_back_from_a_file(site: Site, admin_client):
    kept = FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9-18"))
    text = (
        f"id,account,keywords,match,answer,position,enabled\n{kept.pk},,营业 时间,contains,9:00-18:00,0,1\n"
        ",shop,发票,exact,在订单里,1,1\n"
    )
    file = SimpleUploadedFile("faq.csv", text.encode(), content_type="text/csv")
    page = admin_client.post("/admin/chatbots/faqentry/import/", {"import_file": file, "format": "1", "resource": "0"})
    confirm = page.context["confirm_form"].initial
    assert FaqEntry.objects.count() == 1, "nothing is written before it is confirmed"
    admin_client.post("/admin/chatbots/faqentry/process_import/", {name: str(value) for name, value in confirm.items()})
    rows = FaqEntry.objects.order_by("pk").values_list("account__slug", "keywords", "match", "answer__words")
    assert list(rows) == [
        (None, "营业 时间", "contains", "9:00-18:00"),
        ("shop", "发票", "exact", "在订单里"),
    ]


def test_a_long_list_is_not_counted_to_its_end(db, admin_client, monkeypatch):
    monkeypatch.setattr(paging, "MOST", 120)
    now = clock.now()
    InboundEvent.objects.bulk_create(
        InboundEvent(lane="x", platform="wechat", kind="text", dedup=f"k{number}", body="", received_at=now - timedelta(minutes=500 - number))
        for number in range(500)
    )  # fmt: skip
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = admin_client.get("/admin/bridge/inboundevent/?p=2")
    assert "120+" in page.content.decode()
    counts = [
        query["sql"] for query in asked if "COUNT(" in query["sql"].upper() and "bridge_inboundevent" in query["sql"]
    ]
    assert counts
    assert all("LIMIT 121" in sql for sql in counts)
    page = admin_client.get("/admin/bridge/inboundevent/?since=hour")
    assert [event.dedup for event in page.context["cl"].result_list][:2] == ["k499", "k498"]
    assert page.context["cl"].result_count in (59, 60)
    assert page.context["cl"].result_list[0].kind == "text"


@pytest.mark.parametrize("gap", [1, 3, 50])
def test_the_first_row_since_is_found_with_gaps(db, gap):
    now = clock.now()
    InboundEvent.objects.bulk_create(
        InboundEvent(pk=number * gap, lane="x", platform="wechat", kind="t", dedup=f"k{number}", body="", received_at=now + timedelta(minutes=number))
        for number in range(1, 40)
    )  # fmt: skip
    for minute in (0, 1, 17, 39):
        found = InboundEvent.objects.filter(
            pk__gte=first_since(InboundEvent, "received_at", now + timedelta(minutes=minute))
        )
        assert found.count() == 39 - max(minute, 1) + 1
    assert not InboundEvent.objects.filter(
        pk__gte=first_since(InboundEvent, "received_at", now + timedelta(hours=5))
    ).exists()
    assert not Delivery.objects.filter(pk__gte=first_since(Delivery, "created_at", now)).exists()


def test_the_list_of_deliveries_asks_for_a_seats_name_once(site, admin_client):
    site.login("alice")
    counts = []
    for number in range(6):
        site.customer_says(f"m{number}")
        site.work()
        if number in (1, 5):
            admin_client.get("/admin/bridge/delivery/")
            with CaptureQueriesContext(connection) as asked:
                page = admin_client.get("/admin/bridge/delivery/").content.decode()
            assert f"m{number}" in page
            counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", ["inboundevent", "lane", "delivery"])
def test_the_names_of_a_lists_seats_are_asked_for_at_once(site, admin_client, page):
    """As many statements for twelve seats as for two."""
    site.customer_says("hello")
    site.work()
    counts = []
    for numbers in (range(2), range(2, 12)):
        for number in numbers:
            seat, now = site.seat(f"seat-{number}", site.sales), clock.now()
            lane = f"seat:{seat.im_user_id}"
            InboundEvent.objects.create(
                lane=lane, platform="internal", kind="x", dedup=f"k{number}", body="", received_at=now
            )
            Lane.objects.create(key=lane)
            Delivery.objects.create(
                lane=lane, direction="seat", platform="tencent_im", recipient=seat.im_user_id, payload={}, random=0,
                due_at=now, created_at=now, state="done",
            )  # fmt: skip
        admin_client.get(f"/admin/bridge/{page}/")
        with CaptureQueriesContext(connection) as asked:
            text = admin_client.get(f"/admin/bridge/{page}/").content.decode()
        assert f"seat-{numbers[-1]}" in text
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_customer_with_many_tags_has_a_row_like_any_other(talking, admin_client):
    customer = Customer.objects.get()
    customer.tags.set([Tag.objects.create(name=f"tag{number:02}", of="customer") for number in range(30)])
    page = admin_client.get("/admin/bridge/customer/").content.decode()
    row = page.partition("field-tag_names")[2].partition("</td>")[0]
    assert "tag04 等，还有 25 个" in row
    assert "tag05" not in row


@pytest.mark.parametrize(
    "page", ["chatbots/welcome", "chatbots/faqentry", "bridge/qrcode", "bridge/broadcast", "bridge/shownseat"]
)
def test_a_list_without_rows_says_what_will_stand_there(site, admin_client, page):
    said = admin_client.get(f"/admin/{page}/").content.decode()
    assert ("暂无内容" in said, "有内容后会显示在这里" in said) == (True, False)
