"""The search above the back office's menu."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

pytestmark = pytest.mark.once


def found(client: Client, words: str) -> str:
    answer = client.get("/admin/search/", {"s": words})
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_finds_pages_reports_and_parameters(db, admin_client):
    assert "/admin/bridge/delivery/" in found(admin_client, "投递")
    assert "/admin/reports/satisfaction/" in found(admin_client, "满意")
    assert "/admin/constance/config/?q=LOGIN_LOCK_MINUTES" in found(admin_client, "login_lock")
    assert "/admin/constance/config/?q=MEDIA_LINK_DAYS" in found(admin_client, "文件 有效期")


def test_it_says_when_it_finds_nothing(db, admin_client):
    assert "没有找到" in found(admin_client, "独角兽")
    assert found(admin_client, " ") == ""


def test_it_offers_only_what_one_may_open(db):
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client = Client()
    client.force_login(user)
    assert "/admin/bridge/delivery/" in found(client, "投递")
    for words in ("客户", "login_lock", "满意"):
        assert "href" not in found(client, words), words
