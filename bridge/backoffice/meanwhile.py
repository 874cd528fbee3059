"""What somebody else saved while a page was open is not overwritten unseen: whoever saves later is told, and may save once more."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

SEEN = "seen_change"  # the field that says which change of the object was its last when the page was made


def last_change(obj: Any) -> int | None:
    """Return the number of the object's last change, 0 for none; None where its model, as a platform's of others, has no history."""
    history = getattr(obj, "history", None)
    return (history.values_list("history_id", flat=True).order_by("-history_id").first() or 0) if history else None


def told_of(form: type[forms.ModelForm], seen: str) -> type[forms.ModelForm]:
    """Return the form as one that refuses where somebody changed its object after the change with the number `seen`.

    What the product itself writes does not count. Without a number nothing is refused: whoever posts by a program has seen no page.
    """
    if not seen.isdecimal() or len(seen) >= 19 or not hasattr(form._meta.model, "history"):
        return form
    told: type[forms.ModelForm] = cast(Any, type(form))(form.__name__, (_Told, form), {"seen": int(seen)})
    return told


class _Told(forms.BaseModelForm):
    seen = 0

    def clean(self) -> Any:
        # First: some forms call the platform once all is right.
        if changed := self._changed():
            self.add_error(None, _told(changed))
        return super().clean()

    def _changed(self) -> Any:
        later = self.instance.history.filter(history_id__gt=self.seen, history_user__isnull=False)
        return later.select_related("history_user").order_by("-history_id").first()


def _told(change: Any) -> str:
    who = change.history_user
    when = date_format(timezone.localtime(change.history_date), "SHORT_DATETIME_FORMAT")
    return _(
        "Not saved: %(who)s has changed this meanwhile (%(when)s). Open the page again in another tab and compare; saved once "
        "more here, yours replaces theirs."
    ) % {"who": who.get_full_name() or who.get_username(), "when": when}
