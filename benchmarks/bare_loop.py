"""A bare loop, the yardstick of the drain: the least durable SQL for what a customer's message needs, on the site's own tables.

It decides nothing. One event a transaction, a second commit for "delivered"; no ORM, no Redis. Alone it sends nothing; several
processes each have lanes of their own, so they stand in nobody's way, and POST between the two commits what the site POSTs to IM.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import connection

from bridge.lanes.leases import is_conflict

_NEXT = "SELECT id, lane, body FROM bridge_inboundevent WHERE state = 0 ORDER BY id LIMIT 1"
_NEXT_OF = "SELECT id, lane, body FROM bridge_inboundevent WHERE lane = %s AND state = 0 ORDER BY id LIMIT 1"
_CLAIM = (
    "UPDATE bridge_lane SET owner = 'bare', claimed_at = %s, lease_until = %s "
    "WHERE `key` = %s AND (lease_until IS NULL OR lease_until < %s)"
)
_MESSAGE = (
    "INSERT INTO bridge_message (conversation_id, side, author, content, preview, relayed, event_id, created_at) "
    "VALUES (%s, 'customer', '', %s, %s, 1, %s, %s)"
)
_DELIVERY = (
    "INSERT INTO bridge_delivery (lane, direction, platform, endpoint_id, conversation_id, message_id, sender, recipient, "
    "payload, random, reports, notice, ephemeral, kept, state, due_at, attempts, chances, looks, was_held, by_request, needs_window, "
    "passive_for, remote_id, code, reason, created_at) "
    "VALUES (%s, 'seat', 'tencent_im', %s, %s, %s, %s, %s, "
    "%s, 1, 1, 0, 0, 1, 'queued', %s, 0, '[]', 0, 0, 0, 1, '', '', '', '', %s)"
)
_FACT = (
    "INSERT INTO bridge_fact (kind, at, conversation_id, account_id, `group`, seat_id, source, detail) "
    "VALUES (10, %s, %s, %s, 'sales', 1, 'message', '')"
)
_CONVERSATION = "UPDATE bridge_conversation SET last_message_at = %s, unanswered_since = %s WHERE id = %s"
_EVENT = "UPDATE bridge_inboundevent SET state = 1, finished_at = %s WHERE id = %s"
_LANE = "UPDATE bridge_lane SET owner = '', lease_until = NULL WHERE `key` = %s"
_DELIVERED = "UPDATE bridge_delivery SET state = 'done', attempts = 1, finished_at = %s WHERE id = %s"


Send = Callable[[str, str, int], None]  # the lane, the content, the delivery's id


def drain(conversations: dict[str, int], account: int, endpoint: int) -> float:
    """Work on all waiting events; return the seconds. `conversations`: each lane's open one."""
    with _Loop(conversations, account, endpoint) as loop:
        began = time.perf_counter()
        while loop.step(_NEXT, ()):
            pass
        return time.perf_counter() - began


def drain_outside(conversations: dict[str, int], account: int, endpoint: int, port: int, workers: int) -> float:
    """The same with so many processes, which POST each message to this port of this machine."""
    connection.close()  # a fork must not use it too
    forks, lanes = multiprocessing.get_context("fork"), list(conversations)
    ready = forks.Barrier(workers + 1)
    processes = [
        forks.Process(
            target=_work,
            args=({lane: conversations[lane] for lane in lanes[number::workers]}, account, endpoint, port, ready),
        )
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    assert not any(process.exitcode for process in processes), "a bare loop failed"
    return time.perf_counter() - began


def _work(conversations: dict[str, int], account: int, endpoint: int, port: int, ready: Barrier) -> None:
    with _Loop(conversations, account, endpoint, _sender(port)) as loop:
        ready.wait()
        for lane in conversations:
            while loop.step(_NEXT_OF, (lane,)):
                pass


def _sender(port: int) -> Send:
    kept = http.client.HTTPConnection("127.0.0.1", port)

    def send(lane: str, content: str, number: int) -> None:
        body = {
            "SyncOtherMachine": 2, "From_Account": lane, "To_Account": "bench", "MsgSeq": number, "MsgRandom": 1,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": content}}],
        }  # fmt: skip
        path = "/v4/openim/sendmsg?sdkappid=1400000001&identifier=administrator&random=1&contenttype=json"
        kept.request("POST", path, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"})
        assert json.load(kept.getresponse())["ErrorCode"] == 0

    return send


class _Loop:
    """One connection that works on one event after the other."""

    def __init__(
        self,
        conversations: dict[str, int],
        account: int,
        endpoint: int,
        send: Send = lambda lane, content, number: None,
    ) -> None:
        self.conversations, self.account, self.endpoint, self.send = conversations, account, endpoint, send

    def __enter__(self) -> _Loop:
        connection.ensure_connection()
        self.raw: Any = connection.connection
        self.raw.autocommit(False)
        self.cursor = self.raw.cursor()
        return self

    def __exit__(self, *_error: object) -> None:
        self.cursor.close()
        self.raw.autocommit(True)

    def step(self, statement: str, values: tuple[str, ...]) -> bool:
        """Work on the next event that the statement finds, again where another transaction stood in its way; tell whether there was one."""
        while True:
            try:
                return self._step(statement, values)
            except connection.Database.OperationalError as error:
                if not is_conflict(error):
                    raise
                self.raw.rollback()

    def _step(self, statement: str, values: tuple[str, ...]) -> bool:
        cursor = self.cursor
        cursor.execute(statement, values)
        row = cursor.fetchone()
        if row is None:
            self.raw.commit()
            return False
        event, lane, body = row
        now = datetime.now(UTC).replace(tzinfo=None)
        conversation, content = self.conversations[lane], json.dumps({"type": "Text", "text": body})
        cursor.execute(_CLAIM, (now, now + timedelta(seconds=6), lane, now))
        cursor.execute(_MESSAGE, (conversation, content, body[:200], event, now))
        message = cursor.lastrowid
        cursor.execute(_DELIVERY, (lane, self.endpoint, conversation, message, lane, "bench", content, now, now))
        delivery = cursor.lastrowid
        cursor.execute(_FACT, (now, conversation, self.account))
        cursor.execute(_CONVERSATION, (now, now, conversation))
        cursor.execute(_EVENT, (now, event))
        cursor.execute(_LANE, (lane,))
        self.raw.commit()
        self.send(lane, body, delivery)
        cursor.execute(_DELIVERED, (now, delivery))
        self.raw.commit()
        return True
