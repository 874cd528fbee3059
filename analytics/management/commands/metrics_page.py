"""`manage.py metrics_page`: write the pages of the metrics' definitions and of the views' columns."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from analytics.metrics import definitions
from analytics.tables import dictionary


class Command(BaseCommand):
    help = (
        "Writes docs/metrics.md and docs/data-dictionary.md, and their Chinese twins, from the definitions in the code."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for pages in (definitions, dictionary):
            for language, path in pages.LANGUAGES.items():
                (settings.BASE_DIR / path).write_text(pages.page(language), "utf-8")
                self.stdout.write(path)
