"""Lists as files, and files as rows: what the pages with an export or import share."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.formats.base_formats import CSV, JSON, XLSX
from unfold.contrib.import_export.forms import ExportForm, ImportForm

MOST = 50_000  # rows of one file


class Exported(ExportMixin):
    """A page whose list, as it is filtered, can be taken along; at most MOST rows."""

    export_form_class = ExportForm
    formats = (XLSX, CSV, JSON)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_export_queryset(request)[:MOST]


class Exchanged(ImportExportMixin):
    """A page whose rows can be taken along, changed and brought back."""

    export_form_class = ExportForm
    import_form_class = ImportForm
    formats = (XLSX, CSV, JSON)
