"""What the admin's pages share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget

from bridge.values.agents import Agent, Author

ERASE = "-"


def staff_author(user: Any) -> Author:
    """Return the author of a command that is given in the admin: somebody who oversees everything, and has no seat here."""
    return Author(Agent(0, user.get_full_name() or user.get_username(), ""), site=True, quiet=True)


def words_of(shown: Callable[[Any, Any], Any]) -> Callable[[Any, Any], str]:
    """Return the column `shown`, which gives a label's kind and its words, as a field of an object's page: the words alone."""

    def plain(admin: Any, obj: Any) -> str:
        found = shown(admin, obj)
        return str(found[1]) if isinstance(found, tuple) else found or "-"

    plain.short_description = shown.short_description  # type: ignore[attr-defined]  # read by Django's admin
    return plain


class NarrowAdmin(ModelAdmin):
    """A page that saves what stands in its form and nothing else: the lanes write the other columns meanwhile.

    `also_saved` are columns that the form fills without a field of that name.
    """

    list_before_template = "admin/saved_filters.html"
    also_saved: ClassVar[tuple[str, ...]] = ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=[name for name in (*form.fields, *self.also_saved) if name in columns])


class TracedAdmin(SimpleHistoryAdmin, NarrowAdmin):
    """A page whose history shows who changed which field, with both values; of secrets only that they changed."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        secret = [str(form.fields[name].label) for name in getattr(form, "secrets", ()) if name in form.changed_data]
        if secret:
            obj._change_reason = (_("Changed: %s") % ", ".join(secret))[:100]
        super().save_model(request, obj, form, change)


class LogAdmin(ModelAdmin):
    """A page to look at, not to change: what happened is written by the lanes alone."""

    list_before_template = "admin/saved_filters.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeletableLogAdmin(LogAdmin):
    """One of which rows may go, by whoever has the permission."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_delete_permission(self, request, obj)


class SecretsForm(forms.ModelForm):
    """A form whose secrets can be written and never read: an empty field keeps what is there, a dash erases it."""

    secrets: ClassVar[tuple[str, ...]] = ()
    # What an entered value must be, by its field, besides what the model says; each raises ValidationError.
    checks: ClassVar[Mapping[str, Callable[[str], None]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.secrets:
            field = self.fields[name]
            known = bool(self.instance.pk and getattr(self.instance, name))
            field.widget = UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"})
            field.required = field.required and not known
            said = _("Set. Leave empty to keep it.") if known else _("Not set.")
            if known and not self._must_be_set(name):
                said = _("Set. Leave empty to keep it, or write - to erase it.")
            field.help_text = f"{said} {field.help_text}".strip()

    def _must_be_set(self, name: str) -> bool:
        return not self._meta.model._meta.get_field(name).blank

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_entered(cleaned)
        for name in self.secrets:
            given = cleaned.get(name)
            if given == ERASE and not self._must_be_set(name):
                cleaned[name] = None
            elif not given and self.instance.pk and name not in self.errors:
                cleaned[name] = getattr(self.instance, name)
        return cleaned

    def _check_entered(self, cleaned: dict[str, Any]) -> None:
        for name, check in self.checks.items():
            given = cleaned.get(name)
            if not given or given == ERASE or (name not in self.secrets and name not in self.changed_data):
                continue
            try:
                check(str(given))
            except forms.ValidationError as error:
                self.add_error(name, error)

    def _clean_fields(self) -> None:
        # A dash would not pass the checks of the field it erases.
        optional = [name for name in self.secrets if not self._must_be_set(name)]
        erased = [name for name in optional if self.data.get(self.add_prefix(name)) == ERASE]
        kept = {name: self.fields[name].validators for name in erased}
        for name in erased:
            self.fields[name].validators = []
        super()._clean_fields()  # type: ignore[misc]
        for name, validators in kept.items():
            self.fields[name].validators = validators
