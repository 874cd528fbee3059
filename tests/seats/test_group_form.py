"""The form of a group and of an account: lengths of time as people write them."""

from __future__ import annotations

import re

import pytest

from bridge.platforms.wechat.models import WeChatAccount
from seats.models import SeatGroup

pytestmark = pytest.mark.either


def fields(page: str) -> dict[str, str]:
    """Return what stands in a page's inputs and chosen options, by their names."""
    found = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or "checked" in tag):
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'(?s)<select name="([^"]*)".*?>(.*?)</select>', page):
        if chosen := re.search(r'<option value="([^"]*)"[^>]*selected', options):
            found[name] = chosen[1]
    return {name: value for name, value in found.items() if not name.startswith("_")}


def test_a_groups_times_are_lengths_of_time(site, admin_client):
    address = f"/admin/seats/seatgroup/{site.sales.pk}/change/"
    form = fields(admin_client.get(address).content.decode())
    assert (form["max_wait_seconds"], form["close_idle_seconds"], form["last_seat_days"]) == ("30 分钟", "1 天", "7 天")
    assert form["remind_customer_seconds"] == "0"
    answer = admin_client.post(address, {**form, "max_wait_seconds": "1小时30分", "last_seat_days": "2 周"})
    assert "请填时长" in answer.content.decode()
    answer = admin_client.post(address, {**form, "max_wait_seconds": "1小时30分", "last_seat_days": "14 天"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    kept = SeatGroup.objects.get(pk=site.sales.pk)
    assert (kept.max_wait_seconds, kept.last_seat_days, kept.close_idle_seconds) == (5400, 14, 86400)


def test_an_accounts_times_are_lengths_of_time_and_its_texts_are_checked(site, admin_client):
    address = f"/admin/bridge/wechataccount/{site.account.pk}/change/"
    page = admin_client.get(address).content.decode()
    assert 'placeholder="2 天"' in page, "the platform's usual window"
    form = {
        **fields(page),
        "reopen_minutes": "2 小时",
        "window_message_count": "5",
        "window_message_seconds": "48 小时",
    }
    answer = admin_client.post(address, {**form, "text_left_line": "第 %(place)d 位"})
    assert "没有占位符 place" in answer.content.decode()
    answer = admin_client.post(address, {**form, "text_left_line": "已退出"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    kept = WeChatAccount.objects.get()
    assert (kept.reopen_minutes, kept.window_rules) == (120, {"message": [5, 172800]})
    assert kept.texts == {"left_line": "已退出"}


def test_times_of_logs_have_seconds(talking, admin_client):
    for page in ("bridge/inboundevent", "bridge/delivery", "bridge/message", "seats/assignment", "bridge/conversation"):
        text = admin_client.get(f"/admin/{page}/").content.decode()
        assert re.search(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b", text), page
