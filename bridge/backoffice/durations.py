"""A form's field for a length of time: it is read and written as people say it, whatever the column counts in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextInputWidget

from bridge.values.durations import parsed, shown, spelled


class DurationField(forms.Field):
    """A length of time, kept as a number of `unit` seconds: whole, unless `whole` is False. A number alone is in units.

    `specials` are values with a meaning of their own, such as -1 for ever: either the number or the word may be written.
    """

    def __init__(
        self,
        *,
        unit: int = 1,
        whole: bool = True,
        min_value: float | None = None,
        max_value: float | None = None,
        specials: Mapping[float, Any] | None = None,
        **words: Any,
    ) -> None:
        self.unit, self.whole, self.specials = unit, whole, specials or {}
        self.min_value, self.max_value = min_value, max_value
        # The column's own widget asks for a number.
        given = words.pop("widget", None)
        attrs = getattr(given, "attrs", {}) if not isinstance(given, type) else {}
        widget = UnfoldAdminTextInputWidget({**attrs, "autocomplete": "off", "data-duration": str(unit)})
        super().__init__(widget=widget, **words)

    def prepare_value(self, value: Any) -> Any:
        """Return a number as people write it; what somebody has written, as they wrote it."""
        return shown(value, self.unit, self.specials) if isinstance(value, int | float) else value

    def to_python(self, value: Any) -> Any:
        """Return the number. ValidationError where it is none, or out of range."""
        if value in self.empty_values:
            return None
        if isinstance(value, int | float):
            return value
        text = str(value).strip()
        for special, word in self.specials.items():
            if text in (f"{special:g}", str(word)):
                return special
        try:
            number = parsed(text, self.unit) / self.unit
        except (ValueError, OverflowError):
            raise ValidationError(_("Write a length of time such as %s.") % spelled(5400)) from None
        if self.whole and number.denominator != 1:
            raise ValidationError(_("Write whole steps of %s.") % spelled(self.unit))
        return int(number) if self.whole else float(number)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None or value in self.specials:
            return
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(_("No shorter than %s.") % spelled(self.min_value * self.unit))
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(_("No longer than %s.") % spelled(self.max_value * self.unit))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether another length was written, not whether it was written otherwise."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True
