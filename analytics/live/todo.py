"""What needs a person now, for the first page: each with what was kept and where to mend it, the urgent ones first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.live import figures
from analytics.live.floor import GroupNow
from bridge.base import clock
from bridge.models import Conversation, Delivery, Endpoint, InboundEvent
from bridge.models.endpoints import model_of
from bridge.platforms import channels

URGENT, SOON, LATER = "bad", "warn", "mute"
ENDING = timedelta(hours=1)  # how long before its end an unanswered customer's window is pointed out
REASONS = 2


@dataclass(frozen=True)
class Todo:
    """One thing to do: how urgent, its icon, title and text, and where to do it; `code` is the platform's."""

    level: str
    icon: str
    title: str
    text: str
    url: str = ""
    button: str = ""
    code: str = ""


def todo(user: Any, groups: list[GroupNow], steps_left: int) -> list[Todo]:
    """Return what the user can do something about, the urgent first. `groups`: those whose numbers they may read, as they are now."""
    found = [*_troubles(user), *_warnings(user), *_queues(groups), *_dead(user), *_events(user), *_windows(user)]
    if steps_left:
        words = ngettext("%d step of the set-up is left", "%d steps of the set-up are left", steps_left) % steps_left
        found.append(Todo(LATER, "gear", words, _("The steps are listed under “Set-up”."), "#steps", _("Go on")))
    return sorted(found, key=lambda one: (URGENT, SOON, LATER).index(one.level))


def _troubles(user: Any) -> Iterator[Todo]:
    """Accounts that their platform refuses as a whole."""
    for endpoint in Endpoint.objects.exclude(trouble="").order_by("trouble_since"):
        meta = model_of(endpoint.platform)._meta
        if not user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            continue
        code, _colon, reason = endpoint.trouble.partition(": ")
        kept = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.QUEUED).count()
        since = timezone.localtime(endpoint.trouble_since).strftime("%m-%d %H:%M") if endpoint.trouble_since else ""
        text = _("Since %(since)s; %(kept)d messages are kept and go out once it is mended.") % {
            "since": since, "kept": kept,
        }  # fmt: skip
        yield Todo(
            URGENT, "store", f"{endpoint.name}：{reason or code}", text, channels.page_of(endpoint), _("Check the account"),
            code if reason else "",
        )  # fmt: skip


def _warnings(user: Any) -> Iterator[Todo]:
    for one in figures.warnings():
        if user.is_superuser or figures.opens_page(user, one.url):
            yield Todo(URGENT, "alert", one.text, "", one.url, _("Mend it"))


def _queues(groups: list[GroupNow]) -> Iterator[Todo]:
    for group in groups:
        if not group.over:
            continue
        words = _("%(group)s: %(waiting)d waiting, the longest for %(longest)s") % {
            "group": group.name, "waiting": group.waiting, "longest": group.longest,
        }  # fmt: skip
        text = ngettext("%(free)d place is free, %(online)d online.", "%(free)d places are free, %(online)d online.",
                        group.free) % {"free": group.free, "online": group.online}  # fmt: skip
        yield Todo(URGENT, "hourglass", words, text, reverse("reports-live"), _("See the queue"))


def _dead(user: Any) -> Iterator[Todo]:
    if not user.has_perm("bridge.view_delivery"):
        return
    dead = Delivery.objects.filter(state__in=(Delivery.State.FAILED, Delivery.State.UNKNOWN))
    if not (number := dead.count()):
        return
    words = ngettext("%d delivery is tried no more", "%d deliveries are tried no more", number) % number
    reasons = dead.order_by().values_list("reason").annotate(number=Count("pk")).order_by("-number")[:REASONS]
    text = "；".join(f"{reason or '–'} × {count}" for reason, count in reasons)
    url = reverse("admin:bridge_delivery_changelist") + "?state__exact=failed"
    yield Todo(URGENT, "alert", words, text, url, _("See and send again"))


def _events(user: Any) -> Iterator[Todo]:
    if not user.has_perm("bridge.view_inboundevent"):
        return
    if number := InboundEvent.objects.filter(state=InboundEvent.State.FAILED).count():
        words = ngettext("%d event could not be worked on", "%d events could not be worked on", number) % number
        url = reverse("admin:bridge_inboundevent_changelist") + f"?state__exact={InboundEvent.State.FAILED}"
        yield Todo(URGENT, "alert", words, _("Each is kept, with its reason."), url, _("See them"))


def _windows(user: Any) -> Iterator[Todo]:
    """Customers who wait for an answer that WeChat will soon not allow any more."""
    if not user.has_perm("bridge.view_conversation"):
        return
    now = clock.now()
    open_ones = Conversation.objects.exclude(status=Conversation.Status.CLOSED).filter(unanswered_since__isnull=False)
    ending = open_ones.filter(customer__window_until__gt=now, customer__window_until__lte=now + ENDING)
    number = ending.count()
    first = ending.select_related("customer").order_by("customer__window_until").first()
    if first is None:
        return
    words = ngettext("The window of %d customer ends within the hour", "The windows of %d customers end within the hour",
                     number) % number  # fmt: skip
    until = first.customer.window_until
    at = timezone.localtime(until).strftime("%H:%M") if until else ""
    text = _("The first at %(at)s: %(name)s.") % {"at": at, "name": first.customer.display_name}
    url = reverse("admin:bridge_conversation_transcript", args=[first.pk])
    yield Todo(SOON, "clock", words, text, url, _("See the conversation"))
