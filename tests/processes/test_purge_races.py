"""A conversation is opened again at the moment in which its words are to go: either comes first, and nothing is half done."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from bridge import worker
from bridge.base import clock
from bridge.live import parameters as live
from bridge.models import Conversation
from bridge.privacy import retention
from bridge.values.content import Content, Gone
from tests.support.actors import OPENID, Site
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.once, pytest.mark.timeout(120)]
WORDS, SUMMARY, MORE = "my number is 13800138000", "gave a number", "one thing more"


class Purge(threading.Thread):
    """The purge, in a connection of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.connection, self.done = 0, 0

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT CONNECTION_ID()")
                self.connection = cursor.fetchone()[0]
            self.done = retention.run(clock.now() + timedelta(seconds=1))["conversations"]
        finally:
            connection.close()

    def waits_for_a_lock(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_mysql_thread_id = %s",
                [self.connection],
            )
            return bool(cursor.fetchone()[0])


@pytest.fixture
def closed(transactional_db, platforms, client):
    """Alice had the customer, has closed the conversation, and may open it again by writing."""
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    live.stored.remember({"BODY_DAYS": 0})
    site = Site(client, platforms)
    site.login("alice")
    site.customer_says(WORDS)
    site.work()
    site.seat_says(f"#close {SUMMARY}")
    site.work()
    return site


@pytest.mark.services
def test_it_is_opened_again_while_the_purge_comes(closed, monkeypatch):
    stands, goes_on, save = threading.Event(), threading.Event(), Conversation.save

    def saved(self, *args, **kwargs) -> None:
        """The moment between reading a closed conversation and writing that it is open."""
        if self.reopened and not kwargs.get("update_fields"):
            stands.set()
            assert goes_on.wait(30)
        save(self, *args, **kwargs)

    def work() -> None:
        try:
            worker.work_all(limit=100)
        finally:
            connection.close()

    monkeypatch.setattr(Conversation, "save", saved)
    closed.seat_says(MORE)
    working, purge = threading.Thread(target=work), Purge()
    working.start()
    try:
        assert stands.wait(30)
        purge.start()
        wait_until(lambda: purge.waits_for_a_lock() or not purge.is_alive(), seconds=30)
    finally:
        goes_on.set()
        working.join()
    purge.join()
    one = Conversation.objects.get(customer__openid=OPENID)
    said = [Content.from_json(message.content) for message in one.messages.order_by("pk")]
    assert (one.closed_at, one.purged_at, one.summary, purge.done) == (None, None, SUMMARY, 1)
    assert Gone() not in said, "it was open first, so the purge lets it be"
    assert [content.text for content in said if content.text in (WORDS, MORE)] == [WORDS, MORE]
