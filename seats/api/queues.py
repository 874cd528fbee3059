"""Who waits for your groups, and to whom one can transfer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bridge.base import clock
from seats.actors import IsActor, actor_of
from seats.api import serializers
from seats.api.bodies import LISTED, filters_of
from seats.routing import queue


class QueueView(APIView):
    """The customers who wait for your groups, in order, the first 200 of each; `?group=` for one of them."""

    permission_classes = [IsActor]

    @extend_schema(
        parameters=[OpenApiParameter("group", description="The slug of a group of yours.")],
        responses=serializers.QueueSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        groups = list(actor_of(request).groups())
        asked = filters_of(request, "group", "format").get("group")
        if asked and asked not in {group.slug for group in groups}:
            raise NotFound(_("There is no group %s.") % asked)
        groups = [group for group in groups if asked in (None, "", group.slug)]
        entries, shown = queue.first_of_each(groups, LISTED), []
        for group, line in zip(groups, queue.lines(groups, clock.now()), strict=True):
            rows = entries.get(group.pk, [])
            places = {row.pk: place for place, row in enumerate(rows, start=1)}
            waiting = serializers.QueueEntrySerializer(rows, many=True, context={"places": places}).data
            figures = {"waiting": line.waiting, "left": line.left, "longest": line.longest, "online": line.online}
            shown.append({"group": group.slug, "name": group.name, **figures, "free": line.free, "entries": waiting})
        return Response(shown)


class SeatsView(APIView):
    """The seats of your groups: to whom a conversation can be transferred."""

    permission_classes = [IsActor]

    @extend_schema(responses=serializers.SeatSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(serializers.SeatSerializer(actor_of(request).colleagues(), many=True).data)
