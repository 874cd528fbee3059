"""The names of numbers, and what they mean.

A page has dozens of each, so they are made here: a template for each cost a tenth of the page's time.
"""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from analytics.metrics.metric import Metric

register = template.Library()


@register.simple_tag
def term(metric: Metric) -> SafeString:
    """Return a number's name as a button that tells what it means; the page must have its `meanings` too."""
    name = str(metric.label)
    return format_html(
        '<button type="button" class="term" popovertarget="means-{}" aria-label="{}">{}</button>',
        metric.name,
        _("%(name)s: what it means") % {"name": name},
        name,
    )


@register.simple_tag
def meanings(metrics: Iterable[Metric]) -> SafeString:
    """Return what the buttons of these numbers open."""
    in_api = _("Name in the API")
    return format_html_join(
        "",
        '<div id="means-{}" class="meaning" popover><strong>{}</strong><p>{}</p><p>{}</p>'
        '<p class="note">{}: <code>{}</code></p></div>',
        ((one.name, one.label, one.definition, one.bots_in_words, in_api, one.name) for one in metrics),
    )


@register.simple_tag
def explained(metrics: Iterable[Metric]) -> SafeString:
    """Return these numbers and their definitions as parts of a list."""
    said = ((one.label, one.definition, one.bots_in_words) for one in metrics)
    return format_html_join("", "<dt>{}</dt><dd>{} {}</dd>", said)
