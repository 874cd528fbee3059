"""What the API takes and answers, besides conversations and messages."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from seats.api.bodies import OnceSerializer, SentSerializer
from seats.api.problems import MEDIA_TYPE
from seats.api.schema import ProblemSerializer
from seats.api.shown import DeliverySerializer
from seats.models import CannedReply, QueueEntry, Seat


class QueueEntrySerializer(serializers.ModelSerializer[QueueEntry]):
    """Somebody who waits; the context's `places` are counted from 1."""

    conversation = serializers.IntegerField(source="conversation_id")
    customer = serializers.CharField(source="conversation.customer.display_name")
    group = serializers.CharField(source="group.slug")
    place = serializers.SerializerMethodField()

    class Meta:
        model = QueueEntry
        fields = ("conversation", "customer", "group", "place", "left", "overflowed", "enqueued_at")

    def get_place(self, entry: QueueEntry) -> int:
        return self.context["places"][entry.pk]


class SeatSerializer(serializers.ModelSerializer[Seat]):
    """A seat as other seats see it."""

    username = serializers.CharField(source="user.username")
    name = serializers.SerializerMethodField()

    class Meta:
        model = Seat
        fields = ("id", "username", "name", "presence", "load", "capacity", "weight", "presence_at")

    def get_name(self, seat: Seat) -> str:
        return seat.as_agent().name


OUTCOMES = ["done", "refused", "failed", "waiting"]
WRITTEN_OUTCOMES = [*OUTCOMES, "undelivered"]


class OutcomeSerializer(serializers.Serializer[Any]):
    """What came of a command: its event, and what the product says to it."""

    event = serializers.IntegerField(allow_null=True)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    detail = serializers.CharField(allow_blank=True)


class WrittenOutcomeSerializer(OutcomeSerializer):
    """What came of writing to a customer. "done": it has arrived; "undelivered": the platform refused it."""

    class WrittenMessageSerializer(DeliverySerializer):
        id = serializers.IntegerField()

    outcome = serializers.ChoiceField(choices=WRITTEN_OUTCOMES)
    message = WrittenMessageSerializer(allow_null=True)


class TakeSerializer(OnceSerializer):
    """Taking the next customer: repeated with the same `client_id`, nobody else is taken."""


class TakenSerializer(OutcomeSerializer):
    """What came of taking the next customer, and which conversation was taken."""

    conversation = serializers.IntegerField(allow_null=True)


class NotDoneSerializer(ProblemSerializer):
    """Nothing came of a command: a problem, whose `code` is the outcome.

    It alone, without an event, where a `client_id` was used for something else.
    """

    event = serializers.IntegerField(allow_null=True, required=False)
    outcome = serializers.ChoiceField(choices=OUTCOMES, required=False)


class NotWrittenSerializer(NotDoneSerializer):
    """Nothing came of writing to a customer."""

    outcome = serializers.ChoiceField(choices=WRITTEN_OUTCOMES, required=False)
    message = WrittenOutcomeSerializer.WrittenMessageSerializer(allow_null=True, required=False)


class NotTakenSerializer(NotDoneSerializer):
    """Nobody was taken."""

    conversation = serializers.IntegerField(allow_null=True, required=False)


class ManyOutcomesSerializer(serializers.Serializer[Any]):
    """What came of a request for several conversations, one by one."""

    class OneSerializer(OutcomeSerializer):
        conversation = serializers.IntegerField()

    results = OneSerializer(many=True)


class NoticeOfferSerializer(serializers.Serializer[Any]):
    """A notice by template that can be sent with the command `notice`; `refusal` says why not now, "" where it can."""

    id = serializers.IntegerField(source="template.pk")
    title = serializers.CharField(source="template.title")
    kind = serializers.CharField(source="template.kind")
    text = serializers.CharField()
    refusal = serializers.CharField(allow_blank=True)


class CommandSerializer(serializers.Serializer[Any]):
    """A command and its arguments, which are texts."""

    class ArgumentSerializer(serializers.Serializer[Any]):
        name = serializers.CharField()
        label = serializers.CharField()
        required = serializers.BooleanField()

    name = serializers.CharField()
    other_names = serializers.ListField(child=serializers.CharField())
    help = serializers.CharField()
    remote = serializers.BooleanField()
    arguments = ArgumentSerializer(many=True)


class MeSerializer(serializers.Serializer[Any]):
    """The user who asks, and what they may do."""

    seat = SeatSerializer(allow_null=True)
    name = serializers.CharField()
    oversees_all = serializers.BooleanField()
    groups = serializers.ListField(child=serializers.CharField())
    supervises = serializers.ListField(child=serializers.CharField())


class QueueSerializer(serializers.Serializer[Any]):
    """How a group's queue stands; `longest` is in seconds."""

    group = serializers.CharField()
    name = serializers.CharField()
    waiting = serializers.IntegerField()
    left = serializers.IntegerField()
    longest = serializers.IntegerField()
    online = serializers.IntegerField()
    free = serializers.IntegerField()
    entries = QueueEntrySerializer(many=True)


class UserSigSerializer(serializers.Serializer[Any]):
    """What your own Tencent IM client logs in with; `expires_in` is in seconds."""

    sdk_app_id = serializers.IntegerField()
    user_id = serializers.CharField()
    user_sig = serializers.CharField()
    expires_in = serializers.IntegerField()


class WrittenSerializer(SentSerializer):
    """A message that a seat writes."""

    text = serializers.CharField(max_length=4000, trim_whitespace=False)


class TypingSerializer(serializers.Serializer[Any]):
    """Whether somebody is typing."""

    on = serializers.BooleanField(default=True)


class ReadSerializer(serializers.Serializer[Any]):
    """Up to which message, by its id, the seat has read."""

    to = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class FileSerializer(SentSerializer):
    """A file that a seat sends."""

    file = serializers.FileField()


class CannedReplySerializer(serializers.ModelSerializer[CannedReply]):
    """A canned reply with the names of this conversation in it."""

    text = serializers.SerializerMethodField()

    class Meta:
        model = CannedReply
        fields = ("id", "title", "text")

    def get_text(self, one: CannedReply) -> str:
        return one.filled(**self.context["names"])


class PresenceSerializer(serializers.Serializer[Any]):
    """Whether the seat takes new conversations."""

    presence = serializers.ChoiceField(choices=Seat.Availability.choices)


class HeartbeatSerializer(serializers.Serializer[Any]):
    """A sign of life of one desk; `leaving` says that it is being closed."""

    desk = serializers.RegexField(r"^[A-Za-z0-9-]{1,32}$")
    leaving = serializers.BooleanField(default=False)


class ManySerializer(serializers.Serializer[Any]):
    """A command for several conversations."""

    conversations = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), min_length=1, max_length=100
    )
    arguments = serializers.DictField(child=serializers.CharField(allow_blank=True), default=dict)


def came(done: type[serializers.Serializer[Any]], refused: type[serializers.Serializer[Any]]) -> dict[Any, Any]:
    """Return how the schema describes what may come of an event."""
    return {200: done, 202: done, (409, MEDIA_TYPE): refused, (500, MEDIA_TYPE): refused}


CAME = came(OutcomeSerializer, NotDoneSerializer)
