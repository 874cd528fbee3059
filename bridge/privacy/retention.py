"""Retention: what was said goes after the days that the parameters allow; numbers, times and who it was with stay.

All of it is done in small batches, so that no lane waits long for a row.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from bridge.base.rows import first_since
from bridge.inbox.events import CommandGiven, EraseAsked
from bridge.live.parameters import parameters
from bridge.models import (
    Account,
    Conversation,
    Customer,
    Delivery,
    Exchange,
    InboundEvent,
    Lane,
    Media,
    MediaUse,
    Message,
    SearchText,
)
from bridge.values.content import Gone
from bridge.values.incoming import INTERNAL, UNREADABLE

BATCH = 100  # conversations in one transaction
ROWS = 1000  # log rows deleted in one transaction
SECONDS = 60  # that one run may take; the next goes on from there
FOREVER = -1
READ_SECONDS = 3600  # after which whoever gave a command elsewhere than on IM has read why it was refused
UNREADABLE_DAYS = 7  # that a push which nobody could read is kept at least, whatever BODY_DAYS says
ERASED = "erased"  # the lane of what is left of an erased customer's events: their keys, which name nobody
_OVER = (
    Delivery.State.DONE, Delivery.State.FAILED, Delivery.State.UNKNOWN, Delivery.State.DROPPED, Delivery.State.JOINED,
)  # fmt: skip
_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
_GONE = Gone().to_json()


def run(now: datetime) -> dict[str, int]:
    """Purge what is due. Returns how many conversations, events and exchanges went."""
    ends = time.monotonic() + SECONDS
    done = {"conversations": 0, "events": 0, "exchanges": 0}
    for name, step in (("exchanges", _exchanges), ("events", _events), ("conversations", _conversations)):
        while time.monotonic() < ends and (count := step(now)):
            done[name] += count
    _refused(now)
    _erased(now)
    return done


def _conversations(now: datetime) -> int:
    if parameters.BODY_DAYS == FOREVER:
        return 0
    due = _over(now)
    ids = list(due.order_by("closed_at").values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        with transaction.atomic():
            # Who reopens it waits, and it is not due any more for us if they were first.
            rows = due.select_for_update().select_related("customer")
            if conversation := rows.filter(pk=pk).first():
                purge(conversation, now)
    return len(ids)


def _over(now: datetime) -> QuerySet[Conversation]:
    """Return the conversations whose words are to go: closed for BODY_DAYS, and for so long that no customer opens them again."""
    kept = timedelta(days=parameters.BODY_DAYS)
    due = Conversation.objects.filter(purged_at=None, closed_at__lte=now - kept)
    for account, minutes in Account.objects.values_list("pk", "reopen_minutes"):
        if (reopens := timedelta(minutes=minutes)) > kept:
            due = due.exclude(customer__account=account, closed_at__gt=now - reopens)
    return due


def purge(conversation: Conversation, now: datetime) -> None:
    """Take away what was said in a closed conversation, and the files; call it in a transaction."""
    messages = Message.objects.filter(conversation=conversation)
    let_go_of_files(messages)
    messages.update(content=_GONE, preview="")
    SearchText.objects.filter(conversation=conversation).delete()
    sent = Delivery.objects.filter(conversation=conversation, state__in=_OVER)
    # What failed cannot be sent again once its words are gone.
    sent.filter(state__in=(Delivery.State.FAILED, Delivery.State.UNKNOWN)).update(state=Delivery.State.DROPPED)
    sent.update(payload={}, content=None)
    until = conversation.closed_at or now
    lane = conversation.customer.im_id
    events = InboundEvent.objects.filter(lane=lane, received_at__lte=until).exclude(state=InboundEvent.State.NEW)
    events.exclude(body="").update(body="")
    Exchange.objects.filter(lane=lane, at__lte=until).delete()
    said = {} if conversation.source != "message" else {"source_detail": ""}
    Conversation.objects.filter(pk=conversation.pk).update(purged_at=now, summary="", mode_data={}, **said)


def let_go_of_files(messages: QuerySet[Message]) -> None:
    """Files that no other message carries are the sweep's at its next round."""
    uses = MediaUse.objects.filter(message__in=messages)
    media = list(uses.values_list("media", flat=True))
    uses.delete()
    smaller = [pk for fits in Media.objects.filter(pk__in=media).values_list("fits", flat=True) for pk in fits.values()]
    theirs = Q(pk__in=[*media, *smaller]) | Q(thumb_of__in=media)
    Media.objects.filter(theirs, uses=None).update(used_at=_LONG_AGO)


def _events(now: datetime) -> int:
    """Finished events older than EVENT_DAYS. One that could still be played again from outside keeps its key, and no more."""
    went = _unreadable(now) + _delete(InboundEvent.objects.filter(lane=ERASED, received_at__lt=_playable_since(now)))
    if parameters.EVENT_DAYS == FOREVER:
        return went
    due = now - timedelta(days=parameters.EVENT_DAYS)
    went += _delete(_finished_before(min(due, _playable_since(now))))
    return went + _empty(_finished_before(due)) if due > _playable_since(now) else went


def _playable_since(now: datetime) -> datetime:
    """Return since when a callback must have come to be let in a second time; its own clock may have been ahead of ours."""
    return now - 2 * timedelta(seconds=max(parameters.PUSH_MAX_AGE, parameters.IM_CALLBACK_MAX_AGE))


def _finished_before(moment: datetime) -> QuerySet[InboundEvent]:
    # Ids and times do not grow together where the database was away for a while; a key must not go before its time.
    first, states = (
        first_since(InboundEvent, "received_at", moment),
        (InboundEvent.State.DONE, InboundEvent.State.FILTERED),
    )
    return InboundEvent.objects.filter(pk__lt=first, received_at__lt=moment, state__in=states)


def _empty(rows: QuerySet[InboundEvent]) -> int:
    ids = list(rows.exclude(body="").order_by("pk").values_list("pk", flat=True)[:ROWS])
    return InboundEvent.objects.filter(pk__in=ids).update(body="")


def _unreadable(now: datetime) -> int:
    """What nobody could read may be somebody's words: it goes with theirs, though not before people could mend the cause."""
    if parameters.BODY_DAYS == FOREVER:
        return 0
    days = max(parameters.BODY_DAYS, UNREADABLE_DAYS)
    first = first_since(InboundEvent, "received_at", now - timedelta(days=days))
    return _delete(InboundEvent.objects.filter(pk__lt=first, state=InboundEvent.State.FAILED, kind=UNREADABLE))


def _exchanges(now: datetime) -> int:
    went = _delete(_old_exchanges(now, parameters.EXCHANGE_DAYS).filter(failed=False))
    return went + _delete(_old_exchanges(now, parameters.EXCHANGE_FAILED_DAYS).filter(failed=True))


def _old_exchanges(now: datetime, days: int) -> QuerySet[Exchange]:
    return Exchange.objects.filter(pk__lt=first_since(Exchange, "at", now - timedelta(days=days)))


def _delete(rows: QuerySet[InboundEvent] | QuerySet[Exchange]) -> int:
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS])
    rows.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)


def _refused(now: datetime) -> None:
    """A command that was refused elsewhere than on IM may name anybody. Its words stay until they were surely read."""
    first = first_since(InboundEvent, "received_at", now - timedelta(days=7))
    refused = InboundEvent.objects.filter(
        pk__gte=first, platform=INTERNAL, kind=CommandGiven.kind, state=InboundEvent.State.FILTERED
    )
    read = refused.filter(finished_at__lte=now - timedelta(seconds=READ_SECONDS)).exclude(body="")
    ids = list(read.order_by("pk").values_list("pk", flat=True)[:ROWS])
    InboundEvent.objects.filter(pk__in=ids).update(body="", reason="")


def _erased(now: datetime) -> None:
    """Remove what still names the lane of a customer who was erased: the event that did it, and the lane itself.

    Exchanges that waited to be written are here by now, too.
    """
    first = first_since(InboundEvent, "received_at", now - timedelta(days=7))
    done = InboundEvent.objects.filter(
        pk__gte=first, platform=INTERNAL, kind=EraseAsked.kind, state=InboundEvent.State.DONE
    )
    for event in done[:ROWS]:
        Exchange.objects.filter(lane=event.lane, at__lte=event.finished_at or now).delete()
        events = InboundEvent.objects.filter(lane=event.lane).exclude(pk=event.pk)
        # Somebody who has written again since is a customer again.
        if not Customer.objects.filter(im_id=event.lane).exists() and not events.exists():
            Lane.objects.filter(key=event.lane, owner="").delete()
        event.delete()
