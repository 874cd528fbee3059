"""What the history of an object says of a change: values as people read them, whatever the columns hold."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from simple_history.models import DeletedObject, ModelChange
from simple_history.template_utils import HistoricalRecordContextHelper

from bridge.backoffice.durations import DurationField

NOTHING = "–"


class InWords(HistoricalRecordContextHelper):
    """Writes the values of one change. `admin` is the object's page: its form and its `history_words` know what they mean."""

    def __init__(self, admin: Any, record: Any) -> None:
        super().__init__(admin.model, record)
        self.admin = admin

    def prepare_delta_change_value(self, change: ModelChange, value: Any) -> Any:
        value = super().prepare_delta_change_value(change, value)
        if isinstance(value, DeletedObject):
            return NOTHING if value.pk is None else _("deleted")
        if words := self.admin.history_words.get(change.field):
            return words(value) or NOTHING
        return self._plain(change.field, value)

    def _plain(self, name: str, value: Any) -> Any:
        if value is None or value in ("", [], {}):
            return NOTHING
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        choices = dict(getattr(self.model._meta.get_field(name), "flatchoices", ()))
        if value.__hash__ and value in choices:
            return str(choices[value])
        field = self.admin.form.base_fields.get(name)
        if isinstance(field, DurationField):
            return field.prepare_value(value)
        return "、".join(map(str, value)) if isinstance(value, list) else value
