"""The API's addresses. Reading is by query; whatever changes a conversation is an event in its lane."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from bridge.base import clock
from bridge.conversation import changes
from bridge.inbox import events, storing
from bridge.inbox.events import CommandGiven, SeatTyping, Written
from bridge.live.parameters import parameters
from bridge.models import Conversation, InboundEvent
from bridge.pipeline.bots import bots
from bridge.platforms.registry import seats_platform
from bridge.values.agents import seat_lane
from bridge.values.content import Content, Text
from bridge.values.incoming import INTERNAL
from seats.actors import Actor, IsActor, actor_of
from seats.api import commands, once, outcomes, serializers
from seats.api.bodies import checked, checked_id, filters_of, is_true
from seats.api.cards import ANY_CARD, card_of
from seats.api.files import content_of
from seats.api.problems import MEDIA_TYPE
from seats.events import AvailabilityChosen
from seats.models import Assignment, CannedReply, Seat
from seats.routing import presence, queue
from seats.sight import UNTIL, said_in, without_later

LISTED = 200
TRIES = 5


def _came(done: type[Serializer[Any]], refused: type[Serializer[Any]]) -> dict[Any, type[Serializer[Any]]]:
    """Return how the schema describes what may come of an event."""
    return {200: done, 202: done, (409, MEDIA_TYPE): refused, (500, MEDIA_TYPE): refused}


WRITTEN = _came(serializers.WrittenOutcomeSerializer, serializers.NotWrittenSerializer)
OUTCOMES = _came(serializers.OutcomeSerializer, serializers.NotDoneSerializer)
TAKEN = _came(serializers.TakenSerializer, serializers.NotTakenSerializer)
ARGUMENTS = {"application/json": {"type": "object", "additionalProperties": {"type": "string"}}}


class Newest(CursorPagination):
    """Pages by the id, newest first: nothing is counted, and nothing shifts while new ones come."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """Return where the page begins. Raises: NotFound where the cursor is none of ours."""
        cursor = super().decode_cursor(request)
        position = cursor.position if cursor else None
        if position is not None and not re.fullmatch("[0-9]{1,18}", position):
            raise NotFound(self.invalid_cursor_message)
        return cursor


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter(
                "status",
                str,
                many=True,
                style="form",
                explode=False,
                enum=Conversation.Status.values,
                description="One or several, separated by commas.",
            ),
            OpenApiParameter("group", description="The slug of a group."),
            OpenApiParameter("mine", bool, description="Only those you have now or had."),
        ]
    ),
    retrieve=extend_schema(responses=serializers.ConversationDetailSerializer),
)
class ConversationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Conversation]):
    """Conversations that you may see: `?status=queued,assigned`, `?group=`, `?mine=1`."""

    permission_classes = [IsActor]
    queryset = Conversation.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    pagination_class = Newest
    serializer_class = serializers.ConversationSerializer

    def get_queryset(self) -> QuerySet[Conversation]:
        actor = actor_of(self.request)
        rows = actor.conversations()
        asked = filters_of(self.request, "status", "group", "mine", "limit", "cursor", "format")
        if statuses := [one for one in asked.get("status", "").split(",") if one]:
            if unknown := set(statuses) - set(Conversation.Status.values):
                known = ", ".join(Conversation.Status.values)
                raise ValidationError({"status": _("%(given)s: known are %(known)s.")
                                       % {"given": ", ".join(sorted(unknown)), "known": known}})  # fmt: skip
            rows = rows.filter(status__in=statuses)
        if group := asked.get("group"):
            rows = rows.filter(group=group)
        if is_true(asked, "mine"):
            rows = rows.filter(assignment__seat=actor.agent.id)
        return rows

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page: list[Conversation] = [without_later(one) for one in self.paginate_queryset(self.get_queryset())]
        context = {"seats": serializers.seats_of(page)}
        return self.get_paginated_response(self.serializer_class(page, many=True, context=context).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        one = without_later(self.get_object())
        context = {"seats": serializers.seats_of([one])}
        return Response(serializers.ConversationDetailSerializer(one, context=context).data)

    @extend_schema(methods=["get"], responses=serializers.MessageSerializer(many=True))
    @extend_schema(methods=["post"], request=serializers.WrittenSerializer, responses=WRITTEN)
    @action(detail=True, methods=["get", "post"])
    def messages(self, request: Request, pk: str) -> Response:
        """GET: the conversation's messages, newest first. POST: write to the customer."""
        conversation = self.get_object()
        if request.method == "GET":
            page = self.paginate_queryset(said_in(conversation))
            context = {"deliveries": outcomes.deliveries_of(one.pk for one in page)}
            return self.get_paginated_response(serializers.MessageSerializer(page, many=True, context=context).data)
        written = checked(serializers.WrittenSerializer, request)
        return _write(actor_of(request), conversation, Text(written["text"]), written)

    @extend_schema(request={"multipart/form-data": serializers.FileSerializer}, responses=WRITTEN)
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def files(self, request: Request, pk: str) -> Response:
        """Send a file to the customer: a picture, a film or a sound as such, anything else as a page to download it from."""
        conversation = self.get_object()
        sent = checked(serializers.FileSerializer, request)
        return _write(actor_of(request), conversation, content_of(sent["file"]), sent)

    @extend_schema(request=ANY_CARD, responses=WRITTEN)
    @action(detail=True, methods=["post"])
    def cards(self, request: Request, pk: str) -> Response:
        """Send a card to the customer: a link, a question with answers to tap, a place, a page of a mini program."""
        conversation = self.get_object()
        content, sent = card_of(request.data)
        return _write(actor_of(request), conversation, content, sent)

    @extend_schema(request=serializers.ReadSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Say up to which message you have read; only who has the conversation counts."""
        conversation, actor = self.get_object(), actor_of(request)
        asked = checked(serializers.ReadSerializer, request)
        mine = Conversation.objects.filter(pk=conversation.pk, assignment__seat=actor.agent.id)
        if mine.filter(read_to__lt=asked["to"]).update(read_to=asked["to"]):
            changes.announce([changes.Change(conversation.pk)])
        return Response(status=204)

    @extend_schema(request=serializers.TypingSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def typing(self, request: Request, pk: str) -> Response:
        """Show the customer that somebody is typing, or no longer, if WeChat takes it at once."""
        conversation, actor = self.get_object(), actor_of(request)
        asked = checked(serializers.TypingSerializer, request)
        storing.post(conversation.customer.im_id, SeatTyping(actor.agent.id, asked["on"]))
        return Response(status=204)

    @extend_schema(responses=serializers.CannedReplySerializer(many=True))
    @action(detail=True, methods=["get"], url_path="canned-replies", pagination_class=None)
    def canned_replies(self, request: Request, pk: str) -> Response:
        """Your canned replies, with the names of this conversation in them."""
        conversation, actor = self.get_object(), actor_of(request)
        if actor.seat is None:
            return Response([])
        customer = conversation.customer
        names = {"customer": customer.remark, "seat": actor.agent.name, "account": customer.account.name}
        rows = CannedReply.of(actor.seat)[:LISTED]
        return Response(serializers.CannedReplySerializer(rows, many=True, context={"names": names}).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, description="The command's name without its #.")
        ],
        request=ARGUMENTS,
        responses=OUTCOMES,
    )
    @action(detail=True, methods=["post"], url_path=r"commands/(?P<name>[^/.]+)")
    def command(self, request: Request, pk: str, name: str) -> Response:
        """Give a command to this conversation; `GET /api/commands/` lists them."""
        conversation = self.get_object()
        return commands.answer(_give(actor_of(request), conversation, name, request.data))


def _write(actor: Actor, conversation: Conversation, content: Content, sent: Mapping[str, Any]) -> Response:
    """Put what a seat wrote into the lane, once for each `client_id`."""
    written = Written(actor.author, (content,), conversation.pk)
    key = once.submit(conversation.customer.im_id, written, _scope(actor, conversation), sent["client_id"])
    return commands.answer_message(key, wait=sent["wait"])


def _give(actor: Actor, conversation: Conversation, name: str, given: Any) -> str:
    command, client_id = commands.find(name), ""
    if isinstance(given, Mapping) and "client_id" in given:
        client_id = checked_id(given)
        given = {key: value for key, value in given.items() if key != "client_id"}
    event = CommandGiven(actor.author, command.names[0], commands.arguments(command, given), conversation.pk)
    return once.submit(conversation.customer.im_id, event, _scope(actor, conversation), client_id)


def _scope(actor: Actor, conversation: Conversation) -> str:
    return f"{actor.agent.id}:{conversation.pk}"


class MessageView(APIView):
    """One message, and whether it has reached the customer."""

    permission_classes = [IsActor]

    @extend_schema(responses=serializers.MessageSerializer)
    def get(self, request: Request, pk: str) -> Response:
        seen = actor_of(request).conversations()
        message = get_object_or_404(said_in(get_object_or_404(seen, messages=pk)), pk=pk)
        context = {"deliveries": outcomes.deliveries_of([message.pk])}
        return Response(serializers.MessageSerializer(message, context=context).data)


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
        author = getattr(events.read(event.kind, event.body), "author", None)
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
        keys = {number: _give(actor, one, name, given) for number, one in found.items()}
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


class OwnSeatView(APIView):
    """The base of what concerns one's own seat."""

    permission_classes = [IsActor]

    @staticmethod
    def seat(request: Request) -> Seat:
        """Return the seat that asks. Raises: PermissionDenied where the user has none."""
        seat = actor_of(request).seat
        if seat is None:
            raise PermissionDenied(_("Only seats can do this."))
        return seat


class PresenceView(OwnSeatView):
    """Say whether you take new conversations: `{"presence": "open" | "busy" | "away" | "offline"}`."""

    @extend_schema(request=serializers.PresenceSerializer, responses=OUTCOMES)
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

    @extend_schema(responses=serializers.UserSigSerializer)
    def get(self, request: Request) -> Response:
        seat, seconds = self.seat(request), parameters.IM_SIG_SECONDS
        found = seats_platform().credentials(seat.im_user_id, seconds)
        if not found:
            raise NotFound(_("There is no Tencent IM app yet; it is entered in the admin."))
        answer = Response({**found, "expires_in": seconds})
        answer["Cache-Control"] = "no-store"
        return answer


class TakeNextView(OwnSeatView):
    """Take whoever waits longest for one of your groups."""

    @extend_schema(request=None, responses=TAKEN)
    def post(self, request: Request) -> Response:
        seat, actor = self.seat(request), actor_of(request)
        groups = list(seat.groups.values_list("pk", flat=True))
        came: dict[str, Any] = {"event": None, "outcome": "refused", "detail": _("Nobody is waiting.")}
        # Somebody else may be quicker: then the next one, a few times.
        for _try in range(TRIES):
            head = queue.head(groups, clock.now())
            if head is None:
                return commands.answer_with({**came, "conversation": None})
            one = head.conversation
            came = outcomes.of(commands.wait_one(_give(actor, one, "take", {})))
            if came["outcome"] != "refused" or not Assignment.objects.filter(active_for=one).exists():
                break
        taken = one.pk if came["outcome"] == "done" else None
        words = _("%s is yours now.") % one.customer.display_name if taken else came["detail"]
        return commands.answer_with({**came, "detail": words, "conversation": taken})
