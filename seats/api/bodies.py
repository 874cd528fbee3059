"""What requests bring, and how it is checked."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

LISTED = 200  # of what comes without pages


def checked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the request's body, checked. ValidationError naming what is wrong."""
    asked = kind(data=request.data)
    asked.is_valid(raise_exception=True)
    return asked.validated_data


class OnceSerializer(serializers.Serializer[Any]):
    """Something that is done once: `client_id` is the client's own name for it."""

    client_id = serializers.CharField(max_length=60, required=False, default="")


class SentSerializer(OnceSerializer):
    """Something that is sent to a customer.

    `client_id` is the client's own name for it: repeated, it is sent once. `wait`: answer when it has arrived or failed, and
    not as soon as the conversation has it.
    """

    wait = serializers.BooleanField(required=False, default=True)


def checked_id(given: Any) -> str:
    """Return the `client_id` of a request that has other fields of its own. ValidationError where it is none."""
    asked = OnceSerializer(data={"client_id": given["client_id"]})
    asked.is_valid(raise_exception=True)
    return asked.validated_data["client_id"]


def filters_of(request: Request, *known: str) -> QueryDict:
    """Return the filters in a request's address. ValidationError naming those that there are not."""
    asked = request.query_params
    if unknown := sorted(set(asked) - set(known)):
        raise ValidationError({name: _("Unknown; known are: %s.") % ", ".join(known) for name in unknown})
    return asked
