"""`manage.py rollup`: make the reports' numbers anew from the facts."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics import rollups
from analytics.times import day_start
from bridge import clock


class Command(BaseCommand):
    help = "Makes the reports' numbers of a range of days anew from the facts. The site may run meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day, such as 2026-11-01")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day; without both, everything")

    def handle(self, *args: Any, first: date | None, last: date | None, **options: Any) -> None:
        extent = rollups.extent()
        if extent is None:
            self.stdout.write(_("Nothing has happened yet: there is nothing to count."))
            return
        first = first or timezone.localtime(extent[0]).date()
        last = last or timezone.localtime(extent[1]).date()
        if last < first:
            raise CommandError(_("--to is before --from."))
        made = 0
        for until, hours in rollups.rebuild(day_start(first), day_start(last + timedelta(days=1)), clock.now()):
            made += hours
            self.stdout.write(f"{timezone.localtime(until - timedelta(seconds=1)):%Y-%m-%d}  {made}")
        self.stdout.write(_("%d hours were made anew.") % made)
