"""The context: the last n messages of an open conversation, for the seat it is transferred to.

A bounded Redis list, written after each commit and deleted at the close. It is a convenience: where it is missing or
behind, the message log says the same.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass

import redis
from django.utils import timezone
from django.utils.translation import gettext as _

from bridge.base.redis import client
from bridge.conversation.preview import in_words
from bridge.live.parameters import parameters
from bridge.models import Message
from bridge.values.content import Content

logger = logging.getLogger(__name__)

LIFETIME = 7 * 24 * 3600  # seconds; a list whose conversation was never closed goes by itself
LINE_LIMIT = 400  # characters of one message in the context


@dataclass(frozen=True)
class Line:
    """One message of the context: the message's id, when (HH:MM in the site's zone), who, and what, in words."""

    id: int
    at: str
    who: str
    words: str


def _key(conversation: int) -> str:
    return f"bridge:context:{conversation}"


def line_of(message: Message, customer_name: str) -> Line:
    """Return the context's line for a message of the log."""
    who = customer_name if message.side == Message.Side.CUSTOMER else message.author or message.get_side_display()
    if message.side == Message.Side.NOTE:
        who = _("%s (note)") % who
    words = in_words(Content.from_json(message.content))
    at = timezone.localtime(message.created_at).strftime("%H:%M")
    return Line(message.pk, at, who, words[:LINE_LIMIT] + ("…" if len(words) > LINE_LIMIT else ""))


def remember(conversation: int, lines: list[Line]) -> None:
    """Add `lines` to the conversation's context and keep the last CONTEXT_LENGTH."""
    try:
        with client().pipeline(transaction=True) as pipe:
            pipe.rpush(_key(conversation), *(json.dumps(asdict(line), ensure_ascii=False) for line in lines))
            pipe.ltrim(_key(conversation), -parameters.CONTEXT_LENGTH, -1)
            pipe.expire(_key(conversation), LIFETIME)
            pipe.execute()
    except redis.RedisError:
        logger.warning("Redis is away; the context will be read from the message log")


def forget(conversation: int) -> None:
    """Delete the context of a closed conversation."""
    try:
        client().delete(_key(conversation))
    except redis.RedisError:
        logger.warning("Redis is away; the context of a closed conversation runs out by itself")


def recall(conversation: int, customer_name: str) -> list[Line]:
    """Return the last messages of the conversation, oldest first."""
    logged = Message.objects.filter(conversation=conversation).exclude(side=Message.Side.SYSTEM)
    newest = logged.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return []
    lines = _from_redis(conversation)
    if lines and lines[-1].id == newest and len(lines) >= min(parameters.CONTEXT_LENGTH, logged.count()):
        return lines
    rows = list(logged.order_by("-pk")[: parameters.CONTEXT_LENGTH])
    return [line_of(row, customer_name) for row in reversed(rows)]


def _from_redis(conversation: int) -> list[Line]:
    try:
        stored = client().lrange(_key(conversation), 0, -1)
        return [Line(**json.loads(item)) for item in stored]
    except (redis.RedisError, ValueError, TypeError):
        return []


def digest(lines: list[Line]) -> str:
    """Return the context as one readable message."""
    head = _("The last %d messages of this conversation:") % len(lines)
    return "\n".join([head, *(f"{line.at} {line.who}：{line.words}" for line in lines)])
