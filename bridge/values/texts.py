"""What the product says to customers of its own accord. Each account may say it otherwise, or not at all.

Every one of these costs one of the few messages WeChat allows, so each is one short line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.values.text import about, in_days

# Key -> the default, with its placeholders.
DEFAULTS = {
    "queued": gettext_noop("All our staff are busy. You are number %(place)d in line; we will answer you here."),
    "queued_wait": gettext_noop(
        "All our staff are busy. You are number %(place)d in line, the wait is about %(wait)s; we will answer you here."
    ),
    "left_line": gettext_noop("You have left the line. Write to us again at any time."),
    "closed": gettext_noop("We are not here now. Leave us a message; we answer from %(open)s on."),
    "leave_message": gettext_noop("All our staff are busy. Leave us a message; we answer as soon as somebody is free."),
    "still_there": gettext_noop("Is there anything else? We are still here for you."),
    "survey": gettext_noop("How satisfied are you with our service?"),
    "score_5": gettext_noop("very satisfied"),
    "score_4": gettext_noop("satisfied"),
    "score_3": gettext_noop("neither"),
    "score_2": gettext_noop("dissatisfied"),
    "score_1": gettext_noop("very dissatisfied"),
    "survey_thanks": gettext_noop("Thank you for telling us."),
}
# What a text's placeholders stand for; those of the texts that have any.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {"queued": ("place",), "queued_wait": ("place", "wait"), "closed": ("open",)}
_MEANINGS = {
    "place": ("%(place)d", gettext_noop("the place in line")),
    "wait": ("%(wait)s", gettext_noop("the expected wait")),
    "open": ("%(open)s", gettext_noop("when working hours begin")),
}
_PLACEHOLDER = re.compile(r"%%|%\((\w+)\)[sd]")
# What stands in for a text where the account has its own words for the plainer one only.
PLAINER = {"queued_wait": "queued"}


def samples(key: str) -> dict[str, Any]:
    """Return what the placeholders of this text may be filled with, to show what a customer would read."""
    found = {"place": 3, "wait": about(300), "open": "09:00"}
    return {name: found[name] for name in PLACEHOLDERS.get(key, ())}


def placeholders_in_words(key: str) -> str:
    """Return the placeholders of this text with what they stand for, "" where it has none."""
    listed = [f"{sign} {_(words)}" for sign, words in (_MEANINGS[name] for name in PLACEHOLDERS.get(key, ()))]
    return _("Placeholders: %s.") % _("; ").join(listed) if listed else ""


def trouble_with(text: str, key: str) -> str:
    """Return what is wrong with a text that people wrote for this key, "" where every placeholder will be filled."""
    known = PLACEHOLDERS.get(key, ())
    if unknown := {name for name in _PLACEHOLDER.findall(text) if name and name not in known}:
        return _("There is no placeholder %s.") % ", ".join(sorted(unknown))
    try:
        text % samples(key)
        wrong = "%" in _PLACEHOLDER.sub("", text)
    except (TypeError, ValueError):
        wrong = True
    return _("A placeholder is written like %(place)d; a percent sign is written %%.") if wrong else ""


def in_force(own: Mapping[str, str], site: Mapping[str, str]) -> dict[str, str]:
    """Return an account's `own` texts, filled up with the site's; "" in `own` is a text that is switched off.

    In `site` "" says nothing. Where only the plainer of two texts has words, they stand for both.
    """
    found: dict[str, str] = {}
    for key in DEFAULTS:
        names = (key, PLAINER.get(key, key))
        words = [own[name] for name in names if name in own] or [site[name] for name in names if site.get(name)]
        if words:
            found[key] = words[0]
    return found


def text(texts: Mapping[str, str], key: str, **values: Any) -> str:
    """Return the text called `key` as `texts` say it, else as the product does; "" where it is switched off.

    `texts` are those in force, see `in_force`. One that uses a placeholder wrongly is taken as it stands.
    """
    own = texts.get(key)
    return filled(own, **values) if own is not None else _(DEFAULTS[key]) % values


def place(texts: Mapping[str, str], number: int, seconds: int) -> str:
    """Return what whoever waits at this place of a queue hears, with the wait where one is expected."""
    return text(texts, "queued_wait" if seconds else "queued", place=number, wait=about(seconds))


def closed(texts: Mapping[str, str], own: str, opens: datetime | None, now: datetime) -> str:
    """Return what a customer hears outside of working hours: those hours' `own` text, else the account's."""
    if opens is None and not own and "closed" not in texts:
        return _("We are not here now. Leave us a message; we answer as soon as we can.")
    when = in_days(opens, now) if opens else _("soon")
    return filled(own, open=when) if own else text(texts, "closed", open=when)


def filled(own: str, **values: Any) -> str:
    """Return a text that people wrote, with its placeholders filled; as it stands where it uses one wrongly."""
    try:
        return own % values
    except (TypeError, ValueError, KeyError):
        return own


def check(texts: object) -> str:
    """Return what is wrong with an account's own texts, "" where nothing is."""
    if not isinstance(texts, Mapping):
        return "not a table"
    for key, value in texts.items():
        if key not in DEFAULTS:
            return f"{key}: known are {', '.join(DEFAULTS)}"
        if not isinstance(value, str):
            return f"{key}: must be a text"
    return ""
