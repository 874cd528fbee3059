"""Cards that a seat sends: links, questions with answers to tap, places, pages of mini programs."""

from __future__ import annotations

from typing import Any

from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from bridge.values.content import Content, Link, Location, Menu, MiniProgram
from seats.api.bodies import SentSerializer

MOST_ANSWERS = 10
WEB = URLValidator(schemes=["https", "http"])


class CardSerializer(SentSerializer):
    """What all cards have."""

    type = serializers.CharField()

    def content(self) -> Content:
        """Return the content of a checked card."""
        raise NotImplementedError

    def given(self) -> dict[str, Any]:
        """Return the card's own fields."""
        return {name: value for name, value in self.validated_data.items() if name not in ("type", "client_id", "wait")}


class LinkSerializer(CardSerializer):
    """A link card, with or without a picture."""

    title = serializers.CharField(max_length=64)
    url = serializers.CharField(max_length=1000, validators=[WEB])
    description = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    picture_url = serializers.CharField(max_length=1000, required=False, validators=[WEB])

    def content(self) -> Content:
        return Link(**self.given())


class MenuSerializer(CardSerializer):
    """A question with answers to tap; what is tapped comes back as a message."""

    head = serializers.CharField(max_length=200)
    items = serializers.ListField(
        child=serializers.CharField(max_length=60), min_length=1, max_length=MOST_ANSWERS, help_text=_("The answers.")
    )
    tail = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)

    def content(self) -> Content:
        given = self.given()
        items = tuple({"id": str(number), "text": text} for number, text in enumerate(given["items"], start=1))
        return Menu(given["head"], items, given["tail"])


class LocationSerializer(CardSerializer):
    """A place on the map, in degrees; WeChat customers get its name and a link to a map."""

    label = serializers.CharField(max_length=100)
    latitude = serializers.FloatField(min_value=-90, max_value=90)
    longitude = serializers.FloatField(min_value=-180, max_value=180)

    def content(self) -> Content:
        return Location(**self.given())


class MiniProgramSerializer(CardSerializer):
    """A page of a mini program that belongs to the account; `thumb_url` is its picture."""

    title = serializers.CharField(max_length=64)
    app_id = serializers.RegexField(r"^wx[0-9a-zA-Z]{8,30}$")
    path = serializers.CharField(max_length=500)
    thumb_url = serializers.CharField(max_length=1000, validators=[WEB])

    def content(self) -> Content:
        return MiniProgram(**self.given())


KINDS: dict[str, type[CardSerializer]] = {
    "Link": LinkSerializer,
    "Menu": MenuSerializer,
    "Location": LocationSerializer,
    "MiniProgram": MiniProgramSerializer,
}
ANY_CARD = PolymorphicProxySerializer("Card", {**KINDS}, "type")


def card_of(data: Any) -> tuple[Content, dict[str, Any]]:
    """Return the content, and all that was sent. ValidationError naming what is wrong."""
    kind = KINDS.get(str(data.get("type"))) if isinstance(data, dict) else None
    if kind is None:
        raise ValidationError({"type": _("One of: %s.") % ", ".join(KINDS)})
    card = kind(data=data)
    card.is_valid(raise_exception=True)
    return card.content(), card.validated_data
