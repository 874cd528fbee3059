"""The field of a text that customers are told: its placeholders are explained, checked, and shown filled."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from bridge.values import texts


def _samples(key: str) -> str:
    return json.dumps({name: str(value) for name, value in texts.samples(key).items()}, ensure_ascii=False)


class TextField(forms.CharField):
    """A text that customers are told; `key` says which. What it says is shown below it as a customer would read it."""

    def __init__(self, *, key: str, **words: Any) -> None:
        super().__init__(**words)
        self.key = key
        shown = {"data-preview": lazy(_samples, str)(key), "data-preview-label": _("Preview:")}
        # While it is empty the product's own words hold; where there are any.
        usual = {"placeholder": _(texts.DEFAULTS[key])} if key in texts.DEFAULTS else {}
        self.widget.attrs |= {**usual, **shown}
        if not self.help_text:
            self.help_text = lazy(texts.placeholders_in_words, str)(key)

    def clean(self, value: Any) -> Any:
        """Return the text. ValidationError where a placeholder is unknown or written wrongly."""
        text = super().clean(value)
        if wrong := texts.trouble_with(text, self.key):
            raise ValidationError(wrong)
        return text
