"""API tokens: for programs that act as you. Only a digest of one is kept, so it is shown once."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from seats.actors import IsActor
from seats.api.authentication import make_token
from seats.api.bodies import checked

MOST = 20


class AskedTokenSerializer(serializers.Serializer[Any]):
    """For how many days the token lasts."""

    days = serializers.IntegerField(min_value=1, max_value=730, default=90)


class TokenSerializer(serializers.Serializer[Any]):
    """A token, by its beginning."""

    key = serializers.CharField(source="token_key")
    created = serializers.DateTimeField()
    expires = serializers.DateTimeField(source="expiry")


class NewTokenSerializer(TokenSerializer):
    """A new token: `Authorization: Bearer <token>`. It is shown this once."""

    token = serializers.CharField()


def _own(request: Request) -> QuerySet[AuthToken]:
    return AuthToken.objects.filter(user=request.user.pk)


class TokensView(APIView):
    """Your API tokens. They are made and revoked in a browser's session only: a stolen one can't make others."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsActor]

    @extend_schema(responses=TokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(TokenSerializer(_own(request).order_by("created"), many=True).data)

    @extend_schema(request=AskedTokenSerializer, responses={201: NewTokenSerializer})
    def post(self, request: Request) -> Response:
        asked = checked(AskedTokenSerializer, request)
        if _own(request).count() >= MOST:
            raise ValidationError(_("At most %d; delete some first.") % MOST)
        made, token = make_token(request.user, asked["days"])
        answer = Response({**TokenSerializer(made).data, "token": token}, status=201)
        answer["Cache-Control"] = "no-store"
        return answer


class TokenView(APIView):
    """One of your API tokens, by its key."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsActor]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Revoke it."""
        deleted, _rows = _own(request).filter(token_key=key).delete()
        if not deleted:
            raise NotFound(_("There is no such token."))
        return Response(status=204)
