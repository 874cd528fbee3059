"""Carries out what only tells: how queues and conversations stand."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from bridge import routing
from bridge.actions import Action
from bridge.apply import Applier, handles
from bridge.models import Conversation
from seats import queue
from seats.assignment import seats_of
from seats.models import QueueEntry, SeatGroup

MOST = 50  # conversations on a list


@handles(routing.ReportQueue)
def report_queue(applier: Applier, action: routing.ReportQueue) -> Iterable[Action]:
    if action.agent:
        groups = SeatGroup.objects.filter(Q(seats=action.agent.id) | Q(supervisors=action.agent.id)).distinct()
        return action.then([queue.line(group, applier.now) for group in groups])
    entry = QueueEntry.objects.filter(conversation=applier.conversation).select_related("group").first()
    return action.then([queue.line(entry.group, applier.now, entry)] if entry else [])


@handles(routing.ReportTalks)
def report_talks(applier: Applier, action: routing.ReportTalks) -> Iterable[Action]:
    turn = applier.turn
    open_ones = Conversation.objects.exclude(status=Conversation.Status.CLOSED).select_related("customer__account")
    if not (turn.site or turn.roles_of(action.agent.id).site):
        own = Q(assignment__seat=action.agent.id)
        supervised = SeatGroup.objects.filter(supervisors=action.agent.id).values("slug")
        open_ones = open_ones.filter(own | Q(group__in=supervised))
    rows = list(open_ones.order_by("unanswered_since", "pk")[:MOST])
    seats = seats_of(rows)
    return action.then([_talk(applier, row, seats[row.pk].as_agent().name if row.pk in seats else "") for row in rows])


def _talk(applier: Applier, row: Conversation, seat: str) -> routing.Talk:
    since = row.unanswered_since
    unanswered = int((applier.now - since).total_seconds()) if since else 0
    names = (row.customer.display_name, row.customer.account.name, seat)
    return routing.Talk(row.pk, *names, row.get_status_display(), unanswered)
