"""The base of what concerns one's own seat."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from seats.actors import IsActor, actor_of
from seats.models import Seat


class OwnSeatView(APIView):
    """The base of what concerns one's own seat."""

    permission_classes = [IsActor]

    @staticmethod
    def seat(request: Request) -> Seat:
        """Return the seat that asks. Raises: PermissionDenied where the user has none."""
        seat = actor_of(request).seat
        if seat is None:
            raise PermissionDenied(_("Only seats can do this."))
        return seat
