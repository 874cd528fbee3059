"""QR codes by the API: besides their form, the address in the code, what came of it, and a temporary one made anew."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.backoffice.programs import Refused, moment, resource
from bridge.platforms.wechat.models import QrCode
from bridge.platforms.wechat.qr_forms import order
from bridge.values.outcomes import DeliveryError


def _count(name: str) -> Any:
    words = "In the last 30 days."
    field = serializers.IntegerField(read_only=True, help_text=words)
    return field, lambda _admin, one: getattr(one, name, None) or 0


@resource("qr-codes", "bridge.qrcode")
class QrCodeView:
    """A QR code with a scene. `url` is what to draw: any library of QR codes does; "" of one that was made elsewhere."""

    acts = {"again": "change"}
    refuses = ("destroy", "again")
    extras = {
        "url": (serializers.CharField(read_only=True, allow_blank=True), lambda _admin, one: one.url),
        "expires_at": (
            serializers.DateTimeField(read_only=True, allow_null=True),
            lambda _admin, one: moment(one.expires_at),
        ),
        "new_customers": _count("came"),
        "conversations": _count("opened"),
    }

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def again(self: Any, request: Request, pk: str) -> Response:
        """Let WeChat make a temporary code anew, with the same scene, for its days from now on. 409 for others."""
        code = self.get_object()
        if code.kind != QrCode.Kind.TEMPORARY:
            raise Refused(_("Only a temporary code runs out and can be made anew."), "not_temporary")
        try:
            order(code)
        except DeliveryError as error:
            raise Refused.by_platform(error) from None
        code.save(update_fields=["ticket", "url", "expires_at"])
        return Response(self.shown(code))
