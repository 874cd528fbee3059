"""API tokens: for programs that act as you. Only a digest of one is kept, so it is shown once."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from seats.actors import IsActorOrStaff
from seats.api import authentication, scopes
from seats.api.bodies import checked


class AskedTokenSerializer(serializers.Serializer[Any]):
    """For how many days the token lasts, what it may be used for, and what its owner calls it."""

    days = serializers.IntegerField(min_value=1, max_value=authentication.LONGEST, default=90)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(scopes.SCOPES)), min_length=1, default=[scopes.READ]
    )
    name = serializers.CharField(max_length=60, default="", allow_blank=True)


class TokenSerializer(serializers.Serializer[Any]):
    """A token, by its beginning."""

    key = serializers.CharField(source="token_key")
    name = serializers.CharField(allow_blank=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(scopes.SCOPES)))
    created = serializers.DateTimeField()
    expires = serializers.DateTimeField(source="expiry")


class NewTokenSerializer(TokenSerializer):
    """A new token: `Authorization: Bearer <token>`. It is shown this once."""

    token = serializers.CharField()


class TokensView(APIView):
    """Your API tokens. They are made and revoked in a browser's session only: a stolen one can't make others."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsActorOrStaff]

    @extend_schema(responses=TokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(TokenSerializer(authentication.tokens_of(request.user), many=True).data)

    @extend_schema(request=AskedTokenSerializer, responses={201: NewTokenSerializer})
    def post(self, request: Request) -> Response:
        asked = checked(AskedTokenSerializer, request)
        if len(authentication.tokens_of(request.user)) >= authentication.MOST:
            raise ValidationError(_("At most %d; delete some first.") % authentication.MOST)
        made, token = authentication.make_token(request.user, asked["days"], asked["scopes"], asked["name"])
        (row,) = (one for one in authentication.tokens_of(request.user) if one.pk == made.pk)
        answer = Response({**TokenSerializer(row).data, "token": token}, status=201)
        answer["Cache-Control"] = "no-store"
        return answer


class TokenView(APIView):
    """One of your API tokens, by its key."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsActorOrStaff]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Revoke it."""
        if not authentication.end_token(request.user, key):
            raise NotFound(_("There is no such token."))
        return Response(status=204)
