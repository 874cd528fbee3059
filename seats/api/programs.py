"""Programs that listen to what changes, with a token: /api/stream/, server-sent events that carry ids alone."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from knox.models import AuthToken
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    MethodNotAllowed,
    NotAuthenticated,
    PermissionDenied,
    Throttled,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bridge.base.asgi import Scope
from seats.actors import Actor, IsActor
from seats.api import limits, problems
from seats.api.authentication import SealedTokenAuthentication
from seats.api.schema import ProblemSerializer
from seats.desk.hub import Desk, Program

PATH = "/api/stream/"


class TooManyStreams(Throttled):
    """The user has as many event streams open as they may."""

    SECONDS = 30

    def __init__(self) -> None:
        super().__init__(self.SECONDS)
        self.detail = ErrorDetail(self.words(), "too_many_streams")

    @staticmethod
    def words() -> str:
        """Return what the user is told."""
        return _("You have %d event streams open, which is as many as one user may have: close one first.") % (
            settings.STREAMS_PER_USER
        )


def enter(scope: Scope) -> Desk | HttpResponse:
    """Return the program that asks to listen, or the problem that it gets instead."""
    request = Request(ASGIRequest(scope, BytesIO()), parser_context={"view": None})
    with translation.override(translation.get_language_from_request(request._request)):
        try:
            if scope["method"] != "GET":
                raise MethodNotAllowed(scope["method"])
            actor, token = _who(request)
            if wait := limits.wait_of(limits.of_token(token)):
                raise Throttled(wait)
        except APIException as error:
            return _refusal(error, request)
    return Program(actor, lambda: _again(scope), f"program:{token.user_id}")


def too_many(scope: Scope) -> HttpResponse:
    """Return the problem that a program gets whose user has as many streams open as they may."""
    request = Request(ASGIRequest(scope, BytesIO()))
    with translation.override(translation.get_language_from_request(request._request)):
        return _refusal(TooManyStreams(), request)


def _who(request: Request) -> tuple[Actor, AuthToken]:
    """Return who asks. Raises: APIException where it is nobody, or nobody who may."""
    found = SealedTokenAuthentication().authenticate(request)
    if found is None:
        raise NotAuthenticated
    actor = Actor.of(found[0])
    if actor is None:
        raise PermissionDenied
    return actor, found[1]


def _again(scope: Scope) -> Actor | None:
    """Return who listens, looked up anew; None where the token or its user has ended since."""
    try:
        return _who(Request(ASGIRequest(scope, BytesIO()), parser_context={"view": None}))[0]
    except APIException:
        return None


def _refusal(error: APIException, request: Request) -> HttpResponse:
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        error.auth_header = SealedTokenAuthentication().authenticate_header(request)
    answer = problems.answer_to(error, {"request": request})
    assert answer is not None
    page = JsonResponse(answer.data, status=answer.status_code, content_type=problems.MEDIA_TYPE)
    for name, value in answer.items():
        page.setdefault(name, value)
    return page


class StreamView(APIView):
    """What changes, as it happens, for a program with a token. See docs/api.md.

    Server-sent events. `conversation`: `{"conversation": 12, "messages": [7], "moved": false, "offered": false}`, the ids of
    what is new; a `conversation` of null says that one has moved that you no longer see. `seat`: your own presence or load.
    `reset`: more has changed than is kept; read all anew. `beat`: a sign of life. Send the last `id` back as `Last-Event-ID`.
    """

    permission_classes = [IsActor]

    @extend_schema(
        parameters=[OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER)],
        responses={(200, "text/event-stream"): OpenApiTypes.STR, (503, problems.MEDIA_TYPE): ProblemSerializer},
    )
    def get(self, request: Request) -> Response:
        """Listen. The site's own server answers this before any view; another one that runs the site cannot."""
        words = _("This server gives no event streams: start the site by its own command.")
        data = problems.problem(HTTPStatus.SERVICE_UNAVAILABLE, "no_streams", words)
        return Response(data, HTTPStatus.SERVICE_UNAVAILABLE, content_type=problems.MEDIA_TYPE)
