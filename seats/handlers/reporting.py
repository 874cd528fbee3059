"""Carries out what only tells: how queues and conversations stand."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from bridge.apply.scene import Scene, handles
from bridge.models import Conversation
from bridge.pipeline import serving
from bridge.pipeline.actions import Action
from bridge.values.agents import directory
from seats.models import QueueEntry, SeatGroup
from seats.routing import queue
from seats.routing.assignment import seats_of

MOST = 50  # conversations on a list


@handles(serving.ReportQueue)
def report_queue(scene: Scene, action: serving.ReportQueue) -> Iterable[Action]:
    """With an agent all groups that it serves in or supervises, else the one in whose queue the customer stands."""
    if action.agent:
        groups = SeatGroup.objects.filter(Q(seats=action.agent.id) | Q(supervisors=action.agent.id)).distinct()
        return action.then(queue.lines(groups, scene.now))
    entry = QueueEntry.objects.filter(conversation=scene.conversation).select_related("group").first()
    return action.then([queue.line(entry.group, scene.now, entry)] if entry else [])


@handles(serving.ReportConversations)
def report_conversations(scene: Scene, action: serving.ReportConversations) -> Iterable[Action]:
    """The longest unanswered first, at most MOST."""
    turn = scene.turn
    open_ones = Conversation.objects.exclude(status=Conversation.Status.CLOSED).select_related("customer__account")
    if not (turn.site or directory().roles(action.agent.id).site):
        own = Q(assignment__seat=action.agent.id)
        supervised = SeatGroup.objects.filter(supervisors=action.agent.id).values("slug")
        open_ones = open_ones.filter(own | Q(group__in=supervised))
    rows = list(open_ones.order_by("unanswered_since", "pk")[:MOST])
    seats = seats_of(rows)
    return action.then(
        [_conversation_line(scene, row, seats[row.pk].as_agent().name if row.pk in seats else "") for row in rows]
    )


def _conversation_line(scene: Scene, row: Conversation, seat: str) -> serving.ConversationLine:
    since = row.unanswered_since
    unanswered = int((scene.now - since).total_seconds()) if since else 0
    names = (row.customer.display_name, row.customer.account.name, seat)
    return serving.ConversationLine(row.pk, *names, row.get_status_display(), unanswered)
