"""Messages, events, commands and one's own seat by the API."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bridge.base import clock
from bridge.inbox import events, storing
from bridge.live.parameters import parameters
from bridge.models import InboundEvent
from bridge.models.endpoints import title_of
from bridge.pipeline.bots import bots
from bridge.platforms.registry import seats_platform
from bridge.values.agents import seat_lane
from bridge.values.incoming import INTERNAL
from seats.actors import IsActor, actor_of
from seats.api import commands, outcomes, scopes, serializers, shown
from seats.api.bodies import checked
from seats.api.conversations import give, shown_messages
from seats.api.own import OwnSeatView
from seats.events import AvailabilityChosen
from seats.im_accounts import may_be_seats
from seats.routing import presence
from seats.sight import UNTIL, said_in


class MessageView(APIView):
    """One message, and whether it has reached the customer."""

    permission_classes = [IsActor]

    @extend_schema(responses=shown.MessageSerializer)
    def get(self, request: Request, pk: str) -> Response:
        seen = actor_of(request).conversations()
        message = get_object_or_404(said_in(get_object_or_404(seen, messages=pk)), pk=pk)
        return Response(shown_messages([message])[0])


class EventView(APIView):
    """What came of an event that was answered with 202, and of the message that it wrote."""

    permission_classes = [IsActor]

    @extend_schema(responses=serializers.WrittenOutcomeSerializer)
    def get(self, request: Request, pk: str) -> Response:
        actor = actor_of(request)
        seen = actor.conversations()
        event = get_object_or_404(
            InboundEvent, pk=pk, platform=INTERNAL, lane__in=seen.order_by().values("customer__im_id")
        )
        whole = seen.filter(customer__im_id=event.lane, **{f"{UNTIL}__isnull": True}).exists()
        # What it said may be gone by now: see `bridge.privacy.retention`.
        author = getattr(events.read(event.kind, event.body), "author", None) if event.body else None
        if not whole and (author is None or author.agent.id != actor.agent.id):
            raise Http404
        return Response(outcomes.of_message(event))


class CommandsView(APIView):
    """The commands there are."""

    permission_classes = [IsActor]

    @extend_schema(responses=serializers.CommandSerializer(many=True))
    def get(self, request: Request) -> Response:
        all_ = [one for bot in bots().values() for one in bot.commands() if "seat" in one.sides]
        return Response([{
            "name": one.names[0], "other_names": one.names[1:], "help": one.help(), "remote": one.remote,
            "arguments": [{"name": flag.name, "label": _(flag.label), "required": flag.required} for flag in one.flags],
        } for one in all_])  # fmt: skip


class ManyView(APIView):
    """A command for several conversations at once: `{"conversations": [1, 2], "arguments": {"target": "bob"}}`."""

    permission_classes = [IsActor]

    @extend_schema(request=serializers.ManySerializer, responses=serializers.ManyOutcomesSerializer)
    def post(self, request: Request, name: str) -> Response:
        asked = checked(serializers.ManySerializer, request)
        actor, numbers = actor_of(request), asked["conversations"]
        found = {one.pk: one for one in actor.conversations().filter(pk__in=numbers)}
        given = asked["arguments"]
        keys = {number: give(actor, one, name, given) for number, one in found.items()}
        events = commands.wait_for(list(keys.values()))
        missing = {"event": None, "outcome": "refused", "detail": _("There is no such conversation.")}
        results = [{"conversation": number, **(outcomes.of(events[keys[number]]) if number in keys else missing)}
                   for number in dict.fromkeys(numbers)]  # fmt: skip
        return Response({"results": results})


class MeView(APIView):
    """Your own seat."""

    permission_classes = [IsActor]

    @extend_schema(responses=serializers.MeSerializer)
    def get(self, request: Request) -> Response:
        actor = actor_of(request)
        seat = serializers.SeatSerializer(actor.seat).data if actor.seat else None
        roles = actor.roles
        return Response({
            "seat": seat, "name": actor.agent.name, "oversees_all": roles.site,
            "groups": sorted(roles.serves), "supervises": sorted(roles.supervises),
        })  # fmt: skip


class PresenceView(OwnSeatView):
    """Say whether you take new conversations: `{"presence": "open" | "busy" | "away" | "offline"}`."""

    @extend_schema(request=serializers.PresenceSerializer, responses=serializers.CAME)
    def post(self, request: Request) -> Response:
        seat = self.seat(request)
        asked = checked(serializers.PresenceSerializer, request)
        chosen = AvailabilityChosen(seat.im_user_id, asked["presence"])
        return commands.answer(storing.post(seat_lane(seat.im_user_id), chosen))


class HeartbeatView(OwnSeatView):
    """A sign of life of your desk: without one for PRESENCE_TIMEOUT seconds it counts as closed."""

    @extend_schema(request=serializers.HeartbeatSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        seat = self.seat(request)
        asked = checked(serializers.HeartbeatSerializer, request)
        desk = asked["desk"]
        if asked["leaving"]:
            presence.leave(seat, desk)
        else:
            presence.beat(seat, desk, clock.now())
        return Response(status=204)


class UserSigView(OwnSeatView):
    """A UserSig for your own IM account, and no other: your client logs in to Tencent IM with it."""

    scope = scopes.USERSIG

    @extend_schema(responses=serializers.UserSigSerializer)
    def get(self, request: Request) -> Response:
        seat, seconds = self.seat(request), parameters.IM_SIG_SECONDS
        if not may_be_seats(seat.im_user_id):
            raise PermissionDenied(_("This IM account is the administrator's, the system's or a customer's."))
        found = seats_platform().credentials(seat.im_user_id, seconds)
        if not found:
            raise NotFound(_("%s is not set up yet; that is done in the admin.") % title_of(seats_platform().name))
        answer = Response({**found, "expires_in": seconds})
        answer["Cache-Control"] = "no-store"
        return answer
