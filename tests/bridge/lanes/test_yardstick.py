"""The benchmarks' yardstick, a bare loop of SQL, still does what a message needs: its statements name every column themselves."""

from __future__ import annotations

import pytest
from django.db import connection

from benchmarks import bare_loop
from bridge.models import Conversation, Delivery, Fact, InboundEvent, Message
from bridge.platforms.tencent_im.models import TencentIMApp
from tests.support.actors import Site


@pytest.mark.django_db(transaction=True)
def test_a_bare_loop_brings_a_message_from_the_inbox_to_its_seat(site: Site):
    if connection.vendor != "mysql":
        pytest.skip("the benchmarks run on MariaDB")
    site.login("alice")
    site.customer_says("hello")
    site.work()
    before = Fact.objects.count()
    site.customer_says("and now")
    conversation = Conversation.objects.get()
    lane = conversation.customer.im_id
    took = bare_loop.drain({lane: conversation.pk}, conversation.customer.account_id, TencentIMApp.objects.get().pk)
    assert took > 0
    assert not InboundEvent.objects.filter(state=InboundEvent.State.NEW).exists()
    assert "and now" in Message.objects.latest("pk").content["text"]  # it decides nothing: the push as it came
    last = Delivery.objects.latest("pk")
    assert (last.lane, last.state, last.conversation_id) == (lane, Delivery.State.DONE, conversation.pk)
    assert Fact.objects.count() == before + 1
