"""Whose page it is: what one user's desk asks for or sends is not done in the name of another who has logged in since."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from seats.api import problems

HEADER = "X-Desk-User"


class SameUser:
    """Refuses what a desk sends that was opened by another user, by the user's id in a header. Others send none.

    Two seats who share a browser share its session cookie: without this, what the first one wrote while the line was down
    would go out in the second one's name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        page = request.headers.get(HEADER)
        if page and request.user.is_authenticated and page != str(request.user.pk):
            words = _("Somebody else has logged in here. Nothing more is shown or sent; reload this page.")
            return problems.page(HTTPStatus.FORBIDDEN, "other_user", words)
        return self.get_response(request)
