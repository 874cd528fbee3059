"""What browsers are told about every page: where scripts, styles and files may come from, and what a page may use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# Nothing in a page is a script or a style by itself: what is inline needs the answer's nonce, or one of these digests of the
# two fixed style elements of the packages (the theme's lists without actions; the API's page).
_STYLES = (
    "'sha256-+MEQ/O07HiRf96s+FyiSQj7xKrHjGPZWCed2MyGUBF4='",
    "'sha256-MMpT0iDxyjALd9PdfepImGX3DBfJPXZ4IlDWdPAgtn0='",
)
POLICY: dict[str, Any] = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, NONCE, *_STYLES],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# Only the desk's recorder uses any of these.
PERMISSIONS = "microphone=(self), camera=(), geolocation=(), payment=(), usb=()"
_ADMIN = "/admin/"
_COLOURS = b'<style id="unfold-theme-colors">'


class Headers:
    """Adds what the back office's theme needs to the policy, for the back office alone.

    The theme's Alpine evaluates the expressions in its attributes (`unsafe-eval`), and writes its colours into each page as a
    style element, which gets the answer's nonce here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer: Any = self.get_response(request)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if request.path.startswith(_ADMIN) and isinstance(answer, HttpResponse):
            answer._csp_update = {"script-src": [UNSAFE_EVAL]}  # type: ignore[attr-defined]  # read by django-csp
            _let_colours_in(request, answer)
        return answer


def _let_colours_in(request: HttpRequest, answer: HttpResponse) -> None:
    if answer.headers.get("Content-Type", "").startswith("text/html") and _COLOURS in answer.content:
        nonce = str(request.csp_nonce).encode()  # type: ignore[attr-defined]
        answer.content = answer.content.replace(_COLOURS, _COLOURS[:-1] + b' nonce="' + nonce + b'">', 1)
        if "Content-Length" in answer.headers:
            answer.headers["Content-Length"] = str(len(answer.content))
