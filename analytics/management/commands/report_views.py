"""`manage.py report_views`: SQL views of the reports' data for other tools."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from analytics.tables import making


class Command(BaseCommand):
    help = "Makes the views analytics_conversation, analytics_event and others for Metabase, Superset and the like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--drop", action="store_true", help="take them away")

    def handle(self, *args: Any, drop: bool, **options: Any) -> None:
        for name in making.drop() if drop else making.make():
            self.stdout.write(name)
