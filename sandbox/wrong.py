"""What whoever plays has asked for and cannot be: answered in words with 400, not with an error of the sandbox's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase


class Wrong(Exception):
    """The request must be mended; its words say how."""


class Fields(dict[str, Any]):
    """The fields of a request. Raises `Wrong` for one that is missing."""

    def __missing__(self, name: str) -> Any:
        raise Wrong(f"`{name}` is missing in the body; docs/sandbox.md lists what each path takes")


class WrongMiddleware:
    """Answers what is wrong with a request below /play/, also where a value is of another kind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> JsonResponse | None:
        """Return the answer; None for what is no fault of the request's."""
        if not request.path.startswith("/play/"):
            return None
        if isinstance(exception, Wrong):
            return JsonResponse({"error": str(exception)}, status=400)
        if isinstance(exception, (TypeError, ValueError)):
            return JsonResponse({"error": f"a value cannot be read: {exception}"}, status=400)
        return None
