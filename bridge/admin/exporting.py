"""Lists as files, and files as rows: what the pages with an export or import share."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.formats import base_formats
from import_export.tmp_storages import TempFolderStorage
from import_export.widgets import ForeignKeyWidget
from tablib import Dataset
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from bridge.values.cells import BOM, guarded_row, unguarded

MOST = 50_000  # rows of one file
MOST_UNPACKED = 100 * 1024**2  # bytes of a workbook's parts: a packed file may be a thousand times as large as it came
ENCODINGS = ("utf-8-sig", "gb18030")  # what spreadsheets in China save; GBK is a part of the second


def _guarded(dataset: Dataset) -> Dataset:
    return Dataset(*(guarded_row(row) for row in dataset), headers=dataset.headers)


def _unguarded(dataset: Dataset) -> Dataset:
    return Dataset(*([unguarded(value) for value in row] for row in dataset), headers=dataset.headers)


class UnreadableError(ValueError):
    """A file that cannot be read; the text says why, for whoever sent it."""


def _checked(dataset: Dataset) -> Dataset:
    if not dataset.headers:
        raise UnreadableError(_("The file has no rows with the names of columns."))
    if len(dataset) > MOST:
        raise UnreadableError(_("At most %d rows. Divide the file.") % MOST)
    return dataset


class XLSX(base_formats.XLSX):
    """A workbook of which no cell is a formula."""

    def export_data(self, dataset: Dataset, **words: Any) -> Any:
        return super().export_data(_guarded(dataset), **words)

    def create_dataset(self, in_stream: Any) -> Dataset:
        """Raises: UnreadableError for one that swells, or has too many rows."""
        with zipfile.ZipFile(io.BytesIO(in_stream)) as parts:
            if sum(one.file_size for one in parts.infolist()) > MOST_UNPACKED:
                raise UnreadableError(_("The file is too large once it is unpacked. Divide it."))
        return _checked(_unguarded(super().create_dataset(in_stream)))


class CSV(base_formats.CSV):
    """CSV of which no cell is a formula, in UTF-8 with its mark. What comes in may be GBK too."""

    def export_data(self, dataset: Dataset, **words: Any) -> str:
        return BOM + str(super().export_data(_guarded(dataset), **words))

    def is_binary(self) -> bool:
        """Bytes come in, so that their encoding is looked for here."""
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: Any, **words: Any) -> Dataset:
        """Raises: UnreadableError where the bytes are text in no known encoding."""
        text = in_stream if isinstance(in_stream, str) else decoded(in_stream)
        return _checked(_unguarded(super().create_dataset(text, **words)))


class JSON(base_formats.JSON):
    """JSON: a list of objects."""

    def create_dataset(self, in_stream: Any) -> Dataset:
        """Raises: UnreadableError for one without rows, or with too many."""
        return _checked(super().create_dataset(in_stream))


class Waiting(TempFolderStorage):
    """A file to import, between the page that shows what would be done and the one that does it.

    Its name comes back from the browser: only one that was given out here is read, and removed afterwards, not whatever
    lies in the machine's folder for temporary files.
    """

    name: str

    def save(self, data: Any) -> None:
        super().save(data)
        self.name = _signer().sign(Path(self.name).name)

    def read(self) -> Any:
        """Raises: BadRequest where it is none of ours, or has been imported already."""
        try:
            return super().read()
        except FileNotFoundError:
            raise BadRequest("this file is not here any more") from None

    def get_full_path(self) -> str:
        try:
            return str(Path(tempfile.gettempdir(), _signer().unsign(self.name)))
        except BadSignature:
            raise BadRequest("no file of ours") from None


def _signer() -> Signer:
    return Signer(salt="bridge.import")


def decoded(raw: bytes) -> str:
    """Return the text of a file that somebody saved. Raises: UnreadableError."""
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableError(_("The file is neither UTF-8 nor GBK. Save it as CSV UTF-8, then try again."))


class Named(ForeignKeyWidget):
    """A cell that names a row of another table; says in words where there is no such row."""

    def clean(self, value: Any, row: Any = None, **words: Any) -> Any:
        try:
            return super().clean(value, row, **words)
        except ObjectDoesNotExist:
            what = self.model._meta.verbose_name
            raise ValueError(_("There is no %(what)s “%(name)s”.") % {"what": what, "name": value}) from None


class Exported(ExportMixin):
    """A page whose list, as it is filtered, can be taken along; at most MOST rows."""

    export_form_class = ExportForm
    formats = (XLSX, CSV, JSON)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        try:
            return super().get_export_queryset(request)[:MOST]
        except IncorrectLookupParameters:
            raise BadRequest("the list has no such filter") from None


class Exchanged(Exported, ImportExportMixin):
    """A page whose rows can be taken along, changed and brought back."""

    import_form_class = ImportForm
    tmp_storage_class = Waiting

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """Say why a file cannot be read."""
        if isinstance(e, UnreadableError):
            form.add_error("import_file", str(e))
        else:
            form.add_error("import_file", _("This is no file of the format that you chose."))
