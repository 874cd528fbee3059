"""A conversation on one time line in the admin, and as a file for complaints."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from bridge.conversation import transcript as module
from bridge.conversation.transcript import transcript
from bridge.models import Delivery, Message
from tests.support.routing import conversation

pytestmark = pytest.mark.once


@pytest.fixture
def talked(day):
    day.site.login("alice")
    day.arrive(1, text="where is my parcel?")
    day.later(5)
    day.says("alice", "on its way", 1)
    day.later(5)
    day.says("alice", "#note angry customer", 1)
    day.platforms.answer("message/custom/send", {"errcode": 45047, "errmsg": "too many"})
    day.later(5)
    day.says("alice", "too much", 1)
    return day


@pytest.fixture
def staff(talked) -> Client:
    user = User.objects.create_user("auditor", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    client = Client()
    client.force_login(user)
    return client


def test_everything_stands_in_order_each_event_before_what_it_brought(talked):
    entries = transcript(conversation(1)).entries
    assert [one.at for one in entries] == sorted(one.at for one in entries)
    words = [(one.kind, one.words) for one in entries]
    assert words.index(("event", "text")) < words.index(("message", "where is my parcel? 1"))
    assert words.index(("message", "on its way")) < words.index(("delivery", "on its way"))
    failed = next(one for one in entries if one.kind == "delivery" and one.words == "too much")
    assert "45047" in failed.detail
    assert failed.tone in ("bad", "wait")
    assert len([one for one in entries if one.kind == "message"]) == Message.objects.count()
    assert (
        len([one for one in entries if one.kind == "delivery"]) == Delivery.objects.exclude(conversation=None).count()
    )


def test_the_page_leads_to_events_and_deliveries(staff):
    one = conversation(1)
    page = staff.get(f"/admin/bridge/conversation/{one.pk}/transcript/").content.decode()
    assert "where is my parcel?" in page
    assert f"/admin/bridge/delivery/{Delivery.objects.latest('pk').pk}/change/" in page


def test_the_file_for_complaints_holds_the_talk_and_nothing_inside(staff):
    one = conversation(1)
    answer = staff.get(f"/admin/bridge/conversation/{one.pk}/download/")
    assert answer["Content-Disposition"] == f'attachment; filename="conversation-{one.pk}.html"'
    text = answer.content.decode()
    assert "on its way" in text
    assert "angry customer" not in text
    assert "45047" not in text
    assert "src=" not in text  # opens anywhere


def test_nothing_of_a_strangers_becomes_markup(staff):
    Message.objects.update(content={"type": "Text", "text": "<script>alert(1)</script>"})
    for address in ("transcript", "download"):
        page = staff.get(f"/admin/bridge/conversation/{conversation(1).pk}/{address}/").content.decode()
        assert "&lt;script&gt;alert" in page
        assert "<script>alert" not in page


@pytest.mark.parametrize("address", ["transcript", "download"])
def test_who_may_not_see_conversations_may_not_see_this(talked, address):
    client = Client()
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(f"/admin/bridge/conversation/{conversation(1).pk}/{address}/").status_code == 403


def test_what_is_too_long_says_so(talked, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    shown = transcript(conversation(1))
    assert shown.cut
    assert len(shown.entries) == 6
