"""The page of the metrics' definitions, made from the metrics themselves: docs/metrics.md and docs/metrics.zh-CN.md."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import override

from analytics.metrics import METRICS

LANGUAGES = {"en": "docs/metrics.md", "zh-hans": "docs/metrics.zh-CN.md"}


def page(language: str) -> str:
    """Return the page in a language, as Markdown."""
    with override(language):
        return "\n".join([*_head(), *_rows(), ""])


def _head() -> Iterator[str]:
    yield "# " + _("What the numbers mean")
    yield ""
    yield _("Made by `manage.py metrics_page` from `analytics/metrics.py`; a test sees that they agree.")
    yield ""
    yield "- " + _("All numbers are made of facts that are written together with what happened, and never changed.")
    yield "- " + _("A number counts in the hour and on the day, of the site's time zone, in which it happened.")
    yield "- " + _("It counts for the account, the group and the seat that the conversation had at that moment.")
    yield "- " + _("Means and shares of a range are of everything in it, not means of days.")
    yield "- " + _(
        "Medians and 90th percentiles come from histograms whose bins are a second or a tenth wide, and are off by no more."
    )
    yield "- " + _("A dash stands where there is nothing to tell: a share of nothing, a mean of nothing.")
    yield ""


def _rows() -> Iterator[str]:
    yield "| " + " | ".join([_("Metric"), _("Name in the API"), _("Unit"), _("Definition")]) + " |"
    yield "| --- | --- | --- | --- |"
    units = {"count": _("number"), "share": _("share, 0 to 1"), "duration": _("seconds"), "ratio": _("ratio")}
    for metric in METRICS.values():
        yield f"| {metric.label} | `{metric.name}` | {units[metric.unit]} | {metric.definition} |"
