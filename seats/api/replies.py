"""A seat's own canned replies."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from seats.actors import IsActor, actor_of
from seats.models import CannedReply

MOST = 200


class OwnReplySerializer(serializers.ModelSerializer[CannedReply]):
    """A canned reply as it was written; `{customer}`, `{seat}` and `{account}` stand for the names."""

    class Meta:
        model = CannedReply
        fields = ("id", "title", "text", "position")


class OnlySeatsWrite(IsActor):
    """A user without a seat has no replies of their own, and can write none."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        return request.method in SAFE_METHODS or actor_of(request).seat is not None


class OwnReplyViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[CannedReply],
):
    """Your own canned replies; those of groups and of everybody are made in the admin."""

    permission_classes = [OnlySeatsWrite]
    queryset = CannedReply.objects.none()
    serializer_class = OwnReplySerializer
    pagination_class = None
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[CannedReply]:
        return CannedReply.objects.filter(seat=actor_of(self.request).agent.id)

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        if self.get_queryset().count() >= MOST:
            raise ValidationError(_("At most %d; delete some first.") % MOST)
        serializer.save(seat=actor_of(self.request).seat)
