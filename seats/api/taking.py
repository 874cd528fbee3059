"""Taking the next customer by the API, once for each `client_id`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.base import clock
from bridge.inbox import events
from bridge.inbox.events import CommandGiven
from bridge.models import Conversation, InboundEvent
from seats.actors import Actor, actor_of
from seats.api import commands, once, outcomes, serializers
from seats.api.bodies import checked
from seats.api.own import OwnSeatView
from seats.models import Assignment
from seats.routing import queue

TRIES = 5
TAKEN = serializers.came(serializers.TakenSerializer, serializers.NotTakenSerializer)
COMMAND = "take"


class TakeNextView(OwnSeatView):
    """Take whoever waits longest for one of your groups; a request that is repeated with its `client_id` takes nobody else."""

    @extend_schema(request=serializers.TakeSerializer, responses=TAKEN)
    def post(self, request: Request) -> Response:
        seat, actor = self.seat(request), actor_of(request)
        client_id = checked(serializers.TakeSerializer, request)["client_id"]
        groups = list(seat.groups.values_list("pk", flat=True))
        event = None
        # Somebody else may be quicker: then the next one, a few times.
        for _try in range(TRIES):
            event = _before(actor, client_id) or _taken(actor, groups, client_id)
            if event is None or not _was_quicker(event):
                break
        return _answer(event)


def _before(actor: Actor, client_id: str) -> InboundEvent | None:
    """Return what an earlier request with this `client_id` came to, None where it may take somebody."""
    before = once.earlier(_scope(actor), client_id)
    came = commands.wait_one(before.dedup) if before else None
    return None if came is None or outcomes.was_refused(came) else came


def _taken(actor: Actor, groups: list[int], client_id: str) -> InboundEvent | None:
    """Take the head of the groups' queues; return what came of it, None where nobody waits."""
    head = queue.head(groups, clock.now())
    if head is None:
        return None
    event = CommandGiven(actor.author, COMMAND, {}, head.conversation.pk)
    lane = head.conversation.customer.im_id
    return commands.wait_one(once.submit(lane, event, _scope(actor), client_id, whatever=True))


def _was_quicker(event: InboundEvent) -> bool:
    """Tell whether it came to nothing because somebody else has the customer."""
    number = _conversation(event)
    refused = bool(number) and outcomes.was_refused(event)
    return refused and Assignment.objects.filter(active_for=number).exists()


def _conversation(event: InboundEvent) -> int | None:
    """Return the conversation that was to be taken, None once the event's words are gone."""
    said = events.read(event.kind, event.body) if event.body else None
    return said.conversation if isinstance(said, CommandGiven) else None


def _answer(event: InboundEvent | None) -> Response:
    if event is None:
        came: dict[str, Any] = {"event": None, "outcome": "refused", "detail": _("Nobody is waiting.")}
        return commands.answer_with({**came, "conversation": None})
    came = outcomes.of(event)
    done = _conversation(event) if came["outcome"] == "done" else None
    # None once the customer was erased.
    taken = Conversation.objects.select_related("customer").filter(pk=done or 0).first()
    if taken:
        came["detail"] = _("%s is yours now.") % taken.customer.display_name
    return commands.answer_with({**came, "conversation": taken.pk if taken else None})


def _scope(actor: Actor) -> str:
    return f"{actor.user}:{COMMAND}"
