"""`manage.py provision FILE`: applies a provision file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from seats.provision import apply, schema


class Command(BaseCommand):
    help = "Bring the site to what a provision file says; see docs/configuration.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            summary = apply.apply(schema.read(options["file"]))
        except schema.ProvisionError as error:
            raise CommandError(str(error)) from error
        for line in summary.created:
            self.stdout.write(f"+ {line}")
        for line in summary.updated:
            self.stdout.write(f"~ {line}")
        self.stdout.write(f"{options['file']}: {len(summary.created)} created, {len(summary.updated)} changed")
