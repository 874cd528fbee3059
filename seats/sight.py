"""What a seat may read of a conversation: all of it, what was said until the seat gave it away, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Case, DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When

from bridge.models import Conversation, Message
from bridge.values import windows
from bridge.values.agents import Roles
from seats.models import Assignment, QueueEntry, TransferOffer

UNTIL = "seen_until"


def of_seat(rows: QuerySet[Conversation], seat: int, roles: Roles) -> QuerySet[Conversation]:
    """Return those of the conversations that the seat with this id may see, and up to when (`seen_until`; null: all of it).

    All of it: those it has now, those offered to it, those that wait for its groups, what its groups did before with the
    customers it has now, those of the groups it supervises, and those that it had until they were closed. Those it had before
    it gave them away: until then. A seat in no group sees only what it has now.
    """
    if roles.site:
        return rows.annotate(seen_until=_always())
    own = Assignment.objects.filter(conversation=OuterRef("pk"), seat=seat)
    has = Exists(own.filter(active_for__isnull=False))
    if not roles.serves and not roles.supervises:
        return rows.filter(has).annotate(seen_until=_always())
    last = Assignment.objects.filter(conversation=OuterRef("pk")).order_by("-pk")
    rows = rows.annotate(last_seat=Subquery(last.values("seat")[:1]), last_ended=Subquery(last.values("ended")[:1]))
    whole = Q(has) | _waiting(roles) | _others(seat, roles) | Q(group__in=roles.supervises) | closed_by(seat)
    until = Subquery(own.order_by("-pk").values("released_at")[:1])
    cut = Case(When(whole, then=_always()), default=until, output_field=DateTimeField(null=True))
    return rows.filter(whole | Q(Exists(own))).annotate(seen_until=cut)


def _always() -> Value:
    return Value(None, output_field=DateTimeField(null=True))


def _waiting(roles: Roles) -> Q:
    """Waits for one of the seat's groups, from another one's queue too."""
    overflowed = QueueEntry.objects.filter(conversation=OuterRef("pk"), group__slug__in=roles.serves)
    return Q(status=Conversation.Status.QUEUED) & (Q(group__in=roles.serves) | Q(Exists(overflowed)))


def _others(seat: int, roles: Roles) -> Q:
    """Offered to the seat, or what its groups did before with a customer whom it has now."""
    offered = Exists(TransferOffer.objects.filter(conversation=OuterRef("pk"), seat=seat))
    now_mine = Exists(Assignment.objects.filter(active_for__customer=OuterRef("customer"), seat=seat))
    return Q(offered) | Q(now_mine, group__in=roles.serves)


def closed_by(seat: int) -> Q:
    """The seat had it until it was closed: nothing was said after."""
    return Q(status=Conversation.Status.CLOSED, last_seat=seat, last_ended="ended")


def until_of(conversation: Conversation) -> datetime | None:
    """Return up to when a conversation out of `of_seat` may be read; None for all of it."""
    return getattr(conversation, UNTIL, None)


def without_given_away(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Return those of the conversations of which all may be read: how the others stand today is no way to look for them."""
    return rows.filter(**{f"{UNTIL}__isnull": True}) if UNTIL in rows.query.annotations else rows


def tags_of(conversation: Conversation) -> tuple[list[str], list[str]]:
    """Return the tags of the conversation, and of its customer.

    None of a conversation that the seat gave away: nothing tells which of today's it had then.
    """
    if until_of(conversation):
        return [], []
    bearers = (conversation, conversation.customer)
    own, customers = ([one.name for one in bearer.tags.all()] for bearer in bearers)
    return own, customers


def said_in(*conversations: Conversation) -> QuerySet[Message]:
    """Return the messages of the conversations that may be read."""
    readable = Q(pk__in=())
    for one in conversations:
        until = until_of(one)
        readable |= Q(conversation=one, created_at__lte=until) if until else Q(conversation=one)
    return Message.objects.filter(readable, conversation__in=conversations)  # by which the database looks them up


def still_readable(messages: Iterable[Message], seen: QuerySet[Conversation]) -> list[Message]:
    """Return those of the messages that may be read by what `of_seat` says now, after they were read.

    Between the look at a conversation and the one at its messages it may be given away and go on. What may be read of it
    now may also be read of what was there before.
    """
    found = list(messages)
    until = dict(seen.filter(pk__in={one.conversation_id for one in found}).values_list("pk", UNTIL))
    known = [one for one in found if one.conversation_id in until]
    return [one for one in known if (end := until[one.conversation_id]) is None or one.created_at <= end]


def without_later(conversation: Conversation) -> Conversation:
    """Return the conversation without what came of it after the seat gave it away; not to be saved."""
    if until := until_of(conversation):
        conversation.summary, conversation.close_reason, conversation.score = "", "", None
        conversation.unanswered_since, conversation.last_message_at, conversation.watchers = None, until, []
        for name in ("undelivered", "kept"):
            setattr(conversation, name, False)
        customer = conversation.customer
        if customer.blocked_at and customer.blocked_at > until:
            customer.blocked_at, customer.blocked_reason = None, ""
        # It reaches so long from the customer's last message, and so tells when that was.
        for name, unknown in windows.fields_of(windows.Window()).items():
            setattr(customer, name, unknown)
    return conversation
