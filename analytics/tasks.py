"""The reports' Celery tasks."""

from __future__ import annotations

from celery import shared_task

from analytics import mailing, rollups
from bridge import clock


@shared_task
def update_rollups() -> None:
    """Take in what has happened since the last time."""
    rollups.update(clock.now())


@shared_task
def send_reports() -> int:
    """Send the reports that are due."""
    return mailing.send_due(clock.now())
