"""What seats are told whose desk is closed: a customer of theirs wrote, one became theirs, one is offered to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import redis
from django.utils import translation
from django.utils.translation import gettext as _

from bridge.base import clock
from bridge.base.redis import client
from bridge.conversation import changes
from bridge.conversation.preview import in_short
from bridge.models import Conversation, Message
from seats.models import Assignment, Connection, TransferOffer
from seats.models.push import PushKey, PushSubscription
from seats.push.sending import push

PLACE = "bridge:pushed"  # up to which change everybody has been told
BATCH = 500
NEW = timedelta(seconds=60)  # since when a conversation is one's own, so that it is told


@dataclass(frozen=True)
class Told:
    """One notification, of one conversation to one seat. `offered`: it is not theirs yet."""

    conversation: Conversation
    seat: int
    offered: bool = False

    def data(self, language: str) -> dict[str, str]:
        """Return what the browser shows, one notification for each conversation, and where a click leads."""
        with translation.override(language):
            name, words = self.conversation.customer.display_name, in_short(*_last(self.conversation))
            title = _("%s is offered to you") % name if self.offered else name
        number = str(self.conversation.pk)
        return {
            "title": title,
            "body": words,
            "tag": f"desk-{number}",
            "conversation": number,
            "url": f"/desk/?c={number}",
        }


def tell() -> int:
    """Push what is new since the last time. Returns how many notifications were taken."""
    if not PushSubscription.objects.exists():
        return 0
    browsers: dict[int, list[PushSubscription]] = {}
    for one in PushSubscription.objects.filter(seat__user__is_active=True, seat__notified=True):
        browsers.setdefault(one.seat_id, []).append(one)
    at_desk = Connection.objects.filter(seat__in=browsers, client__startswith=Connection.DESK)
    closed = browsers.keys() - set(at_desk.values_list("seat", flat=True))
    found = [one for one in new_ones(_changed()) if one.seat in closed]
    key = PushKey.of_site() if found else None
    return sum(push(browser, one.data(browser.language), key) for one in found for browser in browsers[one.seat] if key)


def _changed() -> list[changes.Change]:
    """Return what has changed since the last look; nothing at the first one, or while Redis is away."""
    try:
        redis_ = cast(Any, client())
        place = redis_.get(PLACE)
        if place is None:
            redis_.set(PLACE, changes.position())
            return []
        entries = redis_.xrange(changes.KEY, f"({place}", "+", count=BATCH)
        if entries:
            redis_.set(PLACE, entries[-1][0])
    except redis.RedisError:
        return []
    return changes.merged(changes.Change.read(fields) for _id, fields in entries)


def new_ones(changed: Iterable[changes.Change]) -> list[Told]:
    """Return whom to tell of what, whether or not they have a browser."""
    moved = {one.conversation for one in changed if one.moved}
    rows = Conversation.objects.select_related("customer__account").in_bulk([one.conversation for one in changed])
    mine = {one.conversation_id: one for one in Assignment.objects.filter(active_for__in=rows)}
    offered = dict(TransferOffer.objects.filter(conversation__in=moved).values_list("conversation", "seat"))
    numbers = [number for one in changed for number in one.messages]
    fresh = set(Message.objects.filter(pk__in=numbers, side=Message.Side.CUSTOMER).values_list("pk", flat=True))
    since, told = clock.now() - NEW, []
    for change in changed:
        row, assignment = rows.get(change.conversation), mine.get(change.conversation)
        if row is None:
            continue
        wrote = any(number in fresh and number > row.read_to for number in change.messages)
        became = change.moved and assignment is not None and assignment.assigned_at >= since and not row.read_to
        if seat := offered.get(row.pk):
            told.append(Told(row, seat, offered=True))
        if assignment and (wrote or became):
            told.append(Told(row, assignment.seat_id))
    return told


def _last(row: Conversation) -> tuple[str, str]:
    """Return the kind of what the customer said last, and how it reads."""
    last = row.messages.filter(side=Message.Side.CUSTOMER).order_by("-pk").first()
    return (last.content["type"], last.preview) if last else ("Text", "")
