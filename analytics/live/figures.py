"""The numbers of this moment, for the admin's first page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, Min, Sum
from django.http import HttpRequest
from django.urls import resolve, reverse
from django.utils.translation import gettext as _

from bridge.base import clock, secrets
from bridge.models import Account, Conversation, Delivery, Fact, InboundEvent
from bridge.platforms import channels
from bridge.values.agents import directory
from bridge.values.text import duration
from seats.models import QueueEntry, Seat

MINUTES = 5  # over which messages a minute are counted


@dataclass(frozen=True)
class Tile:
    """One number with its name, a second line, where a click leads, and whether someone should look."""

    name: str
    value: str
    note: str
    url: str
    alarm: bool = False


def _conversations() -> Tile:
    still_open = Conversation.objects.exclude(status=Conversation.Status.CLOSED).count()
    assigned = Conversation.objects.filter(status=Conversation.Status.ASSIGNED).count()
    url = reverse("admin:bridge_conversation_changelist") + "?closed_at__isnull=True"
    return Tile(_("Open conversations"), f"{still_open:,}", _("%d with a seat") % assigned, url)


def _waiting() -> Tile:
    everyone = QueueEntry.objects.filter(overflowed=False)
    entries, left = everyone.filter(left=False), everyone.filter(left=True).count()
    first = entries.aggregate(first=Min("enqueued_at"))["first"]
    waited = int((clock.now() - first).total_seconds()) if first else 0
    note = _("the longest for %s") % duration(waited) if first else _("nobody waits")
    if left:
        note += _("; %d messages were left") % left
    url = reverse("admin:seats_queueentry_changelist")
    return Tile(_("Waiting customers"), f"{entries.count():,}", note, url, alarm=waited > 300)


def _seats() -> Tile:
    online = Seat.objects.filter(online=True, user__is_active=True).exclude(availability=Seat.Availability.OFFLINE)
    busy = online.filter(availability=Seat.Availability.BUSY).count()
    load = online.aggregate(load=Sum("load"), capacity=Sum("capacity"))
    note = _("%(busy)d busy, %(load)d of %(capacity)d conversations") % {
        "busy": busy,
        "load": load["load"] or 0,
        "capacity": load["capacity"] or 0,
    }
    url = reverse("admin:seats_seat_changelist")
    return Tile(_("Seats online"), f"{online.count():,}", note, url, alarm=not online.exists())


def _failures() -> Tile:
    """Deliveries and events that somebody must look at; a click leads to whichever there are."""
    states = (Delivery.State.FAILED, Delivery.State.UNKNOWN)
    deliveries = Delivery.objects.filter(state__in=states).count()
    events = InboundEvent.objects.filter(state=InboundEvent.State.FAILED).count()
    held = Delivery.objects.filter(state=Delivery.State.HELD).count()
    note = _("%(deliveries)d deliveries, %(events)d events; %(held)d held") % {
        "deliveries": deliveries, "events": events, "held": held,
    }  # fmt: skip
    page = "inboundevent_changelist" if events and not deliveries else "delivery_changelist"
    query = "?state__exact=3" if events and not deliveries else "?state__exact=failed"
    url = reverse(f"admin:bridge_{page}") + query
    return Tile(_("Failed"), f"{deliveries + events:,}", note, url, alarm=deliveries + events > 0)


def _messages() -> Tile:
    """Of the last minutes, so that one quiet minute is not taken for an outage."""
    kinds = (Fact.Kind.RECEIVED, Fact.Kind.ANSWERED, Fact.Kind.BOT)
    since = clock.now() - timedelta(minutes=MINUTES)
    counts = dict(
        Fact.objects.filter(kind__in=kinds, at__gte=since).order_by().values_list("kind").annotate(number=Count("pk"))
    )
    came = counts.pop(Fact.Kind.RECEIVED, 0)
    note = _("%(came)d of customers, %(went)d of ours in %(minutes)d minutes") % {
        "came": came, "went": sum(counts.values()), "minutes": MINUTES,
    }  # fmt: skip
    url = reverse("admin:bridge_message_changelist")
    return Tile(_("Messages a minute"), f"{(came + sum(counts.values())) / MINUTES:,.1f}", note, url)


def _accounts() -> Tile:
    accounts = Account.objects.count()
    troubled = Account.objects.exclude(trouble="").count()
    url = channels.accounts_page()
    return Tile(_("Accounts in trouble"), f"{troubled:,}", _("of %d") % accounts, url, alarm=troubled > 0)


def opens_page(user: Any, url: str) -> bool:
    """Tell whether the user may open this page of the admin, which is about one model: to add or to change, if it says so."""
    found = resolve(urlsplit(url).path).url_name or ""
    app, _sep, rest = found.partition("_")
    model, _sep, page = rest.rpartition("_")
    if page == "add":  # a page may ask for more than the permission of this name
        asked = HttpRequest()
        asked.user = user
        return bool(admin.site.get_model_admin(apps.get_model(app, model)).has_add_permission(asked))
    verb = "change" if page == "change" else "view"
    return bool(user.has_perm(f"{app}.{verb}_{model}"))


def tiles(user: Any) -> list[Tile]:
    """Return the tiles of the first page, for those who may see conversations."""
    if not user.has_perm("bridge.view_conversation"):
        return []
    made = [_conversations(), _waiting(), _seats(), _messages(), _failures(), _accounts()]
    return [one if opens_page(user, one.url) else replace(one, url="") for one in made]


@dataclass(frozen=True)
class Warned:
    """One thing that is wrong, and where it is mended."""

    text: str
    url: str


def warnings() -> list[Warned]:
    """Return what keeps the site or an account from its job, with where to mend it."""
    return [*_unreadable_secrets(), *_reaching_nobody()]


def _reaching_nobody() -> Iterator[Warned]:
    words = _("Customers of %s reach nobody: its group has no seats, or it has no group.")
    for account in Account.objects.order_by("name"):
        if not directory().staff(account.group):
            yield Warned(words % account, channels.page_of(account))


def _unreadable_secrets() -> list[Warned]:
    lost = sum(secrets.unreadable().values())
    if not lost:
        return []
    words = _(
        "%d stored secrets cannot be read because SECRET_KEY was changed: no message gets through. Set SECRET_KEY to what it "
        "was, or put the old key into SECRET_KEY_FALLBACKS; if it is gone, enter the secrets anew."
    )
    return [Warned(words % lost, channels.accounts_page())]
