"""`manage.py demo_data`: a believable history, to see the reports before there is anything to report."""

from __future__ import annotations

import random
import sys
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.demo import history, site
from analytics.facts import rollups
from analytics.facts.times import day_start
from bridge.base import clock
from bridge.models import Conversation

WIDTH = 40


class Command(BaseCommand):
    help = "Fills an empty site with accounts, seats and closed conversations of the last days, and makes the reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=90)
        parser.add_argument("--conversations", type=int, default=20_000)
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same history")
        parser.add_argument("--force", action="store_true", help="also where there are conversations already")

    def handle(self, *args: Any, days: int, conversations: int, seed: int, force: bool, **options: Any) -> None:
        if days < 1 or conversations < 1:
            raise CommandError(_("--days and --conversations are at least 1."))
        if Conversation.objects.exists() and not force:
            raise CommandError(_("There are conversations here already; --force puts the demo's beside them."))
        began = time.monotonic()
        hand = random.Random(seed)  # noqa: S311 -- a history, not a secret
        for written in history.write(site.build(hand), clock.now(), days, conversations, hand):
            self._bar(_("conversations"), written, conversations)
        today = day_start(timezone.localtime(clock.now()).date())
        first, newest = today - timedelta(days=days - 1), rollups.newest_fact()
        for until, _hours in rollups.rebuild(first, today + timedelta(days=1), clock.now()):
            self._bar(_("reports"), (until - first).days, days)
        rollups.count_as_done(newest, clock.now())
        seconds = time.monotonic() - began
        said = _("%(count)d conversations of %(days)d days are there (%(seconds)d s).")
        self.stdout.write("\n" + said % {"count": conversations, "days": days, "seconds": seconds})

    def _bar(self, name: str, done: int, whole: int) -> None:
        if sys.stderr.isatty():
            filled = WIDTH * min(done, whole) // whole
            self.stderr.write(f"\r{'█' * filled}{'░' * (WIDTH - filled)} {done:,} / {whole:,} {name}  ", ending="")
            self.stderr.flush()
