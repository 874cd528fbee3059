"""The context: the last n messages of an open conversation, for the seat it is transferred to.

A bounded Redis list, written after each commit and deleted at the close. It is a convenience: where it is missing or
behind, the message log says the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import redis
from django.utils import timezone
from django.utils.translation import gettext as _

from bridge.base.redis import client
from bridge.conversation.preview import in_words
from bridge.live.parameters import parameters
from bridge.models import Customer, Message
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


def line_of(message: Message, words: str, customer: Customer) -> Line:
    """Return the context's line for a message of the log, whose content says `words`."""
    is_customer = message.side == Message.Side.CUSTOMER
    who = customer.display_name if is_customer else message.author or message.get_side_display()
    if message.side == Message.Side.NOTE:
        who = _("%s (note)") % who
    at = timezone.localtime(message.created_at).strftime("%H:%M")
    return Line(message.pk, at, who, words[:LINE_LIMIT] + ("…" if len(words) > LINE_LIMIT else ""))


def remember(lines: Mapping[int, Sequence[Line]]) -> None:
    """Add lines to the contexts of conversations, by their ids, and keep the last CONTEXT_LENGTH of each."""
    if not lines:
        return
    try:
        with client().pipeline(transaction=True) as pipe:
            for conversation, said in lines.items():
                pipe.rpush(_key(conversation), *(json.dumps(asdict(line), ensure_ascii=False) for line in said))
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


def recall(conversation: int, customer: Customer) -> list[Line]:
    """Return the last messages of the conversation, oldest first: out of Redis where all of them are there."""
    logged = Message.objects.filter(conversation=conversation).exclude(side=Message.Side.SYSTEM).order_by("-pk")
    newest = list(logged.values_list("pk", flat=True)[: parameters.CONTEXT_LENGTH])
    try:
        lines = [Line(**json.loads(item)) for item in client().lrange(_key(conversation), 0, -1)] if newest else []
    except (redis.RedisError, ValueError, TypeError):
        lines = []
    if [line.id for line in lines[-len(newest) :]] == newest[::-1]:
        return lines[-len(newest) :]
    rows = sorted(logged[: parameters.CONTEXT_LENGTH], key=lambda row: row.pk)
    return [line_of(row, in_words(Content.from_json(row.content)), customer) for row in rows]


def digest(lines: list[Line]) -> str:
    """Return the context as one readable message."""
    head = _("The last %d messages of this conversation:") % len(lines)
    return "\n".join([head, *(f"{line.at} {line.who}：{line.words}" for line in lines)])
