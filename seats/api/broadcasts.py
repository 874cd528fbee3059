"""Broadcasts by the API: how many customers would get one, begun, followed, and stopped."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.backoffice.programs import Refused, moment
from bridge.base import clock
from bridge.models import Broadcast
from bridge.outbox import broadcasts
from seats.api.bodies import checked

State = Broadcast.State


class CountSerializer(serializers.Serializer[Any]):
    """How many customers."""

    count = serializers.IntegerField()


class SendSerializer(serializers.Serializer[Any]):
    """Where `at_most` is sent, nothing is begun while more customers would get it."""

    at_most = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class RefusalSerializer(serializers.Serializer[Any]):
    """Why it was not sent to some: the platform's code, or a word of ours, or nothing; in words; and to how many customers."""

    code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()


def _time(name: str) -> Any:
    return serializers.DateTimeField(read_only=True, allow_null=True), lambda _admin, one: moment(getattr(one, name))


class BroadcastView:
    """A text to all customers of an account whose window is open.

    `sent`: to how many it was sent so far; `refused`: to how many whose turn came it was not, and `refusals` why.
    """

    acts = {"send": "begin", "stop": "begin"}
    refuses = ("destroy", "partial_update", "send", "stop")
    extras = {
        "state": (serializers.ChoiceField(choices=State.choices, read_only=True), lambda _admin, one: one.state),
        "sent": (serializers.IntegerField(read_only=True), lambda _admin, one: one.sent),
        "refused": (serializers.IntegerField(read_only=True), lambda _admin, one: one.refused),
        "refusals": (RefusalSerializer(many=True, read_only=True), lambda _admin, one: list(one.refusals.values())),
        "made_by": (serializers.CharField(read_only=True), lambda _admin, one: one.made_by),
        "created_at": (serializers.DateTimeField(read_only=True), lambda _admin, one: moment(one.created_at)),
        "started_at": _time("started_at"),
        "ended_at": _time("ended_at"),
    }

    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent; 409 (`begun_already`) once it was begun."""
        one = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        if one.state != State.DRAFT and self.admin.has_begin_permission(request._request):
            raise Refused(_("This broadcast was begun already."), "begun_already")
        return Response(self.shown(self.saved(self.get_object(), request.data)))

    @extend_schema(responses=CountSerializer)
    @action(detail=True, methods=["get"])
    def recipients(self: Any, request: Request, pk: str) -> Response:
        """How many customers would get it now; of one that is being sent, how many are left; 0 of one that has ended."""
        return Response({"count": broadcasts.left(self.get_object(), clock.now())})

    @extend_schema(request=SendSerializer)
    @action(detail=True, methods=["post"])
    def send(self: Any, request: Request, pk: str) -> Response:
        """Begin it. 409: it was begun already (`begun_already`), or more than `at_most` would get it (`too_many`)."""
        one, most = self.get_object(), checked(SendSerializer, request).get("at_most")
        if most is not None and (count := broadcasts.left(one, clock.now())) > most:
            raise Refused(_("%d customers would get it now.") % count, "too_many")
        if not broadcasts.begin(one, clock.now()):
            raise Refused(_("This broadcast was begun already."), "begun_already")
        one.refresh_from_db()
        return Response(self.shown(one))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def stop(self: Any, request: Request, pk: str) -> Response:
        """Let nobody else get it; whoever has it keeps it. 409 (`not_being_sent`) where it is not being sent."""
        one = self.get_object()
        if not broadcasts.stop(one, clock.now()):
            raise Refused(_("It is not being sent."), "not_being_sent")
        one.refresh_from_db()
        return Response(self.shown(one))
