"""`manage.py doctor`: the check-up, a line each, with what to do."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from bridge.platforms.checks import BAD, GOOD, WARN
from config.run import doctor

MARKS = {GOOD: "✓", WARN: "!", BAD: "✗"}


class Command(BaseCommand):
    help = (
        "Look at all that the site needs and say what to do where something is wrong. Ends with an error where it is."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--local", action="store_true", help="call no platform")

    def handle(self, *args: Any, **options: Any) -> None:
        found: Counter[str] = Counter()
        for one in chain(doctor.own(), () if options["local"] else doctor.endpoints()):
            found[one.state] += 1
            self.stdout.write(f"{MARKS[one.state]} {one.name}: {one.said}")
            if one.todo:
                self.stdout.write(f"  → {one.todo}")
        if found[BAD]:
            raise CommandError(_("%(bad)d of %(all)d are wrong.") % {"bad": found[BAD], "all": found.total()})
        self.stdout.write(_("%(good)d in order, %(warn)d to look at.") % {"good": found[GOOD], "warn": found[WARN]})
