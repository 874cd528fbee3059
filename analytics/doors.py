"""Where somebody may go: what a page says that they may not read, and where the site's own address leads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.access import may_read
from seats.actors import Actor


@dataclass(frozen=True)
class Door:
    """One part of the site that somebody may enter; `text` says what is there, `icon` is its sign."""

    label: str
    url: str
    text: str = ""
    icon: str = ""


def doors(user: Any) -> list[Door]:
    """Return the parts of the site that the user may enter, the one they use most first."""
    if not user.is_authenticated:
        return []
    office = [Door(_("Back office"), reverse("admin:index"))] if user.is_active and user.is_staff else []
    return [*office, *besides_office(user)]


def besides_office(user: Any) -> Iterator[Door]:
    """Yield the parts of the site besides the back office that the user may enter."""
    actor = Actor.of(user)
    if actor:
        yield Door(_("Desk"), reverse("desk"), _("Where seats answer customers"), "headset")
    if actor and actor.roles.oversees_any:
        yield Door(_("Floor"), reverse("desk-floor"), _("Who waits and who is there, now"), "floor")
    if may_read(user):
        reports = reverse("reports-dashboard", args=["overview"])
        yield Door(_("Reports"), reports, _("All numbers, and what is behind them"), "chart")


def menu(request: HttpRequest) -> dict[str, Any]:
    """Return what the back office's frame shows of its own pages to a user who may not enter it: where they may go.

    Reports, API tokens and two-step sign-in stand in that frame for seats and supervisors too.
    """
    if request.user.is_staff or not request.user.is_authenticated:
        return {}
    own = [Door(_("My API tokens"), reverse("own-tokens")), Door(_("Two-step sign-in"), reverse("two-step"))]
    items = [
        {"title": one.label, "link": one.url, "has_permission": True, "active": request.path == one.url}
        for one in (*besides_office(request.user), *own)
    ]
    return {"sidebar_navigation": [{"title": "", "items": items}], "sidebar_show_search": False}


def ways_to(user: Any, conversations: Iterable[int]) -> dict[int, str]:
    """Return for those of the conversations that the user may read where they read them."""
    numbers = list(conversations)
    if user.is_staff and user.has_perm("bridge.view_conversation"):
        return {pk: reverse("admin:bridge_conversation_transcript", args=[pk]) for pk in numbers}
    actor = Actor.of(user)
    if actor is None or not numbers:
        return {}
    seen = actor.conversations().filter(pk__in=numbers).values_list("pk", flat=True)
    return {pk: f"{reverse('desk')}?c={pk}" for pk in seen}


def home(request: HttpRequest) -> HttpResponseBase:
    """Lead to the first part of the site that the user may enter; a user who may enter none reads so."""
    if not request.user.is_authenticated:
        return redirect("admin:login")
    found = doors(request.user)
    return redirect(found[0].url) if found else wrong(request)


def wrong(request: HttpRequest) -> HttpResponse:
    """The page for whoever may not enter here: it says where they may."""
    return render(request, "403.html", status=403)


def login(request: HttpRequest, site: Any) -> HttpResponseBase:
    """The back office's log-in; a user who is logged in and may not enter reads where to go instead of a second log-in."""
    if request.method == "GET" and request.user.is_authenticated and not site.has_permission(request):
        wanted = request.GET.get("next", "")
        home_of_site = (reverse("admin:index"), reverse("home"), "")
        return home(request) if wanted in home_of_site else wrong(request)
    answer: HttpResponseBase = site.login(request)
    return answer


def to_login(request: HttpRequest) -> HttpResponseBase:
    """Lead somebody who is not logged in to the log-in that leads back here."""
    return redirect_to_login(request.get_full_path(), reverse("desk-login"))
