"""What a list of conversations is narrowed to. Filters and values that there are not are refused, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from bridge.models import Account, Conversation, Tag
from bridge.models.validators import YEARS
from seats.actors import Actor
from seats.models import Assignment, Seat, SeatGroup
from seats.sight import UNTIL, without_given_away

Status = Conversation.Status
HAD = (Status.ASSIGNED, Status.CLOSED)
MOST = 2**63 - 1
TIMES = {"opened": "opened_at", "closed": "closed_at", "last_message": "last_seen_message"}


class Several(serializers.Field[Any, Any, Any, Any]):
    """Some of a few words, separated by commas."""

    def __init__(self, known: list[str], **words: Any) -> None:
        super().__init__(**words)
        self.known = known

    def to_internal_value(self, data: str) -> list[str]:
        given = [one for one in str(data).split(",") if one]
        if unknown := sorted(set(given) - set(self.known)):
            words = {"given": ", ".join(unknown), "known": ", ".join(self.known)}
            raise ValidationError(_("%(given)s: known are %(known)s.") % words)
        return given


class Moment(serializers.DateTimeField):
    """A time in ISO 8601; a day alone is its beginning, in the site's time zone."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            day = parse_date(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        given = datetime.combine(day, time()) if day else super().to_internal_value(value)
        if given.year not in YEARS:
            words = {"first": YEARS.start, "last": YEARS[-1]}
            raise ValidationError(_("Choose a day of the years %(first)d to %(last)d.") % words)
        return timezone.make_aware(given) if day else given


def _moment() -> Moment:
    return Moment(required=False)


def _number() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MOST, required=False)


def _word() -> serializers.CharField:
    return serializers.CharField(max_length=100, required=False, allow_blank=True)


class FilterSerializer(serializers.Serializer[Any]):
    """The filters there are. The context's `actor` is who asks."""

    status = Several(Status.values, required=False)
    account, group, tag = _word(), _word(), _word()
    customer, seat = _number(), _number()
    mine = serializers.BooleanField(required=False)
    opened_from, opened_to = _moment(), _moment()
    closed_from, closed_to = _moment(), _moment()
    last_message_from, last_message_to = _moment(), _moment()

    def validate_account(self, slug: str) -> str:
        return self._known(slug, Account.objects.filter(slug=slug), _("There is no account %s."))

    def validate_group(self, slug: str) -> str:
        return self._known(slug, SeatGroup.objects.filter(slug=slug), _("There is no group %s."))

    def validate_tag(self, name: str) -> str:
        return self._known(name, Tag.objects.filter(name=name), _("There is no tag %s."))

    def validate_seat(self, number: int) -> int:
        return self._known(number, Seat.objects.filter(pk=number), _("There is no seat %s."))

    def validate_customer(self, number: int) -> int:
        seen = self.context["actor"].conversations().filter(customer=number)
        return self._known(number, seen, _("There is no customer %s, or you see none of their conversations."))

    @staticmethod
    def _known(given: Any, rows: QuerySet[Any], words: str) -> Any:
        if given and not rows.exists():
            raise ValidationError(words % given, code="does_not_exist")
        return given


KNOWN = tuple(FilterSerializer._declared_fields)


def narrowed(rows: QuerySet[Conversation], actor: Actor, asked: Mapping[str, Any]) -> QuerySet[Conversation]:
    """Return those of the conversations, which are the actor's to see, that fit what was asked. Raises: ValidationError."""
    filters = FilterSerializer(data={name: asked[name] for name in KNOWN if name in asked}, context={"actor": actor})
    filters.is_valid(raise_exception=True)
    given = {name: value for name, value in filters.validated_data.items() if value not in ("", [], False)}
    plain = {"status": "status__in", "account": "customer__account__slug", "group": "group", "customer": "customer"}
    rows = rows.filter(**{lookup: given[name] for name, lookup in plain.items() if name in given})
    if "tag" in given:
        rows = without_given_away(rows).filter(Q(pk__in=_tagged(given["tag"])))
    if "mine" in given:
        rows = rows.filter(Exists(_had_by(actor.agent.id)))
    if "seat" in given:
        rows = _of_seat(rows, given["seat"])
    return _within(rows, given)


def _tagged(name: str) -> QuerySet[Any]:
    """Return the ids of the conversations that have the tag, or whose customer has it."""
    has = Q(tags__name=name) | Q(customer__tags__name=name)
    return Conversation.objects.filter(has).values("pk")


def _had_by(seat: int) -> QuerySet[Assignment]:
    return Assignment.objects.filter(conversation=OuterRef("pk"), seat=seat, active_for__isnull=False)


def _of_seat(rows: QuerySet[Conversation], seat: int) -> QuerySet[Conversation]:
    """Return those that the API shows with this seat: it has them, or had them last until they were closed."""
    ever = Assignment.objects.filter(conversation=OuterRef("pk"))
    rows = rows.filter(Exists(ever.filter(seat=seat)), status__in=HAD)
    return rows.annotate(shown_seat=Subquery(ever.order_by("-pk").values("seat")[:1])).filter(shown_seat=seat)


def _within(rows: QuerySet[Conversation], given: dict[str, Any]) -> QuerySet[Conversation]:
    """Return those within the times; of one that its seat gave away, the last message is the last that the seat may read."""
    if UNTIL in rows.query.annotations:
        rows = rows.annotate(last_seen_message=Coalesce(F(UNTIL), F("last_message_at")))
    for name, column in TIMES.items():
        if since := given.get(f"{name}_from"):
            rows = rows.filter(**{f"{column}__gte": since})
        if until := given.get(f"{name}_to"):
            rows = rows.filter(**{f"{column}__lt": until})
    return rows


def _described(name: str, kind: Any, words: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=words)


PARAMETERS = [
    OpenApiParameter(
        "status", str, many=True, style="form", explode=False, enum=Status.values,
        description="One or several, separated by commas.",
    ),
    _described("account", str, "The slug of an account."),
    _described("group", str, "The slug of a group."),
    _described("tag", str, "The name of a tag of the conversation or of its customer."),
    _described("customer", int, "The id of a customer."),
    _described("seat", int, "The id of a seat: those that it has, or had until they were closed."),
    _described("mine", bool, "Only those that you have now."),
    *(
        _described(f"{name}_{end}", OpenApiTypes.DATETIME, words)
        for name in TIMES
        for end, words in (
            ("from", "Then or later. A time in ISO 8601; a day alone is its beginning."),
            ("to", "Earlier than that. A time in ISO 8601; a day alone is its beginning."),
        )
    ),
]  # fmt: skip
