"""Middleware of our own."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

DOORS = "/callbacks/"


class DoorMiddleware:
    """Lets callbacks past the rest of the middleware: platforms have no sessions, cookies, forms or languages.

    It stands first; everything a door needs to be safe is in the door itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(DOORS):
            return self.get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return HttpResponse("no such door\n", status=404, content_type="text/plain")
        response = match.func(request, *match.args, **match.kwargs)
        # CommonMiddleware, which is skipped, would do this; without it the answer is sent in chunks.
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
