"""The part of an account's form that is about the bots before its seats: which greet, in what order, and their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bridge.pipeline.bot_settings import MOST_CHARACTERS, Setting, as_stored
from bridge.pipeline.bots import ChatBot, bots, greeters

Stored = Sequence[Mapping[str, Any]]
SWITCH = (("true", _("yes")), ("false", _("no")))


def greeting_bots() -> list[ChatBot]:
    """Return the bots that may be put before the seats."""
    return [bot for bot in bots().values() if bot.greets]


def bot_fields() -> list[tuple[str, ...]]:
    """Return the names of the bots' fields: switch, position, and its settings."""
    return [
        (f"bot_{bot.name}_on", f"bot_{bot.name}_position", *(f"bot_{bot.name}_{one.name}" for one in bot.settings))
        for bot in greeting_bots()
    ]


def make_bot_fields() -> dict[str, forms.Field]:
    """Return the fields by their names."""
    fields: dict[str, forms.Field] = {}
    for bot in greeting_bots():
        fields[f"bot_{bot.name}_on"] = forms.BooleanField(
            label=bot.label or bot.name, required=False, widget=UnfoldBooleanSwitchWidget
        )
        fields[f"bot_{bot.name}_position"] = forms.IntegerField(
            label=_("position"), required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
        )
        fields |= {f"bot_{bot.name}_{one.name}": _setting_field(one) for one in bot.settings}
    return fields


def bots_of_file(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the bots as the account keeps them, out of a provision file: those that it names in their order, the others off.

    Raises: ValidationError.
    """
    known = {bot.name: bot for bot in greeting_bots()}
    kept: dict[str, dict[str, Any]] = {}
    for row in rows:
        bot = known.get(str(row.get("name"))) if isinstance(row, dict) else None
        if bot is None:
            raise ValidationError(_("each must name one of %s") % ", ".join(known))
        on, settings = row.get("on", True), row.get("settings", {})
        if set(row) - {"name", "on", "settings"} or not isinstance(on, bool) or not isinstance(settings, dict):
            raise ValidationError(_("%s: besides the name only on = true or false, and settings = { ... }") % bot.name)
        kept[bot.name] = {"name": bot.name, "on": on, "settings": _set_in_file(bot, settings)}
    return [*kept.values(), *({"name": name, "on": False, "settings": {}} for name in known if name not in kept)]


def _set_in_file(bot: ChatBot, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file sets for the bot, checked as the form checks it. Raises: ValidationError."""
    known, values = {one.name: one for one in bot.settings}, {}
    for name, value in given.items():
        if name not in known:
            words = {"bot": bot.name, "name": name, "known": ", ".join(known) or "-"}
            raise ValidationError(_("%(bot)s has no setting %(name)s; known are %(known)s") % words)
        try:
            values[name] = _setting_field(known[name]).clean(str(value).lower() if isinstance(value, bool) else value)
        except ValidationError as error:
            raise ValidationError(f"{bot.name}: {name}: {' '.join(error.messages)}") from None
    return {name: value for name, value in values.items() if value not in (None, "")}


def _setting_field(one: Setting) -> forms.Field:
    """Return the field of a setting. Left empty, it is the default, which stands there in grey or as the first choice."""
    default = str(as_stored(one.default))
    match one.kind:
        case "text":
            widget = UnfoldAdminTextInputWidget(attrs={"placeholder": default})
            return forms.CharField(label=one.label, required=False, max_length=MOST_CHARACTERS, widget=widget)
        case "switch" | "choice":
            return _chosen(one)
    low, high = one.bounds
    seconds = _("In seconds.") if one.kind == "duration" else ""
    return forms.IntegerField(
        label=one.label, required=False, min_value=low, max_value=high, help_text=seconds,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"placeholder": default}),
    )  # fmt: skip


def _chosen(one: Setting) -> forms.Field:
    pairs = one.choices or SWITCH
    default = dict(pairs)[str(one.default) if one.choices else SWITCH[0 if one.default else 1][0]]
    usual = lazy(lambda: gettext("as usual: %s") % default, str)()
    return forms.TypedChoiceField(
        label=one.label, required=False, choices=[("", usual), *pairs], empty_value=None,
        coerce=str if one.choices else lambda value: value == "true", widget=UnfoldAdminSelectWidget,
    )  # fmt: skip


def show_bots(form: forms.BaseForm, stored: Stored, first_mode: str) -> None:
    """Fill the form's fields with what an account keeps."""
    before = greeters(stored, first_mode)[:-1]
    own = {one.get("name"): one.get("settings", {}) for one in stored}
    for at, bot in enumerate(greeting_bots(), start=1):
        met = bot.name in before
        form.fields[f"bot_{bot.name}_on"].initial = met
        form.fields[f"bot_{bot.name}_position"].initial = before.index(bot.name) + 1 if met else at
        for one in bot.settings:
            value = own.get(bot.name, {}).get(one.name)
            form.fields[f"bot_{bot.name}_{one.name}"].initial = str(value).lower() if one.kind == "switch" else value


def bots_given(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the bots as the account keeps them, in order, out of the form's values."""
    rows = []
    for bot in greeting_bots():
        given = {one.name: data.get(f"bot_{bot.name}_{one.name}") for one in bot.settings}
        kept = {name: value for name, value in given.items() if value not in (None, "")}
        row = {"name": bot.name, "on": bool(data.get(f"bot_{bot.name}_on")), "settings": kept}
        rows.append((data.get(f"bot_{bot.name}_position") or 0, row))
    return [row for _position, row in sorted(rows, key=lambda one: one[0])]
