"""What an account's own settings say, in words: for its history, where the columns hold JSON and slugs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from bridge.pipeline.bots import bots
from bridge.platforms.forms import TEXT_NAMES
from bridge.platforms.wording import TRIGGER_NAMES
from bridge.values.agents import directory
from bridge.values.durations import spelled


def _joined(parts: Sequence[str]) -> str:
    return _("; ").join(parts)


def _group(slug: str) -> str:
    return dict(directory().groups()).get(slug, slug)


def _texts(own: Mapping[str, str]) -> str:
    return _joined([
        f"{_(TEXT_NAMES[key])}{_(': ')}{f'“{text}”' if text else _('say nothing')}"
        for key, text in own.items() if key in TEXT_NAMES
    ])  # fmt: skip


def _rules(own: Mapping[str, Sequence[int]]) -> str:
    return _joined([
        _("%(when)s: %(count)d within %(time)s")
        % {"when": _(TRIGGER_NAMES.get(trigger, trigger)), "count": count, "time": spelled(seconds)}
        for trigger, (count, seconds) in own.items()
    ])  # fmt: skip


def _parameters(own: Mapping[str, Any]) -> str:
    known = {one.name: one for one in settings.PARAMETERS_PER_ACCOUNT}
    return _joined(
        [f"{str(one.words).rstrip('.。')}{_(': ')}{one.shown(own[name])}" for name, one in known.items() if name in own]
    )


def _bots(own: Sequence[Mapping[str, Any]]) -> str:
    on = [str(one["name"]) for one in own if one.get("on")]
    return "、".join(str(bots()[name].label) if name in bots() else name for name in on)


WORDS: Mapping[str, Callable[[Any], str]] = {
    "group": _group, "texts": _texts, "window_rules": _rules, "parameters": _parameters, "bots": _bots,
}  # fmt: skip
