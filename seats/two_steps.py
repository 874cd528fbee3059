"""Whoever has a role that must sign in in two steps sets that up before anything else."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bridge.staff import twostep
from seats.api import problems

BELOW = ("/admin/", "/desk/", "/api/")
OPEN = ("two-step", "admin:logout", "admin:login", "desk-logout", "desk-login")


class TwoStepsAsked:
    """Leads such a user to the page where it is set up; the API says so. Tokens are not concerned: they are made in a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        concerned = request.path.startswith(BELOW) and request.path not in map(reverse, OPEN)
        if not concerned or not twostep.is_missing(request.user):
            return self.get_response(request)
        words = _("Your role must sign in in two steps: set that up first.")
        if request.path.startswith("/api/"):
            return problems.page(HTTPStatus.FORBIDDEN, "two_step_needed", words)
        messages.warning(request, words)
        return redirect("two-step")
