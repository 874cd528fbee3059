"""Reports by e-mail: the key figures in the letter, all numbers in the workbook with it."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from analytics.delivery import files
from analytics.facts import rollups
from analytics.models import Subscription
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import Report, report

logger = logging.getLogger(__name__)


def period_of(subscription: Subscription, today: date) -> tuple[date, date]:
    """Return first and last day of the period that was over when `today` began."""
    if subscription.period == Subscription.Period.DAY:
        return today - timedelta(days=1), today - timedelta(days=1)
    if subscription.period == Subscription.Period.WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday - timedelta(days=7), monday - timedelta(days=1)
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def scope_of(subscription: Subscription, today: date) -> Scope:
    """Return what the letter of `today` is about."""
    group = subscription.group.slug if subscription.group else ""
    return Scope(*period_of(subscription, today), subscription.account_id or 0, group)


def trouble_of(error: OSError) -> str:
    """Return in words why a letter was not sent."""
    return _("The mail server could not be reached, or refused the letter (%s).") % type(error).__name__


def send_due(now: datetime) -> int:
    """Send what is due and was not sent yet; returns how many letters. What fails is tried again in the next hour."""
    local = timezone.localtime(now)
    sent, counted = 0, False
    for one in Subscription.objects.filter(enabled=True, hour__lte=local.hour).select_related("account", "group"):
        scope = scope_of(one, local.date())
        if one.sent_for != scope.first and not counted:
            # The period may have ended a moment ago, and what is in a letter can't be added later.
            rollups.update(now)
            counted = True
        # Who claims it sends it: two tasks at once send one letter.
        mine = Subscription.objects.filter(pk=one.pk, sent_for=one.sent_for)
        if one.sent_for != scope.first and mine.update(sent_for=scope.first):
            sent += _send(one, scope, now)
    return sent


def _send(one: Subscription, scope: Scope, now: datetime) -> bool:
    before = one.sent_for
    try:
        with override(one.language):
            letter(one, report(DASHBOARDS[one.dashboard], scope, now, rollups.newest())).send()
    except OSError as error:
        logger.warning("the report %s was not sent (%s)", one.pk, type(error).__name__)
        Subscription.objects.filter(pk=one.pk).update(sent_for=before, trouble=trouble_of(error)[:200])
        return False
    Subscription.objects.filter(pk=one.pk).update(sent_at=now, trouble="")
    return True


def letter(one: Subscription, made: Report) -> EmailMultiAlternatives:
    """Return the letter, in the language in force."""
    scope = made.scope
    address = f"{settings.PUBLIC_URL}{_page(made)}"
    context = {"subscription": one, "report": made, "address": address}
    text = "\n".join([f"{one.name}: {scope.first} – {scope.last}", "", *files.lines(made), "", address])
    mail = EmailMultiAlternatives(f"{one.name} · {scope.first} – {scope.last}", text, to=one.addresses)
    mail.attach_alternative(render_to_string("reports/letter.html", context), "text/html")
    mail.attach(f"{made.dashboard.name}-{scope.first}-{scope.last}.xlsx", files.as_workbook(made), files.XLSX)
    return mail


def _page(made: Report) -> str:
    query = f"from={made.scope.first}&to={made.scope.last}"
    if made.scope.account:
        query += f"&account={made.scope.account}"
    if made.scope.group:
        query += f"&group={made.scope.group}"
    return f"/admin/reports/{made.dashboard.name}/?{query}"
