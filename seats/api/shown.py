"""Conversations and messages as the API shows them, each field with its type."""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, get_type_hints

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from bridge.apply.load import watchers_of
from bridge.media import links, naming
from bridge.models import Conversation, Customer, Media, Message
from bridge.values.content import Content
from bridge.values.windows import window_of
from seats.models import Seat
from seats.routing import assignment
from seats.sight import tags_of

_NAMES = serializers.ListField(child=serializers.CharField())
DELIVERY_STATES = ["waiting", "delivered", "failed", "held", "unknown"]
HAD = (Conversation.Status.ASSIGNED, Conversation.Status.CLOSED)


def seats_of(conversations: list[Conversation]) -> dict[int, dict[str, Any]]:
    """Return the seat that has each conversation, or had it until it was closed, by the conversation's id."""
    shown = [one for one in conversations if one.status in HAD]
    return {number: _agent(seat) for number, seat in assignment.last_seats_of(shown).items()}


def _agent(seat: Seat) -> dict[str, Any]:
    return {"id": seat.pk, "username": seat.user.get_username(), "name": seat.as_agent().name}


class CustomerSerializer(serializers.Serializer[Any]):
    """A customer. `openid` and `unionid` are null unless who asks may read personal ids."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    subscribed = serializers.BooleanField(allow_null=True)
    blocked = serializers.BooleanField()
    openid = serializers.CharField(allow_null=True)
    unionid = serializers.CharField(allow_null=True, allow_blank=True)


class AccountSerializer(serializers.Serializer[Any]):
    """The account that the customer writes to."""

    slug = serializers.CharField()
    name = serializers.CharField()


class AgentSerializer(serializers.Serializer[Any]):
    """A seat, by whom it is."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()


class WindowSerializer(serializers.Serializer[Any]):
    """Until when, and how many messages more, the platform lets us write; null where it has not said."""

    until = serializers.DateTimeField(allow_null=True)
    left = serializers.IntegerField(allow_null=True)


class WatcherSerializer(serializers.Serializer[Any]):
    """A supervisor who reads along."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    speaks = serializers.BooleanField()


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """A conversation on a list.

    The context's `seats` are those of all conversations on it; `personal`: show the customers' ids at the platform too.
    """

    customer = serializers.SerializerMethodField()
    account = serializers.SerializerMethodField()
    seat = serializers.SerializerMethodField()
    window = serializers.SerializerMethodField()

    class Meta:
        model = Conversation
        fields = (
            "id", "status", "mode", "group", "customer", "account", "seat", "window", "unanswered_since",
            "last_message_at", "opened_at", "closed_at", "close_reason", "summary", "score", "reopened",
        )  # fmt: skip

    @extend_schema_field(CustomerSerializer)
    def get_customer(self, one: Conversation) -> dict[str, Any]:
        customer = one.customer
        blocked = customer.blocked_at is not None
        ids = self._ids(customer) if self.context.get("personal") else {"openid": None, "unionid": None}
        known = {"id": customer.pk, "name": customer.display_name, "subscribed": customer.subscribed}
        return {**known, "blocked": blocked, **ids}

    @staticmethod
    def _ids(customer: Customer) -> dict[str, str]:
        return {"openid": customer.openid, "unionid": customer.unionid}

    @extend_schema_field(AccountSerializer)
    def get_account(self, one: Conversation) -> dict[str, Any]:
        return {"slug": one.customer.account.slug, "name": one.customer.account.name}

    @extend_schema_field(AgentSerializer(allow_null=True))
    def get_seat(self, one: Conversation) -> dict[str, Any] | None:
        return self.context.get("seats", {}).get(one.pk)

    @extend_schema_field(WindowSerializer)
    def get_window(self, one: Conversation) -> dict[str, Any]:
        window = window_of(one.customer)
        return {"until": window.until and timezone.localtime(window.until).isoformat(), "left": window.left}


class ConversationDetailSerializer(ConversationSerializer):
    """One conversation, with its tags; of one that you gave away, none of these: they are as it stands today."""

    tags = serializers.SerializerMethodField()
    customer_tags = serializers.SerializerMethodField()
    watchers = serializers.SerializerMethodField()

    class Meta(ConversationSerializer.Meta):
        fields = (*ConversationSerializer.Meta.fields, "tags", "customer_tags", "watchers")  # type: ignore[assignment]

    @extend_schema_field(_NAMES)
    def get_tags(self, one: Conversation) -> list[str]:
        return tags_of(one)[0]

    @extend_schema_field(_NAMES)
    def get_customer_tags(self, one: Conversation) -> list[str]:
        return tags_of(one)[1]

    @extend_schema_field(WatcherSerializer(many=True))
    def get_watchers(self, one: Conversation) -> list[dict[str, Any]]:
        return [{"id": it.agent.id, "name": it.agent.name, "speaks": it.speaks} for it in watchers_of(one)]


class DeliverySerializer(serializers.Serializer[Any]):
    """Whether a message has reached the customer, and if not why."""

    state = serializers.ChoiceField(choices=DELIVERY_STATES)
    reason = serializers.CharField(allow_blank=True)


class ChoiceSerializer(serializers.Serializer[Any]):
    """One answer of a menu."""

    id = serializers.CharField()
    text = serializers.CharField()


_FIELDS: dict[Any, Any] = {
    int: serializers.IntegerField, float: serializers.FloatField, bool: serializers.BooleanField,
    str: lambda **words: serializers.CharField(allow_blank=True, **words),
}  # fmt: skip


def _serializer_of(kind: type[Content]) -> type[serializers.Serializer[Any]]:
    """Return how one kind of content looks; older messages have fewer fields than are written now."""
    known = get_type_hints(kind)
    made: dict[str, Any] = {"type": serializers.ChoiceField(choices=[kind.__name__])}
    for one in fields(kind):
        field = _FIELDS.get(known[one.name])
        made[one.name] = field(required=False) if field else ChoiceSerializer(many=True, required=False)
    return types.new_class(
        f"{kind.__name__}ContentSerializer",
        (serializers.Serializer,),
        exec_body=lambda names: names.update(made, __doc__=kind.__doc__),
    )


ANY_CONTENT = PolymorphicProxySerializer(
    "Content", {name: _serializer_of(kind) for name, kind in Content.kinds.items()}, "type"
)


def media_urls_of(messages: Iterable[Message]) -> dict[int, str]:
    """Return the signed address of each message's file, by the message's id; without those that have none, or not yet."""
    having = {one.pk: one for one in messages if one.content.get("media")}
    files = Media.objects.filter(pk__in={one.content["media"] for one in having.values()}, ready=True).in_bulk()
    return {
        number: links.url(media, naming.name_of(Content.from_json(one.content), media, one.created_at))
        for number, one in having.items()
        if (media := files.get(one.content["media"]))
    }


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message; `delivery` is null for one that goes to no customer.

    `media_url` is the address of its picture, sound, film or file: whoever has it can load that for some days; null while
    there is none. The context's `deliveries` and `media_urls` are by the message's id.
    """

    content = serializers.SerializerMethodField()
    media_url = serializers.SerializerMethodField()
    delivery = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ("id", "side", "author", "content", "media_url", "preview", "created_at", "delivery")

    @extend_schema_field(ANY_CONTENT)
    def get_content(self, message: Message) -> dict[str, Any]:
        return message.content

    def get_media_url(self, message: Message) -> str | None:
        return self.context["media_urls"].get(message.pk)

    @extend_schema_field(DeliverySerializer(allow_null=True))
    def get_delivery(self, message: Message) -> dict[str, str] | None:
        return self.context["deliveries"].get(message.pk)
