"""The form of an account, whatever its platform: secrets that rotate, the window's numbers and the texts as fields.

A platform subclasses AccountForm, names its own fields in `Meta`, and passes the class through `with_account_fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.module_loading import import_string
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bridge.backoffice.durations import DurationField
from bridge.backoffice.pages import SecretsForm
from bridge.backoffice.texts import TextField
from bridge.live.parameters import parameters
from bridge.models import Account
from bridge.platforms import rotation
from bridge.platforms.asking import AskingForm
from bridge.platforms.bot_fields import bots_given, make_bot_fields, show_bots
from bridge.values import texts
from bridge.values.agents import directory
from bridge.values.durations import DAY, MINUTE, spelled
from bridge.values.windows import Grant

LONGEST_WINDOW = 30 * DAY  # far beyond what any platform allows

TEXT_NAMES = {
    "queued": gettext_noop("to those who must wait"),
    "queued_wait": gettext_noop("to those who must wait, where the wait is known"),
    "left_line": gettext_noop("to those who leave the line"),
    "closed": gettext_noop("outside of working hours"),
    "leave_message": gettext_noop("when too many wait"),
    "still_there": gettext_noop("to those who are silent"),
    "survey": gettext_noop("the question after the close"),
    "score_5": gettext_noop("answer 5"),
    "score_4": gettext_noop("answer 4"),
    "score_3": gettext_noop("answer 3"),
    "score_2": gettext_noop("answer 2"),
    "score_1": gettext_noop("answer 1"),
    "survey_thanks": gettext_noop("to those who have answered"),
}


def window_fields(triggers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the names of the window's fields, messages and seconds of one trigger beside each other."""
    return [(f"window_{trigger}_count", f"window_{trigger}_seconds") for trigger in triggers]


def text_fields() -> list[tuple[str, str]]:
    """Return the names of the texts' fields, each text with its switch."""
    return [(f"text_{key}", f"text_{key}_off") for key in texts.DEFAULTS]


def own_parameters() -> list[Any]:
    """Return the parameters of which an account may have its own."""
    return settings.PARAMETERS_PER_ACCOUNT


def parameter_fields() -> list[str]:
    """Return the names of their fields."""
    return [f"own_{one.name}" for one in own_parameters()]


def _parameter_fields() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for one in own_parameters():
        path, arguments = one.field()
        words = {**arguments, "label": lazy(one.described, str)(), "required": False}
        if "choices" in words:
            words["choices"] = [("", _("as the site")), *one.choices]
        words["widget"] = import_string(words["widget"])
        fields[f"own_{one.name}"] = import_string(path)(**words)
    return fields


def _number(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget)


def _window_fields(triggers: Mapping[str, str]) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for (count, seconds), words in zip(window_fields(triggers), triggers.values(), strict=True):
        fields[count] = _number(_(words))
        fields[seconds] = DurationField(label=_("within"), required=False, min_value=1, max_value=LONGEST_WINDOW)
    return fields


def _text_fields() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for (text, off), key in zip(text_fields(), texts.DEFAULTS, strict=True):
        fields[text] = TextField(
            key=key, label=_(TEXT_NAMES[key]), required=False, max_length=600, widget=UnfoldAdminTextInputWidget
        )
        fields[off] = forms.BooleanField(label=_("say nothing"), required=False, widget=UnfoldBooleanSwitchWidget)
    return fields


class RotatingForm(AskingForm, SecretsForm):
    """A form in which a new callback secret leaves the one in use valid until the platform uses the new one.

    `rotates`: those secrets, each with the field that keeps its predecessor.
    """

    rotates: ClassVar[Mapping[str, str]] = {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        by_hand = {previous for previous in self.rotates.values() if self.data.get(self.add_prefix(previous))}
        new = {
            name: cleaned[name]
            for name in self.rotates
            if cleaned.get(name) and cleaned[name] != getattr(self.instance, name)
        }
        if self.instance.pk and new:
            rotation.renew(self.instance, new, self.rotates)
            for previous in set(self.rotates.values()) - by_hand:
                cleaned[previous] = getattr(self.instance, previous)
        return cleaned


class AccountForm(RotatingForm):
    """What an account's form does with its fields; those of the window, the bots, the texts and the parameters are added.

    `triggers`: what the platform's customers do that opens the window, in words.
    """

    triggers: ClassVar[Mapping[str, str]] = {}
    group = forms.ChoiceField(
        label=_("first group"),
        widget=UnfoldAdminSelectWidget,
        error_messages={
            "required": _("Choose the group that its customers go to; where there is none yet, make one first.")
        },
    )

    class Meta:
        model = Account
        fields: tuple[str, ...] = (
            "name", "slug", "group", "hours", "priority", "reopen_minutes", "survey", "opening_keys", "avatar_url", "over_count",
            "over_time",
        )  # fmt: skip
        widgets = {"opening_keys": UnfoldAdminTextareaWidget(attrs={"rows": 3})}
        field_classes = {"reopen_minutes": partial(DurationField, unit=MINUTE)}

    def usual(self) -> Mapping[str, Grant]:
        """Return what the platform allows after each trigger, where the account has no numbers of its own."""
        return {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._show_groups()
        show_bots(self, self.instance.bots, self.instance.first_mode)
        self._show_parameters()
        self._show_window()
        self._show_texts()

    def _show_groups(self) -> None:
        """Offer the groups; where there is only one, a new account goes there."""
        field: Any = self.fields["group"]
        field.choices = lambda: [("", _("please choose")), *directory().groups()]
        if self.instance.pk is None and len(groups := directory().groups()) == 1:
            self.initial.setdefault("group", groups[0][0])

    def _show_window(self) -> None:
        """Show the account's own numbers, and as placeholders the ones that are in force without."""
        known = self.usual()
        for (count, seconds), trigger in zip(window_fields(self.triggers), self.triggers, strict=True):
            own = self.instance.window_rules.get(trigger, [None, None])
            default = known.get(trigger)
            for name, value, usual in (
                (count, own[0], default.count if default else "-"),
                (seconds, own[1], default.seconds if default else "-"),
            ):
                self.fields[name].initial = value
                words = spelled(usual) if name == seconds and isinstance(usual, int) else str(usual)
                self.fields[name].widget.attrs["placeholder"] = words

    def _show_parameters(self) -> None:
        """Show the account's own values, and beside each what the site says."""
        for one in own_parameters():
            field = self.fields[f"own_{one.name}"]
            field.initial = self.instance.parameters.get(one.name)
            site = getattr(parameters, one.name)
            field.widget.attrs["placeholder"] = one.shown(site)
            words = (
                gettext("Empty: the site's, now %s.")
                if one.name not in self.instance.parameters
                else gettext("Of its own. The site's is %s.")
            )
            field.help_text = words % one.shown(site)

    def _own_parameters(self) -> dict[str, Any]:
        given = {one.name: self.cleaned_data.get(f"own_{one.name}") for one in own_parameters()}
        return {name: value for name, value in given.items() if value not in (None, "")}

    def _show_texts(self) -> None:
        for (text, off), key in zip(text_fields(), texts.DEFAULTS, strict=True):
            own = self.instance.texts.get(key)
            self.fields[text].initial = own or ""
            self.fields[text].widget.attrs["placeholder"] = str(_(texts.DEFAULTS[key]))
            self.fields[off].initial = own == ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for count, seconds in window_fields(self.triggers):
            if (cleaned.get(count) is None) != (cleaned.get(seconds) is None):
                self.add_error(count, _("Give both numbers, or neither for the platform's usual ones."))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        data = self.cleaned_data
        self.instance.window_rules = {
            trigger: [data[count], data[seconds]]
            for (count, seconds), trigger in zip(window_fields(self.triggers), self.triggers, strict=True)
            if data.get(count) is not None
        }
        # An empty text is one that is switched off; one that is left empty is the default.
        self.instance.texts = {
            key: "" if data.get(off) else data[text]
            for (text, off), key in zip(text_fields(), texts.DEFAULTS, strict=True)
            if data.get(off) or data.get(text)
        }
        self.instance.bots = bots_given(self.cleaned_data)
        self.instance.parameters = self._own_parameters()
        return super().save(commit)


def with_account_fields(form: type[AccountForm]) -> type[AccountForm]:
    """Return the form with the fields of window, bots, texts and parameters, as far as bots and triggers are known now."""
    fields = {**_window_fields(form.triggers), **_text_fields(), **make_bot_fields(), **_parameter_fields()}
    metaclass: Any = type(form)
    return metaclass(form.__name__, (form,), {"__doc__": form.__doc__, "__module__": form.__module__, **fields})
