"""Search: what was said is found by any part of it, by those who may see it, and no longer once it is gone."""

from __future__ import annotations

import pytest

from bridge.conversation import search
from bridge.models import Conversation, SearchText
from bridge.privacy import retention
from bridge.values.content import Gone
from tests.support.routing import conversation

# MariaDB finds only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def finds(text: str, rows=None) -> set[int]:
    rows = Conversation.objects.all() if rows is None else rows
    numbers = search.found(rows, text, 60)
    return {int(one.customer.openid[-3:]) for one in Conversation.objects.filter(pk__in=numbers)}


@pytest.fixture
def talks(day):
    day.site.login("alice")
    day.arrive(1, text="我要申请退款，订单 20261126004217")
    day.arrive(2, text="Die Rechnung für Café Müller, Straße 5")
    day.arrive(3, text="订单什么时候发货")
    return day


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("退款", {1}), ("申请退款", {1}), ("退申", set()), ("款", {1}), ("订单", {1, 3}), ("发货 订单", {3}),
        ("4217", {1}), ("2611", {1}), ("20261126004217", {1}), ("rechn", {2}), ("RECHNUNG muller", {2}), ("echnung", set()),
        ("strasse", {2}), ("，。", set()), ('"', set()), ("+-*()", set()), ("_", set()),
    ],
)  # fmt: skip
def test_words_that_were_said(talks, text, who):
    assert finds(text) == who


def test_notes_summaries_names_and_numbers(talks):
    talks.says("alice", "#note 老客户，要发票", 1)
    talks.says("alice", "#summary 已经换货", 2)
    talks.says("alice", "#name 王女士", 3)
    assert finds("发票") == {1}
    assert finds("换货") == {2}
    assert finds("王女") == {3}
    assert finds("微信用户0001") == finds("0001") == {1}
    # The order number that the first one named has many numbers of conversations in it.
    others = Conversation.objects.exclude(pk=conversation(1).pk)
    assert finds(f"#{conversation(2).pk}", others) == {2}
    talks.says("alice", "#summary 退货", 2)
    assert (finds("换货"), finds("退货")) == (set(), {2})


def test_only_among_those_that_are_asked_about(talks):
    assert finds("订单", Conversation.objects.filter(pk=conversation(3).pk)) == {3}


def test_what_is_said_everywhere_is_found_where_one_may_look(talks, monkeypatch):
    monkeypatch.setattr(search, "CHUNK", 1)
    first = Conversation.objects.filter(pk=conversation(1).pk)
    talks.arrive(4, 5, text="订单")
    assert finds("订单", first) == {1}


def test_what_is_erased_is_not_found(talks):
    from bridge.privacy import export

    export.erase(talks.customer(1))
    talks.site.work()
    assert finds("订单") == {3}
    assert SearchText.objects.filter(words__contains="20261126004217").count() == 0


def test_what_is_emptied_is_not_found(talks):
    talks.says("alice", "#close 已退款", 1)
    retention.purge(conversation(1), talks.now)
    assert finds("退款") == set()
    assert finds("订单") == {3}
    assert conversation(1).messages.first().content == Gone().to_json()


def test_what_was_undone_is_not_found(talks):
    from django.db import transaction

    with transaction.atomic():
        SearchText.objects.create(conversation=conversation(3), words="zzundone")
        transaction.set_rollback(True)
    assert finds("undone") == set()
