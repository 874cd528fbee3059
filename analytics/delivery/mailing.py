"""Reports by e-mail: the key figures in the letter, all numbers in the workbook with it."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from analytics.delivery import files
from analytics.facts import rollups
from analytics.models import Subscription
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.names import Names
from analytics.reports.query import Scope
from analytics.reports.report import Report, report

logger = logging.getLogger(__name__)
CORRECTED = timedelta(days=2)  # for how long a letter is held against what is recorded late


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
    """Send what is due and was not sent yet, and anew what was sent before the last of its facts was there.

    Returns how many letters. What fails is tried again in some minutes, until the next one is due.
    """
    local = timezone.localtime(now)
    sent, counted = 0, False
    due = Subscription.objects.filter(Q(hour__lte=local.hour) | ~Q(trouble=""), enabled=True)
    for one in due.select_related("account", "group"):
        # One that could not be sent is tried again beyond midnight, up to its next hour.
        scope = scope_of(one, local.date() if one.hour <= local.hour else local.date() - timedelta(days=1))
        if one.sent_for == scope.first:
            sent += _corrected(one, scope, now)
            continue
        if not counted:
            # The period may have ended a moment ago, and the letter is to have all that is known of it.
            rollups.update(now)
            counted = True
        # Who claims it sends it: two tasks at once send one letter.
        if Subscription.objects.filter(pk=one.pk, sent_for=one.sent_for).update(sent_for=scope.first):
            sent += _send(one, scope, now)
    return sent


def send_at_once(one: Subscription, now: datetime) -> None:
    """Send the letter of today besides those that are due, in its own language. Raises: OSError where it cannot be sent."""
    scope = scope_of(one, timezone.localtime(now).date())
    rollups.update(now)
    with override(one.language):
        letter(one, report(DASHBOARDS[one.dashboard], scope, now, rollups.newest())).send()


def _corrected(one: Subscription, scope: Scope, now: datetime) -> bool:
    try:
        return _correct(one, scope, now)
    except Exception:
        logger.exception("the report %s could not be held against what came late", one.pk)
        return False


def _correct(one: Subscription, scope: Scope, now: datetime) -> bool:
    """Send the letter again where a fact of its period was committed after it, and changed a number."""
    if one.sent_at is None or now - one.sent_at > CORRECTED or not rollups.came_late(one.held_to, scope.end):
        return False
    rollups.update(now)
    counted_to = rollups.counted_to()
    with override(one.language):
        made = report(DASHBOARDS[one.dashboard], scope, now, rollups.newest())
    mine = Subscription.objects.filter(pk=one.pk, held_to=one.held_to, sent_digest=one.sent_digest)
    digest = digest_of(made)
    if digest == one.sent_digest:
        mine.update(held_to=counted_to)
        return False
    return bool(mine.update(sent_digest=digest)) and _send(one, scope, now, corrects=True)


def _send(one: Subscription, scope: Scope, now: datetime, *, corrects: bool = False) -> bool:
    counted_to = rollups.counted_to()
    mine = Subscription.objects.filter(pk=one.pk)
    try:
        with override(one.language):
            made = report(DASHBOARDS[one.dashboard], scope, now, rollups.newest())
            letter(one, made, corrects=corrects).send()
    except OSError as error:
        logger.warning("the report %s was not sent (%s)", one.pk, type(error).__name__)
        return _not_sent(one, trouble_of(error))
    except Exception:
        # Whatever is wrong with this one, the others are sent.
        logger.exception("the report %s could not be made", one.pk)
        return _not_sent(one, _("The letter could not be made; the log says why."))
    mine.update(sent_at=now, sent_digest=digest_of(made), held_to=counted_to, trouble="")
    return True


def _not_sent(one: Subscription, trouble: str) -> bool:
    """Say what is wrong; it is tried again."""
    undone = {"sent_for": one.sent_for, "sent_digest": one.sent_digest}
    Subscription.objects.filter(pk=one.pk).update(**undone, trouble=trouble[:200])
    return False


def digest_of(made: Report) -> str:
    """Return a digest of the report's tiles, charts and tables, the same for the same numbers."""
    numbers = [[tile.metric.name, tile.value, tile.before] for tile in made.tiles]
    charts = [[graph.name, [series.values for series in graph.series]] for graph in made.graphs]
    tables = [[sheet.name, [[str(line.key), line.values] for line in sheet.lines]] for sheet in made.sheets]
    return sha256(json.dumps([numbers, charts, tables]).encode()).hexdigest()


def letter(one: Subscription, made: Report, *, corrects: bool = False) -> EmailMultiAlternatives:
    """Return the letter, in the language in force; `corrects`: it takes the place of one that was sent."""
    scope = made.scope
    address = f"{settings.PUBLIC_URL}{_page(made)}"
    said = _("Corrected: something of this time was recorded after the letter before this one.") if corrects else ""
    limits = Names.load().limits(scope)
    context = {"subscription": one, "report": made, "address": address, "said": said, "limits": limits}
    head = [f"{one.name}: {scope.first} – {scope.last}", *(f"{what}: {which}" for what, which in limits)]
    text = "\n".join([*head, *([said] if said else []), "", *files.lines(made), "", address])
    # A name is one line in a header, however it came into the table.
    subject = f"{' '.join(one.name.split())} · {scope.first} – {scope.last}"
    mail = EmailMultiAlternatives(f"{_('Corrected')} · {subject}" if corrects else subject, text, to=one.addresses)
    mail.attach_alternative(render_to_string("reports/letter.html", context), "text/html")
    mail.attach(f"{files.name_of(made.dashboard.name, scope)}.xlsx", files.as_workbook(made), files.XLSX)
    return mail


def _page(made: Report) -> str:
    query = f"from={made.scope.first}&to={made.scope.last}"
    if made.scope.account:
        query += f"&account={made.scope.account}"
    if made.scope.group:
        query += f"&group={made.scope.group}"
    return f"/admin/reports/{made.dashboard.name}/?{query}"
