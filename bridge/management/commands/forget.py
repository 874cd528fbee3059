"""`manage.py forget --check WORD`: where a word is still stored, after a customer was erased."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bridge.privacy import where


class Command(BaseCommand):
    help = "Say where a word is still stored: table, column, number of rows. Ends with an error where it is found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", metavar="WORD", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        word = options["check"].strip()
        if not word:
            raise CommandError("A word is needed.")
        found = list(where.find(word))
        for one in found:
            self.stdout.write(f"{one.table}\t{one.column}\t{one.count}")
        if found:
            raise CommandError(f"It is stored in {len(found)} places.")
        self.stdout.write("It is stored nowhere.")
