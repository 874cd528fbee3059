"""Where the value of a parameter comes from, and what holds without it, for the page that shows them all."""

from __future__ import annotations

import os
from typing import Any

from django import template
from django.utils.translation import gettext as _

from bridge.values import texts

register = template.Library()


@register.simple_tag
def source_of(item: dict[str, Any]) -> dict[str, str]:
    """Return where the value in force was set, in words, and how that is coloured."""
    if item["modified"]:
        return {"words": _("set here"), "type": "warning"}
    if item["name"] in os.environ:
        return {"words": _("environment"), "type": "info"}
    return {"words": _("default value"), "type": "default"}


@register.simple_tag
def default_of(item: dict[str, Any]) -> str:
    """Return the default as people read it: of an empty text the product's own words."""
    key = item["name"].removeprefix("TEXT_").lower()
    if item["name"].startswith("TEXT_") and not item["default"]:
        return _(texts.DEFAULTS[key])
    if isinstance(item["raw_default"], list):
        return _("none")
    if choices := getattr(item["form_field"].field, "choices", None):
        return str(dict(choices).get(item["raw_default"], item["default"]))
    return str(item["default"])


@register.simple_tag
def text_help(item: dict[str, Any]) -> str:
    """Return what the placeholders of a text stand for, "" for what is none or has none."""
    return texts.placeholders_in_words(item["name"].removeprefix("TEXT_").lower())
