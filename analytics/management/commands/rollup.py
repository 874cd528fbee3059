"""`manage.py rollup`: make the reports' numbers anew from the facts."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.facts import checking, rollups
from analytics.facts.times import day_start
from bridge.base import clock

MOST_LINES = 200


class Command(BaseCommand):
    help = "Makes the reports' numbers of a range of days anew from the facts. The site may run meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day, such as 2026-11-01")
        parser.add_argument(
            "--check", action="store_true", help="count a second time; print what differs, and exit with 1"
        )
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day; without both, everything")

    def handle(self, *args: Any, first: date | None, last: date | None, check: bool, **options: Any) -> None:
        extent = rollups.extent()
        if extent is None:
            self.stdout.write(_("Nothing has happened yet: there is nothing to count."))
            return
        first = first or timezone.localtime(extent[0]).date()
        last = last or timezone.localtime(extent[1]).date()
        if last < first:
            raise CommandError(_("--to is before --from."))
        start, end = day_start(first), day_start(last + timedelta(days=1))
        if check:
            self._check(start, end)
        else:
            self._rebuild(start, end)

    def _check(self, start: datetime, end: datetime) -> None:
        found = 0
        for found, one in enumerate(checking.check(start, end, clock.now()), 1):
            at = f"{timezone.localtime(one.start):%Y-%m-%d %H:%M}"
            if found <= MOST_LINES:
                values = [value.hex() if isinstance(value, bytes) else value for value in (one.stored, one.counted)]
                self.stdout.write(f"{one.grain}  {at}  {one.whose}  {one.name}: {values[0]} != {values[1]}")
        if found:
            raise CommandError(_("%d numbers differ from what the facts make.") % found)
        self.stdout.write(_("All numbers are what the facts make."))

    def _rebuild(self, start: datetime, end: datetime) -> None:
        made = 0
        for until, hours in rollups.rebuild(start, end, clock.now()):
            made += hours
            self.stdout.write(f"{timezone.localtime(until - timedelta(seconds=1)):%Y-%m-%d}  {made}")
        self.stdout.write(_("%d hours were made anew.") % made)
