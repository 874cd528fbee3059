"""A bare loop, the yardstick of the drain: the least durable SQL for what a customer's message needs, on the site's own tables.

It decides nothing and sends nothing. One event a transaction, a second commit for "delivered"; no ORM, no Redis.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

_NEXT = "SELECT id, lane, body FROM bridge_inboundevent WHERE state = 0 ORDER BY id LIMIT 1"
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
    "payload, random, reports, notice, ephemeral, state, due_at, attempts, chances, looks, was_held, by_request, code, reason, "
    "created_at) VALUES (%s, 'seat', 'tencent_im', %s, %s, %s, %s, %s, %s, 1, 1, 0, 0, 'queued', %s, 0, '[]', 0, 0, 0, '', '', %s)"
)
_FACT = (
    "INSERT INTO bridge_fact (kind, at, conversation_id, account_id, `group`, seat_id, source, detail) "
    "VALUES (10, %s, %s, %s, 'sales', 1, 'message', '')"
)
_CONVERSATION = "UPDATE bridge_conversation SET last_message_at = %s, unanswered_since = %s WHERE id = %s"
_EVENT = "UPDATE bridge_inboundevent SET state = 1, finished_at = %s WHERE id = %s"
_LANE = "UPDATE bridge_lane SET owner = '', lease_until = NULL WHERE `key` = %s"
_DELIVERED = "UPDATE bridge_delivery SET state = 'done', attempts = 1, finished_at = %s WHERE id = %s"


def drain(conversations: dict[str, int], account: int, endpoint: int) -> float:
    """Work on all waiting events; return the seconds. `conversations`: each lane's open one."""
    connection.ensure_connection()
    raw = connection.connection
    raw.autocommit(False)
    began = time.perf_counter()
    try:
        with raw.cursor() as cursor:
            while _one(raw, cursor, conversations, account, endpoint):
                pass
        return time.perf_counter() - began
    finally:
        raw.autocommit(True)


def _one(raw: Any, cursor: Any, conversations: dict[str, int], account: int, endpoint: int) -> bool:
    cursor.execute(_NEXT)
    row = cursor.fetchone()
    if row is None:
        raw.commit()
        return False
    event, lane, body = row
    now = datetime.now(UTC).replace(tzinfo=None)
    conversation, content = conversations[lane], json.dumps({"type": "Text", "text": body})
    cursor.execute(_CLAIM, (now, now + timedelta(seconds=6), lane, now))
    cursor.execute(_MESSAGE, (conversation, content, body[:200], event, now))
    message = cursor.lastrowid
    cursor.execute(_DELIVERY, (lane, endpoint, conversation, message, lane, "bench", content, now, now))
    delivery = cursor.lastrowid
    cursor.execute(_FACT, (now, conversation, account))
    cursor.execute(_CONVERSATION, (now, now, conversation))
    cursor.execute(_EVENT, (now, event))
    cursor.execute(_LANE, (lane,))
    raw.commit()
    cursor.execute(_DELIVERED, (now, delivery))
    raw.commit()
    return True
