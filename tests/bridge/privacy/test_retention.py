"""What was said goes when its time is over; a customer can take everything along, and be erased; the numbers stay."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from PIL import Image

from bridge.inbox import storing
from bridge.inbox.events import EraseAsked
from bridge.live import parameters as live
from bridge.media import store, sweep
from bridge.models import (
    Conversation,
    Customer,
    Delivery,
    Exchange,
    Fact,
    InboundEvent,
    Lane,
    Media,
    MediaUse,
    Message,
    SearchText,
)
from bridge.observe import exchanges
from bridge.privacy import retention
from bridge.values.content import Content, Gone
from bridge.values.outcomes import DeliveryError, Outcome
from tests.support.actors import encrypted_push, text_xml
from tests.support.routing import conversation, someone

WORDS = "my number is 13800138000"


def keep_file(message: Message) -> Media:
    with store.draft() as drafted:
        Image.new("RGB", (8, 8), (message.pk % 255, 0, 0)).save(drafted.path, "PNG")
        media = store.put(drafted)
    MediaUse.objects.create(media=media, message=message)
    return media


def said_over_http(at: datetime, lane: str, words: str) -> None:
    kept = {"direction": "out", "platform": "wechat", "method": "POST", "address": "/x"}
    Exchange.objects.create(**kept, at=at, lane=lane, request=words)


@pytest.fixture
def said(day):
    """A closed conversation with words, a file and an exchange, and another one that is open."""
    day.site.login("alice")
    day.arrive(1, 2, text=WORDS)
    day.says("alice", "noted " + WORDS, 1)
    said_over_http(day.now, day.customer(1).im_id, WORDS)
    day.says("alice", "#summary called about " + WORDS, 1)
    keep_file(conversation(1).messages.first())
    day.says("alice", "#close", 1)
    assert conversation(1).status == Conversation.Status.CLOSED
    return day


def mentions(number: int) -> int:
    """Count the rows that still hold what the customer said."""
    lane = Customer.objects.get(openid=someone(number)).im_id
    rows = [
        *Message.objects.filter(conversation__customer__openid=someone(number)).values_list("content", "preview"),
        *Delivery.objects.filter(lane=lane).values_list("payload", "content"),
        *InboundEvent.objects.filter(lane=lane).values_list("body"),
        *Conversation.objects.filter(customer__openid=someone(number)).values_list("summary"),
        *Exchange.objects.filter(lane=lane).values_list("request"),
    ]
    return sum("13800138000" in json.dumps(row, ensure_ascii=False) for row in rows)


@pytest.mark.parametrize(("days", "gone_after"), [(0, 0), (30, 30)])
def test_what_was_said_goes_after_its_time(said, days, gone_after):
    live.stored.remember({"BODY_DAYS": days})
    (media,) = Media.objects.all()
    if days:
        retention.run(said.now + timedelta(days=days - 1))
        assert mentions(1) > 5
    before = Fact.objects.count()
    done = retention.run(said.now + timedelta(days=gone_after, seconds=1))
    assert done["conversations"] == 1
    assert mentions(1) == 0
    assert mentions(2) > 0, "an open conversation keeps its words"
    kept = conversation(1)
    assert kept.purged_at
    assert {Content.from_json(one.content) for one in kept.messages.all()} == {Gone()}
    assert kept.messages.count() == 2, "who wrote when is still known"
    assert Fact.objects.count() == before
    assert retention.run(said.now + timedelta(days=gone_after + 1))["conversations"] == 0
    sweep.sweep()
    assert not Media.objects.exists()
    assert not store.storage().exists(media.path)


def test_what_can_be_opened_again_keeps_its_words_until_then(said):
    live.stored.remember({"BODY_DAYS": 0})
    said.site.account.reopen_minutes = 60
    said.site.account.save()
    closed = conversation(1)
    before = mentions(1)
    said.now += timedelta(minutes=59)
    assert retention.run(said.now)["conversations"] == 0
    assert mentions(1) == before
    said.arrive(1, text="one thing more")
    assert (conversation(1).pk, conversation(1).status) == (closed.pk, Conversation.Status.ASSIGNED)
    assert mentions(1) >= before, "seat and customer read what was said before"
    said.says("alice", "#close", 1)
    said.now += timedelta(minutes=59, seconds=59)
    assert retention.run(said.now)["conversations"] == 0
    said.now += timedelta(seconds=1)
    assert retention.run(said.now)["conversations"] == 1
    assert mentions(1) == 0


def test_what_is_said_after_it_was_emptied_goes_as_well(said):
    """The seat itself may open it later, as long as the customer may be written to."""
    live.stored.remember({"BODY_DAYS": 0})
    said.now += timedelta(minutes=5)
    assert retention.run(said.now)["conversations"] == 1
    said.says("alice", "I forgot: " + WORDS, 1)
    assert conversation(1).status == Conversation.Status.ASSIGNED
    assert mentions(1) > 0
    assert retention.run(said.now)["conversations"] == 0
    said.says("alice", "#close", 1)
    assert retention.run(said.now)["conversations"] == 1
    assert mentions(1) == 0


def test_what_the_search_the_bots_and_the_source_keep_goes_too(said):
    Conversation.objects.filter(pk=conversation(1).pk).update(mode_data={"asked": WORDS})
    live.stored.remember({"BODY_DAYS": 0})
    of_it = SearchText.objects.filter(conversation=conversation(1))
    assert of_it.exists()
    assert conversation(1).source_detail
    retention.run(said.now + timedelta(seconds=1))
    assert not of_it.exists()
    assert (conversation(1).mode_data, conversation(1).source_detail) == ({}, "")


@pytest.mark.parametrize(("source", "kept"), [("message", ""), ("scan", "store-7")])
def test_where_a_customer_came_from_stays_and_first_words_do_not(said, source, kept):
    Conversation.objects.filter(pk=conversation(1).pk).update(source=source, source_detail="store-7")
    live.stored.remember({"BODY_DAYS": 0})
    retention.run(said.now + timedelta(seconds=1))
    assert conversation(1).source_detail == kept


def test_the_thumb_of_a_file_goes_with_it(said):
    live.stored.remember({"BODY_DAYS": 0})
    (media,) = Media.objects.all()
    MediaUse.objects.all().delete()
    thumb = keep_file(conversation(2).messages.first())
    MediaUse.objects.all().delete()
    Media.objects.filter(pk=media.pk).update(thumb=thumb)
    MediaUse.objects.create(media=media, message=conversation(1).messages.first())
    Media.objects.update(used_at=said.now)
    retention.run(said.now + timedelta(seconds=1))
    assert set(Media.objects.values_list("used_at", flat=True)) == {retention._LONG_AGO}


def test_a_files_smaller_version_goes_with_it(said):
    live.stored.remember({"BODY_DAYS": 0})
    (media,) = Media.objects.all()
    smaller = keep_file(conversation(2).messages.first())
    MediaUse.objects.filter(media=smaller).delete()
    Media.objects.filter(pk=media.pk).update(fits={"wechat": smaller.pk})
    Media.objects.update(used_at=said.now)
    retention.run(said.now + timedelta(seconds=1))
    assert set(Media.objects.values_list("used_at", flat=True)) == {retention._LONG_AGO}


def test_without_the_parameter_everything_is_kept(said):
    before = mentions(1)
    live.stored.remember({"EVENT_DAYS": -1})
    retention.run(said.now + timedelta(days=3000))
    assert mentions(1) == before - 1, "the exchange has a time of its own"


def test_a_file_that_another_conversation_carries_stays(said):
    live.stored.remember({"BODY_DAYS": 0})
    (media,) = Media.objects.all()
    MediaUse.objects.create(media=media, message=conversation(2).messages.first())
    retention.run(said.now + timedelta(seconds=1))
    sweep.sweep()
    assert Media.objects.filter(pk=media.pk).exists()


def test_what_failed_is_not_sent_empty_afterwards(said, platforms):
    platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "no"})
    said.says("alice", "lost", 2)
    said.says("alice", "#close", 2)
    live.stored.remember({"BODY_DAYS": 0})
    retention.run(said.now + timedelta(seconds=1))
    assert not Delivery.objects.filter(state__in=(Delivery.State.FAILED, Delivery.State.UNKNOWN)).exists()


@pytest.mark.parametrize(
    "state", [Delivery.State.HELD, Delivery.State.QUEUED, Delivery.State.ASIDE, Delivery.State.SENDING]
)
def test_what_has_not_gone_out_yet_keeps_its_words(said, platforms, state):
    """The conversation is closed and its time is over, but the customer may still get what waits."""
    waiting = Delivery.objects.filter(conversation=conversation(1), direction="customer").first()
    Delivery.objects.filter(pk=waiting.pk).update(state=state)
    live.stored.remember({"BODY_DAYS": 0})
    assert retention.run(said.now + timedelta(seconds=1))["conversations"] == 1
    kept = Delivery.objects.get(pk=waiting.pk)
    assert (kept.state, kept.payload, kept.content) == (state, waiting.payload, waiting.content)
    assert WORDS in json.dumps([kept.payload, kept.content])
    assert mentions(1) == 1


def test_what_nobody_has_worked_on_yet_keeps_its_words(said):
    """It came before the close, and waits behind what keeps the lane busy."""
    InboundEvent.objects.filter(lane=said.customer(1).im_id, body__contains=WORDS, kind="text").update(
        state=InboundEvent.State.NEW
    )
    live.stored.remember({"BODY_DAYS": 0})
    assert retention.run(said.now + timedelta(seconds=1))["conversations"] == 1
    assert WORDS in InboundEvent.objects.get(state=InboundEvent.State.NEW).body


def test_events_and_exchanges_have_their_own_time(said):
    live.stored.remember({"EVENT_DAYS": 5, "EXCHANGE_DAYS": 2, "EXCHANGE_FAILED_DAYS": 4})
    exchanges.recorder.flush()
    Exchange.objects.all().delete()
    for failed in (False, True):
        Exchange.objects.create(
            direction="out", platform="wechat", at=said.now, method="GET", address="/", failed=failed
        )
    waiting = InboundEvent.objects.order_by("pk").first()
    InboundEvent.objects.filter(pk=waiting.pk).update(state=InboundEvent.State.FAILED)
    retention.run(said.now + timedelta(days=3))
    assert [one.failed for one in Exchange.objects.all()] == [True]
    assert InboundEvent.objects.count() > 3
    retention.run(said.now + timedelta(days=6))
    assert not Exchange.objects.exists()
    assert list(InboundEvent.objects.all()) == [waiting], "a failed event waits for somebody"


# Keys


@pytest.fixture
def captured(said):
    """A push that somebody has kept; call it to play it again. It was handled once, in a conversation that is over."""
    query, body = encrypted_push(text_xml(WORDS, someone(3)))
    play = lambda: said.site.client.post(f"/callbacks/wechat/shop/?{query}", body, content_type="text/xml")  # noqa: E731
    assert play().status_code == 200
    said.site.work()
    said.says("alice", "#close", 3)
    said.played = play
    return said


def read(platforms) -> int:
    return sum(WORDS in text for text in platforms.to_seat("alice"))


def later(said, **time) -> None:
    said.now += timedelta(**time)
    retention.run(said.now)


@pytest.mark.parametrize("days", [0, 1])
def test_a_purged_push_cannot_be_played_again(captured, platforms, days):
    live.stored.remember({"EVENT_DAYS": days, "BODY_DAYS": 0})
    before = read(platforms)
    later(captured, seconds=1)
    later(captured, seconds=500)
    assert captured.played().status_code == 200
    captured.site.work()
    assert read(platforms) == before
    assert mentions(3) == 0, "of what is over, only the key is left"
    later(captured, seconds=800)
    assert captured.played().status_code == 403, "by now it is too old"
    later(captured, days=days, seconds=1)
    assert not InboundEvent.objects.filter(platform="wechat", lane=captured.customer(3).im_id).exists()


@pytest.mark.parametrize("ahead", [-590, 0, 590])
def test_a_push_of_a_clock_that_differs_cannot_be_played_again(said, platforms, ahead):
    """WeChat's clock may be ahead of ours: such a push is let in for nearly twice PUSH_MAX_AGE."""
    live.stored.remember({"EVENT_DAYS": 0, "BODY_DAYS": 0})
    query, body = encrypted_push(text_xml(WORDS, someone(3)), age=-ahead)
    play = lambda: said.site.client.post(f"/callbacks/wechat/shop/?{query}", body, content_type="text/xml")  # noqa: E731
    assert play().status_code == 200
    said.site.work()
    said.says("alice", "#close", 3)
    before, statuses = read(platforms), []
    for _minute in range(20):
        later(said, seconds=61)
        statuses.append(play().status_code)
        said.site.work()
    assert read(platforms) == before
    assert statuses.count(200) == (600 + ahead) // 61


@pytest.mark.parametrize(("push", "callback"), [(60, 3600), (3600, 30), (600, 60)])
def test_keys_stay_as_long_as_either_platforms_callbacks_are_let_in(said, push, callback):
    live.stored.remember({"EVENT_DAYS": 0, "PUSH_MAX_AGE": push, "IM_CALLBACK_MAX_AGE": callback})
    last, longest = said.now, 2 * max(push, callback)
    said.now = last + timedelta(seconds=longest - 1)
    retention.run(said.now)
    assert InboundEvent.objects.filter(platform="tencent_im").exists()
    said.now = last + timedelta(seconds=longest + 1)
    retention.run(said.now)
    assert not InboundEvent.objects.filter(platform="tencent_im").exists()


def test_what_was_said_since_in_another_conversation_stays(said):
    """The customer of the closed one has written again."""
    said.now += timedelta(minutes=5)
    said.arrive(1, text="since then")
    lane = said.customer(1).im_id
    said_over_http(said.now, lane, "since then")
    live.stored.remember({"BODY_DAYS": 0})
    assert retention.run(said.now)["conversations"] == 1
    bodies = list(
        InboundEvent.objects.filter(lane=lane, platform="wechat").order_by("pk").values_list("body", flat=True)
    )
    assert [("since then" in body, bool(body)) for body in bodies] == [(False, False), (True, True)]
    assert list(Exchange.objects.filter(lane=lane).values_list("request", flat=True)) == ["since then"]


def test_a_key_that_was_stored_late_outlives_the_purge_of_older_ones(captured):
    """After an outage of the database, events of before stand behind newer ones."""
    live.stored.remember({"EVENT_DAYS": 0})
    newer = InboundEvent.objects.filter(platform="wechat").last()
    for number in range(40):
        storing.store(
            storing.NewEvent("x", "wechat", None, "text", f"late {number}", "{}", captured.now - timedelta(hours=1))
        )
    InboundEvent.objects.filter(lane="x").update(state=InboundEvent.State.DONE)
    retention.run(captured.now + timedelta(seconds=1))
    assert InboundEvent.objects.filter(pk=newer.pk).exists()


def test_a_push_of_who_was_erased_cannot_be_played_again(captured, platforms, admin_client):
    customer, before = captured.customer(3), read(platforms)
    admin_client.post(f"/admin/bridge/customer/{customer.pk}/erase/", {"confirm": "yes"})
    captured.site.work()
    later(captured, seconds=500)
    assert captured.played().status_code == 200
    captured.site.work()
    assert read(platforms) == before
    assert not Customer.objects.filter(openid=someone(3)).exists()
    assert not [row for row in InboundEvent.objects.filter(platform="wechat").values() if someone(3) in str(row)]
    (kept,) = InboundEvent.objects.filter(lane=retention.ERASED, platform="wechat")
    assert (kept.body, kept.state) == ("", InboundEvent.State.FILTERED)
    live.stored.remember({"EVENT_DAYS": -1})
    later(captured, seconds=900)
    assert not InboundEvent.objects.filter(lane=retention.ERASED).exists()


# Customers


def test_everything_about_a_customer_as_a_file(said, admin_client):
    customer = said.customer(1)
    answer = admin_client.get(f"/admin/bridge/customer/{customer.pk}/export", follow=True)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    data = json.loads(archive.read("data.json"))
    assert data["customer"]["openid"] == someone(1)
    (one,) = data["conversations"]
    assert WORDS in json.dumps(one["messages"])
    assert one["summary"].endswith(WORDS)
    (name,) = [name for name in archive.namelist() if name.startswith("files/")]
    assert archive.read(name).startswith(b"\x89PNG")


def test_a_customer_is_erased_and_the_numbers_stay(said, admin_client, platforms):
    customer, talk = said.customer(2), conversation(2)
    lane, openid, number = customer.im_id, customer.openid, Fact.objects.count()
    Exchange.objects.update(lane=lane)
    address = f"/admin/bridge/customer/{customer.pk}/erase/"
    assert "确定" in admin_client.get(address).content.decode()
    said.site.work()
    assert Customer.objects.filter(pk=customer.pk).exists(), "asking erases nothing"
    assert admin_client.post(address, {"confirm": "yes"}).status_code == 302
    said.site.work()
    assert not Customer.objects.filter(openid=openid).exists()
    assert not Conversation.objects.filter(pk=talk.pk).exists()
    assert not Message.objects.filter(conversation_id=talk.pk).exists()
    assert not Delivery.objects.filter(lane=lane).exists()
    assert not Exchange.objects.filter(lane=lane).exists()
    said.site.alice.refresh_from_db()
    assert said.site.alice.load == 0
    assert Fact.objects.count() >= number
    assert platforms.bodies("portrait_set")[-1]["ProfileItem"][0]["Value"] == "-"
    assert openid not in json.dumps(list(LogEntry.objects.values_list("object_repr", "change_message")))
    retention.run(said.now + timedelta(minutes=5))
    assert not InboundEvent.objects.filter(lane=lane).exists()
    assert not Lane.objects.filter(key=lane).exists()
    # Who writes again is somebody new.
    said.arrive(2)
    assert conversation(2).customer.pk != customer.pk


@pytest.fixture
def erased(said, admin_client):
    """A customer who was erased, and writes again later; the lane is the same. Gives the lane."""
    customer = said.customer(2)
    admin_client.post(f"/admin/bridge/customer/{customer.pk}/erase/", {"confirm": "yes"})
    said.site.work()
    said.now += timedelta(minutes=1)
    said.site.customer_says("me again", someone(2))
    said_over_http(said.now, customer.im_id, "me again")
    return customer.im_id


def test_what_is_new_of_who_was_erased_is_left_alone_before_it_is_worked_on(said, erased):
    retention.run(said.now)
    assert Lane.objects.filter(key=erased).exists()
    assert Exchange.objects.filter(lane=erased).count() == 1
    said.site.work()
    assert [one.preview for one in conversation(2).messages.filter(side="customer")] == ["me again"]


def test_the_lane_of_who_was_erased_and_is_a_customer_again_stays(said, erased):
    said.site.work()
    InboundEvent.objects.filter(lane=erased).exclude(kind=EraseAsked.kind).delete()
    retention.run(said.now)
    assert Lane.objects.filter(key=erased).exists()
    assert not InboundEvent.objects.filter(kind=EraseAsked.kind).exists()


def test_what_comes_while_somebody_is_erased_is_worked_on_next(said, admin_client):
    customer = said.customer(2)
    admin_client.post(f"/admin/bridge/customer/{customer.pk}/erase/", {"confirm": "yes"})
    said.site.customer_says("me again", someone(2))
    said.site.work()
    assert said.customer(2).pk != customer.pk
    assert [one.preview for one in conversation(2).messages.filter(side="customer")] == ["me again"]


def test_erasing_says_where_the_platform_still_shows_the_name(said, admin_client, platforms):
    customer = said.customer(1)
    platforms.answer("portrait_set", DeliveryError("timeout", "no answer", Outcome.UNKNOWN))
    page = admin_client.post(f"/admin/bridge/customer/{customer.pk}/erase/", {"confirm": "yes"}, follow=True)
    assert customer.im_id in page.content.decode()


def test_only_who_may_delete_customers_exports_and_erases(said):
    User.objects.create_user("helper", is_staff=True).user_permissions.add(
        *Permission.objects.filter(codename__in=["view_customer", "change_customer"])
    )
    client = Client()
    client.force_login(User.objects.get(username="helper"))
    for what in ("export", "erase"):
        assert client.get(f"/admin/bridge/customer/{said.customer(1).pk}/{what}", follow=True).status_code == 403
