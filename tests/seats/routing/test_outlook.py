"""The page that says what would happen to a customer who writes now; and the admin's pages of routing."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from bridge.models import Customer, Tag, WorkingHours
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat, SeatGroup
from seats.routing.outlook import Asked, outlook
from tests.support.routing import conversation, owner

pytestmark = pytest.mark.either

SHANGHAI = ZoneInfo("Asia/Shanghai")


def said(day, **changes) -> str:
    WeChatAccount.objects.update(**changes)
    steps = outlook(Asked(WeChatAccount.objects.get(), day.now))
    return "\n".join(f"{step.text} {step.said}" for step in steps)


def test_a_seat_is_free_and_that_is_who_gets_it(day):
    day.site.seat("carol", day.site.sales, weight=3)
    day.site.login("alice", "carol")
    for number in range(1, 7):
        text = said(day)
        expected = re.search(r"(\w+)（\d/5）", text)[1]
        day.arrive(number)
        assert owner(number) == expected, text


def test_nobody_is_there(day):
    day.arrive(1)
    text = said(day)
    assert "第 2 位" in text
    assert "0 个在线" in text
    day.arrive(2)
    assert "第 2 位" in day.told(2)[0]
    assert day.told(2)[0] in text


def test_a_queue_that_is_full(day):
    SeatGroup.objects.update(max_queue=1)
    day.arrive(1)
    text = said(day)
    day.arrive(2)
    assert day.told(2)[0] in text
    assert conversation(2).mode == "leave"


def test_outside_of_working_hours(site, platforms):
    from tests.support.routing import Day

    site.sales.hours = WorkingHours.objects.create(name="office", calendar="")
    site.sales.save()
    with Day(site, platforms, datetime(2026, 11, 24, 20, tzinfo=SHANGHAI)).running() as day:
        text = said(day)
        day.arrive(1)
        assert day.told(1)[0] in text
        assert "11-25 09:00" in text
        day.now = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
        assert "到 18:00" in said(day)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"group": ""}, "没有指定座席组"),
        ({"first_mode": "gone"}, "gone"),
        ({"first_mode": "faq"}, "faq"),
        ({"trouble": "40125: invalid appsecret"}, "40125"),
    ],
)
def test_what_is_set_up_wrong_is_said(day, changes, says):
    assert says in said(day, **changes)


def test_a_group_without_seats(day):
    Seat.objects.all().delete()
    assert "没有座席" in said(day)


def test_priority_counts(day):
    day.arrive(1, 2)
    account = WeChatAccount.objects.get()
    steps = outlook(Asked(account, day.now, priority=5))
    assert any("第 1 位" in step.text for step in steps)


@pytest.fixture
def admin(day) -> Client:
    User.objects.create_superuser("admin", password="admin-password")
    client = Client()
    client.force_login(User.objects.get(username="admin"))
    return client


def test_the_page(admin, day):
    Tag.objects.create(name="vip", of="customer", priority=5)
    page = admin.get("/admin/seats/seatgroup/outlook/").content.decode()
    assert "客户进入“销售”组" in page
    assert "vip" in page
    assert admin.get("/admin/seats/seatgroup/outlook/?account=999").status_code == 200
    WeChatAccount.objects.all().delete()
    assert "还没有公众号" in admin.get("/admin/seats/seatgroup/outlook/").content.decode()


def test_the_page_needs_permission(day):
    User.objects.create_user("eve", password="eve-password", is_staff=True)
    client = Client()
    client.force_login(User.objects.get(username="eve"))
    assert client.get("/admin/seats/seatgroup/outlook/").status_code in (302, 403)


@pytest.mark.parametrize("page", ["seats/seatgroup", "bridge/workinghours", "bridge/tag", "seats/queueentry", "seats/seat",
                                  "bridge/conversation", "bridge/customer"])  # fmt: skip
def test_the_pages_open(admin, day, page):
    WorkingHours.objects.create(name="office")
    Tag.objects.create(name="vip", of="customer")
    day.arrive(1)
    assert admin.get(f"/admin/{page}/").status_code == 200
    model = page.split("/")[1]
    first = {"seatgroup": day.site.sales, "workinghours": WorkingHours.objects.first(), "tag": Tag.objects.first(),
             "seat": day.site.alice, "conversation": conversation(1), "customer": Customer.objects.first()}.get(model)  # fmt: skip
    if first:
        assert admin.get(f"/admin/{page}/{first.pk}/change/").status_code == 200


def hours_form(**changes: str) -> dict[str, str]:
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "09:00-18:00")
    inline = {f"special_days-{key}": value for key, value in (("TOTAL_FORMS", "1"), ("INITIAL_FORMS", "0"))}
    first = {"special_days-0-day": "2026-12-31", "special_days-0-hours": "09:00-12:00", "special_days-0-name": "年终"}
    return {
        "name": "office",
        "time_zone": "",
        "calendar": "CN",
        "closed_text": "",
        **days,
        **inline,
        **first,
        **changes,
    }


def test_working_hours_are_entered_and_wrong_ones_refused(admin):
    answer = admin.post("/admin/bridge/workinghours/add/", hours_form(monday="9-18"))
    assert "9-18" in answer.content.decode()
    assert admin.post("/admin/bridge/workinghours/add/", hours_form(time_zone="Mars/Base")).status_code == 200
    assert admin.post("/admin/bridge/workinghours/add/", hours_form()).status_code == 302
    page = admin.get(f"/admin/bridge/workinghours/{WorkingHours.objects.get().pk}/change/").content.decode()
    assert "未来两周" in page


def test_conversations_are_given_on_and_customers_blocked(admin, day):
    day.site.login("alice", "bob")
    day.arrive(1, 2)
    chosen = {
        "action": "reassign_selected",
        "_selected_action": [conversation(1).pk, conversation(2).pk],
        "confirm": "yes",
    }
    admin.post("/admin/bridge/conversation/", chosen)  # no group: refused
    day.site.work()
    assert owner(1) == "alice"
    admin.post("/admin/bridge/conversation/", {**chosen, "target": "care"})
    day.site.work()
    assert [owner(1), owner(2)] == ["bob", "bob"]
    ids = [Customer.objects.get(im_id=conversation(1).customer.im_id).pk]
    admin.post("/admin/bridge/customer/", {"action": "block_selected", "_selected_action": ids, "confirm": "yes"})
    day.site.work()
    assert owner(1) == "closed"
    assert day.customer(1).blocked_at
    assert "已拉黑" in admin.get("/admin/bridge/customer/").content.decode()
    admin.post("/admin/bridge/customer/", {"action": "unblock_selected", "_selected_action": ids})
    day.site.work()
    assert day.customer(1).blocked_at is None


def test_a_form_saves_nothing_that_the_lanes_write(admin, day):
    """Somebody opened the form before the seat got a customer, and saves it afterwards."""
    day.site.login("alice")
    stale = Seat.objects.get(user__username="alice")
    day.arrive(1)
    page = site.get_model_admin(Seat)
    stale.capacity = 9
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="admin")
    page.save_model(request, stale, page.get_form(request, stale)(instance=stale), change=True)
    fresh = Seat.objects.get(user__username="alice")
    assert (fresh.capacity, fresh.load, fresh.online) == (9, 1, True)
