"""The check-up as a page of the back office."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from bridge.platforms.checks import GOOD
from config.run import doctor


def may_open(request: HttpRequest) -> bool:
    """Tell whether the user looks after the site itself: who may see its parameters."""
    return request.user.has_perm("constance.view_config")


def page(request: HttpRequest) -> HttpResponse:
    """Show what is here; once the button was pressed, the accounts too, which makes calls to the platforms."""
    if not may_open(request):
        raise PermissionDenied
    all_of_it = request.method == "POST"
    checks = [*doctor.own(), *(doctor.endpoints() if all_of_it else ())]
    context = {
        **admin.site.each_context(request),
        "title": _("Check-up"),
        "checks": checks,
        "all_of_it": all_of_it,
        "fine": all(one.state == GOOD for one in checks),
    }
    return render(request, "admin/checkup.html", context)
