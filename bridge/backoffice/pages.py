"""What the admin's pages share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget

from bridge.backoffice import meanwhile
from bridge.backoffice.changes import InWords
from bridge.base.fields import SecretField
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


def technical(*names: str) -> tuple[Any, dict[str, Any]]:
    """Return the folded part of an object's page that holds what only whoever looks for a fault needs: ids, keys, bodies."""
    return _("Technical details"), {"fields": names, "classes": ("collapse", "technical")}


class CarefulAdmin(ModelAdmin):
    """What every page does with what is asked of it, whoever asks.

    Nobody filters its list by a secret, as whether a row is found would tell it letter by letter. `undisclosed`: columns
    that are one without being a SecretField. What is chosen for an action is the id of a row, or nothing is done.
    """

    undisclosed: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        secret = {field.name for field in self.opts.fields if isinstance(field, SecretField)}
        allowed = super().lookup_allowed(lookup, value, request)
        return allowed and lookup.partition(LOOKUP_SEP)[0] not in {*secret, *self.undisclosed}

    def impossible(self, object_id: Any) -> set[str]:
        """Return those of `actions_detail` that cannot be done to the row as it stands: its page does not offer them."""
        return set()

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        offered = super().get_actions_detail(request, object_id)
        left_out = self.impossible(object_id)
        return [one for one in offered if one.method.original_function_name not in left_out] if left_out else offered

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Raises: BadRequest, where Django would look for rows with ids that no table has, and fail."""
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.clean(chosen, None)
            except ValidationError as error:
                raise BadRequest("what is chosen is no row") from error
        return super().response_action(request, queryset)


class NarrowAdmin(CarefulAdmin):
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
    """A page whose history shows who changed which field, with both values; of secrets only that they changed.

    What two people change at once is not overwritten unseen.

    `history_words` say how the values of columns are read whose choices and form fields do not.
    """

    change_form_before_template = "admin/seen_change.html"
    history_words: ClassVar[Mapping[str, Callable[[Any], str]]] = {}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **words: Any) -> Any:
        """Return the form; one that was open while somebody else saved is told so, see `meanwhile`."""
        form = super().get_form(request, obj, change, **words)
        return meanwhile.told_of(form, request.POST.get(meanwhile.SEEN, "")) if change else form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **words: Any
    ) -> HttpResponse:
        """Let the page say which change it has seen. After a refusal that is the one it told of."""
        seen = {meanwhile.SEEN: meanwhile.last_change(obj)} if obj is not None else {}
        return super().render_change_form(request, {**context, **seen}, *args, obj=obj, **words)

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> InWords:
        return InWords(self, historical_record)

    def set_history_delta_changes(self, request: HttpRequest, historical_records: Any, **words: Any) -> None:
        super().set_history_delta_changes(request, historical_records, **words)
        for record in historical_records:
            record.history_change_reason = record.history_change_reason or ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        secret = [str(form.fields[name].label) for name in getattr(form, "secrets", ()) if name in form.changed_data]
        if secret:
            obj._change_reason = (_("Changed: %s") % ", ".join(secret))[:100]
        super().save_model(request, obj, form, change)


class LogAdmin(CarefulAdmin):
    """A page to look at, not to change: what happened is written by the lanes alone."""

    list_before_template = "admin/saved_filters.html"

    def named(self, obj: Any) -> str:
        """Return what stands in the title of an object's page."""
        return str(obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        named = {"subtitle": self.named(found)} if found is not None else {}
        return super().change_view(request, object_id, form_url, {**named, **(extra_context or {})})

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


class OfUserAdmin(DeletableLogAdmin):
    """One whose rows let users in: they go only by whoever may change the row's user."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        users = admin.site.get_model_admin(User)
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or users.has_change_permission(request, obj.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete those of users whom one may change; the others stay."""
        allowed = [row.pk for row in queryset if self.has_delete_permission(request, row)]
        super().delete_queryset(request, queryset.filter(pk__in=allowed))


class SecretsForm(forms.ModelForm):
    """A form whose secrets can be written and never read: an empty field keeps what is there, a dash erases it."""

    secrets: ClassVar[tuple[str, ...]] = ()
    # What an entered value must be, by its field, besides what the model says; each raises ValidationError.
    checks: ClassVar[Mapping[str, Callable[[str], None]]] = {}
    # Addresses to which a secret is sent, or what is signed with it. At another address it is asked for anew: it could be
    # read there by somebody who may change it and has never known it.
    sent_to: ClassVar[Mapping[str, str]] = {}

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
        self._check_sent(cleaned)
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

    def _check_sent(self, cleaned: dict[str, Any]) -> None:
        for address, secret in self.sent_to.items():
            known = self.instance.pk and getattr(self.instance, secret)
            if known and address in self.changed_data and not cleaned.get(secret):
                self.add_error(secret, _("It would be sent to another address now: enter it again."))

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
