"""The page of the views' columns: docs/data-dictionary.md and its Chinese twin, made from the views themselves."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import override

from analytics.tables.columns import views

LANGUAGES = {"en": "docs/data-dictionary.md", "zh-hans": "docs/data-dictionary.zh-CN.md"}


def page(language: str) -> str:
    """Return the page in a language, as Markdown."""
    with override(language):
        return "\n".join([*_head(), ""])


def _head() -> Iterator[str]:
    yield "# " + _("Data dictionary")
    yield ""
    yield _("Made by `manage.py metrics_page` from `analytics/tables/columns.py`; a test sees that they agree.")
    yield ""
    yield _(
        "`manage.py report_views` makes these views for Metabase, Superset and others. Names and meanings of columns stay; new "
        "ones come at the end. The file “Conversations” of the reports has the columns of the first."
    )
    for view in views(str, "", ""):
        yield ""
        yield f"## {view.name}"
        yield ""
        yield str(view.row)
        yield ""
        yield f"| {_('Column')} | {_('Meaning')} |"
        yield "| --- | --- |"
        for column in view.columns:
            yield f"| `{column.name}` | {column.meaning} |"
