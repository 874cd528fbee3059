"""The back office's first page: today's figures, what needs a person, where to go, what is still to be set up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.access import may_read, readable_groups
from analytics.doors import Door, besides_office
from analytics.live import figures
from analytics.live.floor import groups_now
from analytics.live.today import today
from analytics.live.todo import todo
from analytics.models import Subscription
from bridge.base import clock
from bridge.models import Account, WorkingHours
from bridge.platforms import channels
from bridge.platforms.base import CUSTOMERS, SEATS
from seats.models import Seat, SeatGroup


@dataclass(frozen=True)
class Step:
    """One step of the set-up, where it is done, and whether it is."""

    text: str
    url: str
    done: bool


def steps(user: Any) -> list[Step]:
    """Return the steps that lead from an empty site to one that works, those that the user may take."""
    return [one for one in _steps() if figures.opens_page(user, one.url)]


def _steps() -> Iterator[Step]:
    """In the order of docs/connect.md: who answers, then where it comes from."""
    pages: list[tuple[Any, str, str]] = [
        (SeatGroup, _("Make a group of seats."), "seats_seatgroup"),
        (Seat, _("Make the seats: who answers, and how many conversations at a time."), "seats_seat"),
    ]
    for model, text, page in pages:
        yield Step(text, reverse(f"admin:{page}_add"), model.objects.exists())
    for one in channels.invitations(SEATS):
        yield Step(one.text, one.url, one.model.objects.exists())
    has_account = Account.objects.exists()
    for one in channels.invitations(CUSTOMERS):
        if not has_account or one.model.objects.exists():
            yield Step(one.text, one.url, has_account)
    yield Step(_("Say when you work."), reverse("admin:bridge_workinghours_add"), WorkingHours.objects.exists())
    yield Step(_("Have a report sent."), reverse("admin:analytics_subscription_add"), Subscription.objects.exists())


def ways(user: Any) -> list[Door]:
    """Return where the user may go from here."""
    return list(_ways(user))


def _ways(user: Any) -> Iterator[Door]:
    yield from besides_office(user)
    if address := sandbox_page():
        yield Door(_("Customer's phone"), address, _("Be a customer in the sandbox"), "phone")
    if user.has_perm("seats.view_seatgroup"):
        outlook = reverse("admin:seats_outlook")
        yield Door(_("Routing preview"), outlook, _("Who would serve a customer who writes now"), "play")


def sandbox_page() -> str:
    """Return the address of the sandbox's page where an account of this site is on it, else ""."""
    local = f"http://127.0.0.1:{settings.SANDBOX_PORT}"
    return f"{local}/" if channels.calls(f"{local}/") else ""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the admin's first page what the user may see of all this."""
    user: Any = request.user
    context["title"] = _("Today")
    context["ways"] = ways(user)
    context["steps"] = found = steps(user)
    left = sum(not one.done for one in found)
    context["steps_done"], context["steps_left"] = len(found) - left, left
    context["now"] = now = clock.now()
    readable = readable_groups(user)
    groups = groups_now(readable, now)
    context["todo"] = todo(user, groups, left)
    if may_read(user):
        context["today"] = today(readable, now)
        context["groups"] = groups
    else:
        context["tiles"] = figures.tiles(user)
    return context
