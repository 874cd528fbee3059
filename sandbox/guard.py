"""Keeps foreign web pages out: what a browser sends to the play API must come from the sandbox's own page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden


class SameOriginMiddleware:
    """Refuses requests that a browser says another site made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return HttpResponseForbidden("another site")
        request.get_host()
        return self.get_response(request)
