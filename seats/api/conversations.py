"""Conversations by the API: reading is by query; whatever changes one is an event in its lane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.base import clock
from bridge.conversation import changes
from bridge.inbox import storing
from bridge.inbox.events import CommandGiven, SeatTyping, Written
from bridge.models import Conversation, Message
from bridge.outbox import templates
from bridge.values.content import Content, Text
from seats.actors import Actor, IsActor, actor_of
from seats.api import commands, once, outcomes, serializers, shown
from seats.api.bodies import LISTED, checked, checked_id, filters_of
from seats.api.cards import ANY_CARD, card_of
from seats.api.files import content_of
from seats.api.filters import KNOWN, PARAMETERS, narrowed
from seats.api.pages import Newest
from seats.api.scopes import may_read_personal_ids
from seats.models import CannedReply
from seats.sight import said_in, without_later

WRITTEN = serializers.came(serializers.WrittenOutcomeSerializer, serializers.NotWrittenSerializer)
ARGUMENTS = {"application/json": {"type": "object", "additionalProperties": {"type": "string"}}}


@extend_schema_view(
    list=extend_schema(parameters=PARAMETERS),
    retrieve=extend_schema(responses=shown.ConversationDetailSerializer),
)
class ConversationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Conversation]):
    """Conversations that you may see."""

    permission_classes = [IsActor]
    queryset = Conversation.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    pagination_class = Newest
    serializer_class = shown.ConversationSerializer

    def get_queryset(self) -> QuerySet[Conversation]:
        return actor_of(self.request).conversations()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The conversations that you may see, newest first."""
        asked = filters_of(request, *KNOWN, "limit", "cursor", "format")
        rows = narrowed(self.get_queryset(), actor_of(request), asked)
        page: list[Conversation] = [without_later(one) for one in self.paginate_queryset(rows)]
        return self.get_paginated_response(self.serializer_class(page, many=True, context=_context(request, page)).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        one = without_later(self.get_object())
        return Response(shown.ConversationDetailSerializer(one, context=_context(request, [one])).data)

    @extend_schema(methods=["get"], responses=shown.MessageSerializer(many=True))
    @extend_schema(methods=["post"], request=serializers.WrittenSerializer, responses=WRITTEN)
    @action(detail=True, methods=["get", "post"])
    def messages(self, request: Request, pk: str) -> Response:
        """GET: the conversation's messages, newest first. POST: write to the customer."""
        conversation = self.get_object()
        if request.method == "GET":
            filters_of(request, "limit", "cursor", "format")
            page = actor_of(request).still_reads(self.paginate_queryset(said_in(conversation)))
            return self.get_paginated_response(shown_messages(page))
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
        # No event in the lane: it comes with every look, goes forwards only, and nothing is decided by it. Where the lane
        # writes its own at the same moment, messages count as unread until the next look.
        conversation, actor = self.get_object(), actor_of(request)
        seen = conversation.messages.filter(pk__lte=checked(serializers.ReadSerializer, request)["to"])
        newest = seen.order_by("-pk").values_list("pk", flat=True).first() or 0
        mine = Conversation.objects.filter(pk=conversation.pk, assignment__seat=actor.agent.id)
        if mine.filter(read_to__lt=newest).update(read_to=newest):
            changes.announce([changes.Change(conversation.pk)])
        return Response(status=204)

    @extend_schema(request=serializers.TypingSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def typing(self, request: Request, pk: str) -> Response:
        """Show the customer that somebody is typing, or no longer, if their platform takes it at once."""
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

    @extend_schema(responses=serializers.NoticeOfferSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def notices(self, request: Request, pk: str) -> Response:
        """The notices by template that can call the customer back, with what they say; the command `notice` sends one."""
        offers = templates.offers(self.get_object(), actor_of(request).agent.name, clock.now())
        return Response(serializers.NoticeOfferSerializer(offers, many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, description="The command's name without its #.")
        ],
        request=ARGUMENTS,
        responses=serializers.CAME,
    )
    @action(detail=True, methods=["post"], url_path=r"commands/(?P<name>[^/.]+)")
    def command(self, request: Request, pk: str, name: str) -> Response:
        """Give a command to this conversation; `GET /api/commands/` lists them."""
        conversation = self.get_object()
        return commands.answer(give(actor_of(request), conversation, name, request.data))


def _write(actor: Actor, conversation: Conversation, content: Content, sent: Mapping[str, Any]) -> Response:
    """Put what a seat wrote into the lane, once for each `client_id`."""
    written = Written(actor.author, (content,), conversation.pk)
    key = once.submit(conversation.customer.im_id, written, _scope(actor, conversation), sent["client_id"])
    return commands.answer_message(key, wait=sent["wait"])


def give(actor: Actor, conversation: Conversation, name: str, given: Any) -> str:
    """Put a command into the conversation's lane, once for each `client_id`; return its event's key."""
    command, client_id = commands.find(name), ""
    if isinstance(given, Mapping) and "client_id" in given:
        client_id = checked_id(given)
        given = {key: value for key, value in given.items() if key != "client_id"}
    event = CommandGiven(actor.author, command.names[0], commands.arguments(command, given), conversation.pk)
    return once.submit(conversation.customer.im_id, event, _scope(actor, conversation), client_id)


def _scope(actor: Actor, conversation: Conversation) -> str:
    return f"{actor.user}:{conversation.pk}"


def _context(request: Request, page: list[Conversation]) -> dict[str, Any]:
    return {"seats": shown.seats_of(page), "personal": may_read_personal_ids(request)}


def shown_messages(page: list[Message]) -> Any:
    """Return the messages as the API shows them, with their files and what became of them."""
    context = {"deliveries": outcomes.deliveries_of(one.pk for one in page), "media_urls": shown.media_urls_of(page)}
    return shown.MessageSerializer(page, many=True, context=context).data
