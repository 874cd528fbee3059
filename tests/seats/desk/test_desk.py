"""The desk's pages: who sees what, what is shown of messages, and that nothing of a stranger's becomes markup."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bridge.models import Conversation, Customer, Delivery, Message, Tag, WorkingHours
from bridge.values.content import Image, Location, Text, Voice
from seats.desk import feed
from seats.desk import floor as board
from seats.models import QueueEntry, Seat
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either


@pytest.fixture
def floor(day):
    """Alice has customer 1, customer 2 waits; bob is of another group; eve has no seat."""
    day.site.alice.capacity = 1
    day.site.alice.save()
    User.objects.create_user("eve", password="eve-password-1")
    day.site.login("alice")
    day.arrive(1, 2)
    return day


def page(name: str, address: str) -> str:
    answer = client_of(name).get(f"/desk/{address}")
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.mark.parametrize("address", ["", "list/", "1/", "1/messages/", "1/customer/"])
def test_without_login_or_seat_there_is_no_desk(floor, address):
    answer = Client().get(f"/desk/{address}")
    assert answer.status_code == 302
    assert answer.url.startswith("/desk/login/")
    refused = client_of("eve").get(f"/desk/{address}")
    assert refused.status_code == 403
    assert "还没有开通座席" in refused.content.decode()


def test_logging_in_without_being_staff(floor):
    floor.site.alice.user.set_password("alice-password-1")
    floor.site.alice.user.save()
    client = Client()
    wrong = client.post("/desk/login/", {"username": "alice", "password": "nope"})
    assert "不匹配" in wrong.content.decode()
    right = client.post("/desk/login/", {"username": "alice", "password": "alice-password-1"})
    assert (right.status_code, right.url) == (302, "/desk/")


def test_the_tabs(floor):
    mine, queue = conversation(1), conversation(2)
    assert f'data-open="{mine.pk}"' in page("alice", "list/?tab=mine")
    assert f'data-open="{queue.pk}"' in page("alice", "list/?tab=queue")
    assert "data-open" not in page("bob", "list/?tab=queue")
    assert "还没有已结束的会话" in page("alice", "list/?tab=closed")
    floor.says("alice", "#close", 1)
    assert f'data-open="{mine.pk}"' in page("alice", "list/?tab=closed")
    assert "没有找到" in page("alice", "list/?tab=closed&q=nobody")
    assert f'data-open="{mine.pk}"' in page("alice", f"list/?tab=closed&q={mine.pk}")


def test_what_several_tags_stand_on_is_listed_once(floor):
    one = conversation(1)
    vip = Tag.objects.create(name="VIP", of=Tag.Of.CUSTOMER)
    one.customer.tags.add(vip)
    one.tags.add(*(Tag.objects.create(name=name, of=Tag.Of.CONVERSATION) for name in ("refund", "parcel")))
    for asked in ("VIP", "refund"):
        assert page("alice", f"list/?tab=mine&tag={asked}").count(f'data-open="{one.pk}"') == 1
    assert "data-open" not in page("alice", "list/?tab=mine&tag=other")


def test_who_waits_longest_stands_first(floor):
    Seat.objects.filter(user__username="alice").update(capacity=5)
    floor.later(1)
    floor.arrive(3, 4)
    floor.says("alice", "an answer", 1)
    order = re.findall(r'data-open="(\d+)"', page("alice", "list/?tab=mine"))
    assert order == [str(conversation(number).pk) for number in (2, 3, 4, 1)]


def in_order(shown: str, *names: str) -> list[int]:
    """Return the conversations of a list as a script orders them that goes by these attributes of the rows alone."""
    rows = [dict(re.findall(r'data-(\w+)="([^"]*)"', one)) for one in re.findall(r"<li data-row[^>]*>", shown)]
    return [int(row["row"]) for row in sorted(rows, key=lambda row: [float(row[name] or 0) for name in names])]


def test_within_one_second_the_queue_is_in_the_order_of_arrival(floor):
    """And where two came in the same moment, in the order of their entries: as they are served, not by their ids."""
    floor.arrive(3, 4, 5)
    moment = floor.now.replace(microsecond=0)
    QueueEntry.objects.all().delete()
    for number, microseconds in ((5, 2), (3, 1), (4, 2), (2, 3)):
        one, group = conversation(number), floor.site.sales
        came = moment.replace(microsecond=microseconds)
        QueueEntry.objects.create(conversation=one, group=group, lane=one.customer.im_id, enqueued_at=came)
    expected = [conversation(number).pk for number in (3, 5, 4, 2)]
    shown = page("alice", "list/?tab=queue")
    assert [int(one) for one in re.findall(r'data-open="(\d+)"', shown)] == expected
    assert in_order(shown, "rank", "arrived", "entry") == expected, "a row that comes alone is put there too"


def test_within_one_second_who_wrote_first_waits_longest(floor):
    Seat.objects.filter(user__username="alice").update(capacity=5)
    floor.later(1)
    floor.arrive(3)
    moment = floor.now.replace(microsecond=0)
    for number, microseconds in ((2, 3), (3, 1), (1, 2)):
        came = moment.replace(microsecond=microseconds)
        Conversation.objects.filter(pk=conversation(number).pk).update(unanswered_since=came)
    expected = [conversation(number).pk for number in (3, 1, 2)]
    shown = page("alice", "list/?tab=mine")
    assert [int(one) for one in re.findall(r'data-open="(\d+)"', shown)] == expected
    assert in_order(shown, "since") == expected


def to_take(name: str) -> int:
    return client_of(name).get("/desk/state/").json()["seat"]["next"]


def test_how_many_customers_a_seat_could_take_next(floor):
    """Each once, those of its own groups: not those whom it only supervises, nor those of an account that is closed now."""
    sales, care = floor.site.sales, floor.site.care
    sales.supervisors.add(floor.site.bob)
    floor.arrive(3)
    assert (to_take("alice"), to_take("bob")) == (2, 0)
    own = QueueEntry.objects.get(conversation=conversation(3))
    QueueEntry.objects.create(
        conversation=own.conversation,
        group=care,
        lane=own.lane,
        account_id=own.account_id,
        enqueued_at=own.enqueued_at,
        overflowed=True,
    )
    floor.site.alice.groups.add(care)
    assert (to_take("alice"), to_take("bob")) == (2, 1)
    account = own.conversation.customer.account
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    account.hours = WorkingHours.objects.create(name="never", **dict.fromkeys(days, ""))
    account.save()
    assert to_take("alice") == 0


def test_the_menu_leads_to_the_own_tokens(floor):
    assert 'href="/admin/tokens/"' in page("alice", "")
    assert client_of("alice").get("/admin/tokens/").status_code == 200, "no staff"


@pytest.mark.parametrize("address", ["{}/", "{}/messages/", "{}/customer/"])
def test_other_groups_conversations_are_not_there(floor, address):
    assert client_of("bob").get("/desk/" + address.format(conversation(1).pk)).status_code == 404
    floor.site.sales.supervisors.add(floor.site.bob)
    assert client_of("bob").get("/desk/" + address.format(conversation(1).pk)).status_code == 200


def test_what_can_be_done_depends_on_who_looks(floor):
    floor.site.sales.supervisors.add(floor.site.bob)
    mine, theirs = page("alice", f"{conversation(1).pk}/"), page("bob", f"{conversation(1).pk}/")
    assert 'id="composer"' in mine
    assert 'data-command="takeover"' not in mine
    assert 'id="composer"' not in theirs
    assert 'data-command="takeover"' in theirs
    assert 'data-command="take"' in page("alice", f"{conversation(2).pk}/")
    floor.says("bob", "#join", 1)
    assert 'id="composer"' in page("bob", f"{conversation(1).pk}/")


def test_a_closed_conversation_keeps_its_seat_who_can_write_in_it_again(floor):
    floor.site.sales.supervisors.add(floor.site.bob)
    floor.says("alice", "#close", 1)
    number = conversation(1).pk
    assert floor.site.alice.as_agent().name in page("bob", "list/?tab=closed")
    assert floor.site.alice.as_agent().name in page("alice", f"{number}/")
    assert floor.site.alice.as_agent().name in page("alice", f"{number}/customer/")
    assert 'id="composer"' in page("alice", f"{number}/")
    assert 'id="composer"' not in page("bob", f"{number}/")
    Customer.objects.filter(pk=conversation(1).customer_id).update(window_left=0)
    shown = page("alice", f"{number}/")
    assert ('id="composer"' in shown, "微信现在不允许" in shown) == (False, True)


def test_what_a_supervisor_watches_is_among_the_own_ones(floor):
    floor.site.sales.supervisors.add(floor.site.bob)
    assert "data-open" not in page("bob", "list/?tab=mine")
    floor.says("bob", "#watch", 1)
    assert re.findall(r'data-open="(\d+)"', page("bob", "list/?tab=mine")) == [str(conversation(1).pk)]


def test_messages_come_again_only_where_something_changed(floor):
    one = conversation(1)
    first = client_of("alice").get(f"/desk/{one.pk}/messages/")
    token = first.content.decode().split('data-token="')[1].split('"')[0]
    assert client_of("alice").get(f"/desk/{one.pk}/messages/?token={token}").status_code == 204
    floor.says("alice", "an answer", 1)
    changed = client_of("alice").get(f"/desk/{one.pk}/messages/?token={token}")
    assert changed.status_code == 200
    assert "已送达" in changed.content.decode()


def test_a_failure_is_shown_with_its_reason(floor):
    floor.platforms.answer("message/custom/send", {"errcode": 45015, "errmsg": "out of time"})
    floor.platforms.answer("message/custom/send", {"errcode": 45015, "errmsg": "out of time"})
    floor.says("alice", "too late", 1)
    shown = page("alice", f"{conversation(1).pk}/messages/")
    assert Delivery.objects.filter(state="failed").exists()
    assert "未送达" in shown
    assert 'data-command="resend"' in shown


def test_what_is_sent_again_is_the_message_that_was_clicked(floor, monkeypatch):
    one = conversation(1)
    for _number in range(2):
        floor.platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "invalid openid"})
    floor.says("alice", "the first", 1)
    floor.says("alice", "the second", 1)
    first, second = one.messages.filter(side="seat").order_by("pk")
    assert f'data-message="{second.pk}"' in page("alice", f"{one.pk}/messages/")
    floor.works_at_once(monkeypatch)
    there = f"/api/conversations/{one.pk}/commands/resend/"
    answer = client_of("alice").post(there, {"message": str(second.pk)}, "application/json")
    assert answer.status_code == 200
    states = {each: set(each.delivery_set.values_list("state", flat=True)) for each in (first, second)}
    assert states == {first: {"failed"}, second: {"dropped", "done"}}
    assert client_of("alice").post(there, {"message": "x"}, "application/json").status_code == 409


def test_the_own_ones_come_all_at_once(floor, monkeypatch):
    floor.site.alice.capacity = 9
    floor.site.alice.save()
    floor.arrive(3)
    floor.says("alice", "#take", 2)
    monkeypatch.setattr(feed, "LISTED", 1)
    shown = page("alice", "list/?tab=mine")
    assert shown.count("data-row=") == 2
    assert "data-next" not in shown


def test_the_floor_counts_the_whole_queue_and_says_how_much_of_it_is_shown(floor, monkeypatch):
    floor.site.sales.supervisors.add(floor.site.bob)
    floor.arrive(3)
    monkeypatch.setattr(board, "LONGEST_LINE", 1)
    shown = page("bob", "floor/?rows=1")
    assert re.findall(r'<span class="value">(\d+)</span>', shown)[0] == "2"
    assert "前 1 位" in shown


def log(one: Conversation, content, side: str = "customer") -> None:
    Message.objects.create(
        conversation=one, side=side, content=content.to_json(), preview="x", created_at=one.opened_at, relayed=True
    )


def test_nothing_of_a_strangers_becomes_markup(floor):
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    customer = floor.customer(1)
    customer.remark = evil[:90]
    customer.save()
    one = conversation(1)
    log(one, Text(evil))
    log(one, Image(url="javascript:alert(1)"))
    log(one, Voice(recognition=evil))
    log(one, Location(1.0, 2.0, label=evil))
    for address in (f"{one.pk}/", f"{one.pk}/messages/", f"{one.pk}/customer/", "list/"):
        shown = page("alice", address)
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert 'src="javascript:' not in shown
        assert 'href="javascript:' not in shown


def test_a_long_talk_is_loaded_in_pieces(floor):
    one = conversation(1)
    for number in range(150):
        log(one, Text(f"line {number:03d}"))
    newest = page("alice", f"{one.pk}/messages/")
    assert "line 149" in newest
    assert "line 080" not in newest
    before = newest.split('data-before="')[1].split('"')[0]
    older = page("alice", f"{one.pk}/messages/?before={before}")
    assert "line 080" in older
    assert "line 149" not in older
    assert client_of("alice").get(f"/desk/{one.pk}/messages/?before=x").status_code == 200


def test_former_conversations_of_the_own_groups(floor):
    """Alice, who has the customer now, had one of them herself; one was her group's, and one another group's."""
    one = conversation(1)
    summaries = {"mine": "买了鞋", "ours": "退了帽子", "theirs": "修了表"}
    floor.says("alice", f"#close {summaries['mine']}", 1)
    floor.says("alice", "#close", 2)
    Conversation.objects.filter(pk=one.pk).update(group="care")
    for name, group in (("ours", "sales"), ("theirs", "care")):
        Conversation.objects.create(
            customer=one.customer, group=group, status="closed", summary=summaries[name], opened_at=one.opened_at,
            closed_at=floor.now,
        )  # fmt: skip
    floor.arrive(1)
    shown = page("alice", f"{conversation(1).pk}/customer/")
    assert [name for name, summary in summaries.items() if summary in shown] == ["mine", "ours"]
    assert "还可发" in shown


def test_what_one_list_costs_does_not_grow(floor, django_assert_max_num_queries):
    for number in range(10, 30):
        floor.arrive(number)
    client = client_of("alice")
    with django_assert_max_num_queries(12):
        client.get("/desk/list/?tab=queue")
    with django_assert_max_num_queries(22):
        client.get(f"/desk/{conversation(1).pk}/")


def test_the_floor_is_for_supervisors_and_shows_their_groups(floor):
    floor.site.sales.supervisors.add(floor.site.bob)
    shown = page("bob", "floor/")
    assert f"#{conversation(1).pk}" in shown
    assert f"#{conversation(2).pk}" in shown
    rows = page("bob", "floor/?rows=1&group=sales")
    assert rows.count("<tr") == 2
    assert "没有进行中的会话" in page("bob", "floor/?rows=1&group=care")
    assert "没有找到“茶壶”" in page("bob", "floor/?rows=1&group=sales&q=茶壶")
    refused = client_of("alice").get("/desk/floor/")
    assert refused.status_code == 403
    assert "主管" in refused.content.decode()


@pytest.mark.parametrize(
    ("scene", "shown"), [("ADD_SCENE_SEARCH", "公众号搜索"), ("ADD_SCENE_2030", "其他"), ("spring-7", "spring-7")]
)
def test_where_a_customer_came_from_is_said_in_words(floor, scene, shown):
    Customer.objects.update(scene=scene)
    side = page("alice", f"{conversation(1).pk}/customer/")
    assert shown in side
    assert "ADD_SCENE" not in side
