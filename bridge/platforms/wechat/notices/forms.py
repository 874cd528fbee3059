"""The form of a notice template: what stands in each of its blanks, and where a tap leads."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminTextInputWidget

from bridge.models import Template
from bridge.platforms.wechat.notices import blanks
from bridge.values.templates import PLACEHOLDERS, filled, unknown

MOST_BLANKS = 40  # far more than WeChat's own templates have
FIELDS = tuple(f"blank_{number}" for number in range(MOST_BLANKS))
_check_url = URLValidator(schemes=["https", "http"])


def _blank_fields() -> dict[str, forms.Field]:
    return {
        name: forms.CharField(required=False, max_length=blanks.UNTYPED, widget=UnfoldAdminTextInputWidget)
        for name in FIELDS
    }


class _TemplateForm(forms.ModelForm):
    """A template. The form has a field for each blank that a template may have; those it has not are left out."""

    class Meta:
        model = Template
        fields = ("url", "app_id", "path", "for_seats", "when_held")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for at, name in enumerate(FIELDS):
            if name not in self.fields:
                continue
            if at >= len(self.instance.blanks):
                del self.fields[name]
                continue
            blank = self.instance.blanks[at]
            self.fields[name].label = blanks.label(self.instance.body, blank)
            self.fields[name].initial = self.instance.words.get(blank, "")
            self.fields[name].help_text = self._hint(blank)

    @staticmethod
    def _hint(blank: str) -> str:
        kind = blanks.kind_of(blank)
        words = {
            "phrase": gettext("At most 5 Chinese characters."),
            "character_string": gettext("At most 32 letters, digits and signs, without blanks."),
            "number": gettext("Digits only."),
            "letter": gettext("Letters only."),
            "date": gettext("A day, with or without a time: {time}."),
            "time": gettext("A time, with or without a day: {time}."),
            "name": gettext("At most 10 Chinese characters, or 20 letters."),
        }
        return words.get(kind) or gettext("At most %d characters.") % blanks.most(blank)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, blank in zip(FIELDS, self.instance.blanks, strict=False):
            words = cleaned.get(name, "")
            if wrong := _unknown(words):
                self.add_error(name, wrong)
            elif words and blanks.trouble_with(blank, words):
                self.add_error(
                    name, gettext("WeChat does not take this here. It would get: %s") % blanks.fitted(blank, words)
                )
        self._clean_where(cleaned)
        wanted = cleaned.get("for_seats") or cleaned.get("when_held")
        if wanted and not self.errors and not all(cleaned.get(name) for name in FIELDS if name in self.fields):
            self.add_error(None, gettext("Fill all blanks first: WeChat refuses a notice with an empty one."))
        return cleaned

    def _clean_where(self, cleaned: dict[str, Any]) -> None:
        for name in ("url", "path"):
            if wrong := _unknown(cleaned.get(name, "")):
                self.add_error(name, wrong)
        url = cleaned.get("url", "")
        if url and "url" not in self.errors:
            try:
                _check_url(filled(url, dict.fromkeys(PLACEHOLDERS, "1")))
            except ValidationError as error:
                self.add_error("url", error)
        if bool(cleaned.get("app_id")) != bool(cleaned.get("path")):
            self.add_error("path", gettext("A mini program needs both its AppID and the page."))

    def save(self, commit: bool = True) -> Any:
        cleaned = self.cleaned_data
        self.instance.words = {
            blank: cleaned[name] for name, blank in zip(FIELDS, self.instance.blanks, strict=False) if cleaned.get(name)
        }
        return super().save(commit)


def _unknown(words: str) -> str:
    """Return what is wrong with the placeholders in the words, "" where each stands for something."""
    wrong = ", ".join(f"{{{one}}}" for one in unknown(words))
    return gettext("Nothing stands for %s.") % wrong if wrong else ""


_metaclass: Any = type(_TemplateForm)
TemplateForm: Any = _metaclass(
    "TemplateForm", (_TemplateForm,), {"__doc__": _TemplateForm.__doc__, "__module__": __name__, **_blank_fields()}
)
