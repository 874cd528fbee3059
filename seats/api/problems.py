"""Errors of the API, all of one shape: problem details (RFC 9457), with a `code` that programs can go by.

    {"type": "about:blank", "title": "Bad Request", "status": 400, "code": "invalid",
     "detail": "text: This field is required.",
     "errors": [{"field": "text", "code": "required", "detail": "This field is required."}]}

`errors` stands where single fields are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, AuthenticationFailed, ErrorDetail, NotAuthenticated, ParseError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from bridge.media.errors import StorageError
from seats.api import limits

MEDIA_TYPE = "application/problem+json"
INSUFFICIENT_STORAGE, UNAVAILABLE = 507, 503


class NotStored(APIException):
    """Our storage takes no file now: 507 where it is full, 503 where it is read-only or away."""

    def __init__(self, fault: StorageError) -> None:
        self.status_code = INSUFFICIENT_STORAGE if fault.full else UNAVAILABLE
        super().__init__(_("%s. Please try again later.") % fault.reason, code=fault.code)


class TooLarge(APIException):
    """The request's body is larger than is taken."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error of a view as a problem; None where it is no error of the request's. DRF calls this."""
    meant = _meant(error)
    if isinstance(meant, NotAuthenticated | AuthenticationFailed):
        meant = limits.refused(context["request"]) or meant
    answer = exception_handler(meant, context)
    if answer is None:
        return None
    answer.data = of_details(answer.status_code, answer.data)
    answer.content_type = MEDIA_TYPE
    return answer


def _meant(error: Exception) -> Exception:
    """Return what an error means to who asked, also where the disk is full while a large upload is still read."""
    fault = error if isinstance(error, StorageError) else StorageError.of(error)
    if fault:
        return NotStored(fault)
    if isinstance(error, RequestDataTooBig):
        return TooLarge(_("The body is too large."))
    if isinstance(error, SuspiciousOperation | TooManyFieldsSent):
        return ParseError(_("The request cannot be read."))
    if isinstance(error, NotAuthenticated):
        words = _("Send a token with the request, as the header Authorization: Bearer and the token.")
        error.detail = ErrorDetail(words, error.default_code)
    # Without its words: "No Message matches the given query." names our tables and says nothing to who asked.
    return Http404() if isinstance(error, Http404) else error


def of_details(status: int, details: Any) -> dict[str, Any]:
    """Return the problem that DRF's error details say: one text, or, of a ValidationError alone, texts by field."""
    if isinstance(details, dict) and set(details) == {"detail"} and isinstance(details["detail"], ErrorDetail):
        return problem(status, details["detail"].code, str(details["detail"]))
    errors = list(_errors(details))
    words = " ".join(f"{one['field']}: {one['detail']}" if one["field"] else one["detail"] for one in errors)
    named = [one for one in errors if one["field"]]
    return problem(status, "invalid", words, **({"errors": named} if named else {}))


def _errors(details: Any, field: str = "") -> Iterator[dict[str, str]]:
    if isinstance(details, dict):
        for name, inner in details.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _errors(inner, ".".join(filter(None, (field, own))))
    elif isinstance(details, list | tuple):
        for inner in details:
            yield from _errors(inner, field)
    else:
        yield {"field": field, "code": str(getattr(details, "code", "")) or "invalid", "detail": str(details)}


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return a problem: `code` for programs, `detail` for people."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": int(status), "code": code, "detail": detail, **more}


def page(status: int, code: str, detail: str) -> JsonResponse:
    """Return the answer to a request that reaches no view of the API."""
    return JsonResponse(problem(status, code, detail), status=status, content_type=MEDIA_TYPE)


@csrf_exempt
def nowhere(request: HttpRequest, path: str) -> JsonResponse:
    """Answer an address below /api/ that there is not."""
    return page(HTTPStatus.NOT_FOUND, "not_found", _("There is no address /api/%s; see /api/docs/.") % path[:200])
