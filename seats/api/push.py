"""Your notifications: whether you want any, and which of your browsers take them while the desk is closed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.base import clock
from seats.api.bodies import checked
from seats.api.own import OwnSeatView
from seats.models import PushKey, PushSubscription, Seat
from seats.models.push import digest_of
from seats.push.sending import is_endpoint

MOST = 10  # browsers of one seat; the oldest go


class KeySerializer(serializers.Serializer[Any]):
    """The site's public key, to which browsers subscribe."""

    key = serializers.CharField()


class _KeysSerializer(serializers.Serializer[Any]):
    p256dh = serializers.RegexField(r"^[A-Za-z0-9_-]{86,88}=?$")
    auth = serializers.RegexField(r"^[A-Za-z0-9_-]{22}=*$", max_length=30)


class EndpointSerializer(serializers.Serializer[Any]):
    """Where a browser is reached."""

    endpoint = serializers.CharField(max_length=1000)


class BrowserSerializer(EndpointSerializer):
    """A browser's subscription, as `PushSubscription.toJSON()` of the browser gives it."""

    keys = _KeysSerializer()

    def validate_endpoint(self, value: str) -> str:
        if not is_endpoint(value):
            raise serializers.ValidationError(_("Must be an https address of a push service."))
        return value


class NoticesSerializer(serializers.Serializer[Any]):
    """Whether you want notifications, on all your browsers."""

    on = serializers.BooleanField()


class PushView(OwnSeatView):
    """The browsers that notify you while your desk is closed."""

    @extend_schema(responses=KeySerializer)
    def get(self, request: Request) -> Response:
        self.seat(request)
        return Response({"key": PushKey.of_site().public})

    @extend_schema(request=BrowserSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        seat, asked = self.seat(request), checked(BrowserSerializer, request)
        PushSubscription.keep(seat, asked["endpoint"], asked["keys"], get_language() or "zh-hans", clock.now())
        newest = PushSubscription.objects.filter(seat=seat).order_by("-created_at", "-pk").values_list("pk", flat=True)
        PushSubscription.objects.filter(pk__in=list(newest[MOST:])).delete()
        return Response(status=204)

    @extend_schema(request=EndpointSerializer, responses={204: None})
    def delete(self, request: Request) -> Response:
        seat, asked = self.seat(request), checked(EndpointSerializer, request)
        PushSubscription.objects.filter(seat=seat, digest=digest_of(asked["endpoint"])).delete()
        return Response(status=204)


class NoticesView(OwnSeatView):
    """Switch your notifications on or off: `{"on": false}`."""

    @extend_schema(request=NoticesSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        asked = checked(NoticesSerializer, request)
        Seat.objects.filter(pk=self.seat(request).pk).update(notified=asked["on"])
        return Response(status=204)
