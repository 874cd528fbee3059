"""The page of the metrics' definitions, made from the metrics themselves: docs/metrics.md and docs/metrics.zh-CN.md."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import override

from analytics.metrics.catalogue import METRICS

LANGUAGES = {"en": "docs/metrics.md", "zh-hans": "docs/metrics.zh-CN.md"}


def page(language: str) -> str:
    """Return the page in a language, as Markdown."""
    with override(language):
        return "\n".join([*_head(), *_rows(), ""])


def _head() -> Iterator[str]:
    yield "# " + _("What the numbers mean")
    yield ""
    yield _("Made by `manage.py metrics_page` from `analytics/metrics/catalogue.py`; a test sees that they agree.")
    yield ""
    yield "- " + _("All numbers are made of facts that are written together with what happened, and never changed.")
    yield "- " + _("A number counts in the hour and on the day, of the site's time zone, in which it happened.")
    yield "- " + _("It counts for the account, the group and the seat that the conversation had at that moment.")
    yield "- " + _("What ends with a transfer counts for the seat and group of before, what begins for those of after.")
    yield "- " + _(
        "A time or a wait counts, with all of its length, when it is over; a seat's time online and a queue's length are cut "
        "at the hours."
    )
    yield "- " + _("Means and shares of a range are of everything in it, not means of days.")
    yield "- " + _(
        "The median is the shortest time within which half of them lie, the 90th percentile that of nine tenths. They come "
        "from histograms whose bins are a second or a tenth wide, are off by no more, and never over the longest."
    )
    yield "- " + _("A dash stands where there is nothing to tell: a share of nothing, a mean of nothing.")
    yield "- " + _(
        "The period before is as many days right before; while the last day is not over, only up to the same time of its "
        "last day, which is said beside it."
    )
    yield "- " + _(
        "What belongs to no account, group or seat has a row of its own. The rows' numbers and times add up to the total; "
        "shares, means, medians, percentiles and the longest queue of the total are of everything together."
    )
    yield "- " + _(
        "Behind a number are exactly the events that it counts; behind a mean, median or percentile those whose times it is "
        "made of; behind a share those of the part, but behind “Answered in time” all waits and behind “Satisfied” all scores."
    )
    yield "- " + _(
        "Under Questions all of a conversation counts on the day it was opened, for the group and seat that had it last; a "
        "conversation with several tags stands in the row of each, and once in the total."
    )
    yield "- " + _(
        "Under Sources, who began to follow counts for the code that was scanned, if it was made or entered here, or for what "
        "WeChat says some minutes later: search, card, link, payment. Who stopped counts for how they had begun. A conversation "
        "counts for the code that opened it or was scanned before it, else for how its customer began to follow, as far as that "
        "was known when it was opened."
    )
    yield "- " + _(
        "A letter has what was recorded when it was sent; where more of its period is recorded later and a number changes, it "
        "is sent again as corrected, up to two days later."
    )
    yield "- " + _("Where the site's time zone is changed, all numbers are made anew in the new one.")
    yield ""


def _rows() -> Iterator[str]:
    yield "| " + " | ".join([_("Metric"), _("Name in the API"), _("Unit"), _("Definition"), _("Bots count")]) + " |"
    yield "| --- | --- | --- | --- | --- |"
    bots = {"yes": _("yes"), "no": _("no"), "only": _("nothing else")}
    for metric in METRICS.values():
        cells = (metric.label, f"`{metric.name}`", metric.unit_in_words, metric.definition, bots[metric.bots])
        yield "| " + " | ".join(map(str, cells)) + " |"
