"""Seats as customers see them, by the API: besides their form the picture, which is sent as a file."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.backoffice.programs import resource
from bridge.media import links
from bridge.platforms.wechat.models import ShownSeat


class PictureSerializer(serializers.Serializer[Any]):
    """A picture: square, 640 x 640 is best."""

    file = serializers.FileField()


def _picture(_admin: Any, shown: ShownSeat) -> str | None:
    return links.url(shown.picture) if shown.picture else None


@resource("shown-seats", "bridge.shownseat")
class ShownSeatView:
    """A seat as the customers of an account see it, where the account's parameter `SEATS_SHOWN` is on."""

    acts = {"picture": "change"}
    extras = {"picture_url": (serializers.CharField(read_only=True, allow_null=True), _picture)}

    @extend_schema(request={"multipart/form-data": PictureSerializer})
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def picture(self: Any, request: Request, pk: str) -> Response:
        """Show customers another picture of the seat."""
        shown = self.get_object()
        sent = PictureSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response(self.shown(self.saved(shown, {}, {"photo": sent.validated_data["file"]})))

    def names_in_form(self, instance: Any) -> dict[str, str]:
        """Return how the API calls the form's field of the picture."""
        return {"photo": "file"}
