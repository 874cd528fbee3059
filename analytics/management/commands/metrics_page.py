"""`manage.py metrics_page`: write the pages of the metrics' definitions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from analytics.metrics.definitions import LANGUAGES, page


class Command(BaseCommand):
    help = "Writes docs/metrics.md and docs/metrics.zh-CN.md from the metrics' definitions."

    def handle(self, *args: Any, **options: Any) -> None:
        for language, path in LANGUAGES.items():
            (settings.BASE_DIR / path).write_text(page(language), "utf-8")
            self.stdout.write(path)
