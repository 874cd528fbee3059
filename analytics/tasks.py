"""The reports' Celery tasks."""

from __future__ import annotations

import logging

from celery import shared_task

from analytics.delivery import mailing
from analytics.facts import checking, rollups
from analytics.facts.times import HOUR, day_of
from bridge.base import clock
from bridge.live.parameters import parameters

logger = logging.getLogger(__name__)


@shared_task
def update_rollups() -> None:
    """Take in what has happened since the last time."""
    rollups.update(clock.now())


@shared_task
def send_reports() -> int:
    """Send the reports that are due."""
    return mailing.send_due(clock.now())


@shared_task
def check_rollups() -> int:
    """Count the last days a second time, as many as the parameter says. Returns how many numbers differ."""
    now, days = clock.now(), int(parameters.ROLLUP_CHECK_DAYS)
    if not days:
        return 0
    today = day_of(now)
    found = list(checking.check(day_of(today - (24 * days - 12) * HOUR), today, now))
    for one in found[:20]:
        logger.error("the reports' numbers differ from the facts: %s", one)
    checking.remember(len(found), now)
    return len(found)
