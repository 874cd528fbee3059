"""The sandbox's page: a customer's phone and a seat's IM client side by side."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from sandbox import odd, settings
from sandbox.world import world


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show the page; what happens on it comes by `play.state`."""
    here = world()
    accounts = [
        {"slug": table["slug"], "name": table.get("name", table["slug"])} for table in here.site["wechat_account"]
    ]
    context = {
        "config": {"accounts": accounts, "seats": here.seats(), "started": here.started},
        "odd": {"customer": odd.CUSTOMER, "seat": odd.SEAT},
        "language": get_language(),
        "bridge": settings.BRIDGE_URL,
    }
    return render(request, "sandbox/play.html", context)
