"""The admin's forms as the API takes and shows them: what a form's field is in JSON, and a form filled from JSON.

A thing is named in JSON as people name it: a group by its slug, a seat by its user's name.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from bridge.backoffice.durations import DurationField

NAMED_BY = {
    "bridge.account": "slug",
    "bridge.workinghours": "name",
    "bridge.tag": "name",
    "seats.seatgroup": "slug",
    "seats.seat": "user__username",
    "auth.user": "username",
}


def _form(admin: Any, *, new: bool) -> Any:
    """Return the admin's form for a new thing, or for one that there is, as somebody sees it who may do everything."""
    request = HttpRequest()
    request.user = User(is_superuser=True, is_staff=True)
    return admin.get_form(request, None if new else admin.model(), change=not new)


def secrets_of(admin: Any) -> tuple[str, ...]:
    """Return the names of the fields that can be written and never read."""
    return tuple(getattr(admin.form, "secrets", ()))


def _written(admin: Any) -> set[str]:
    """Return the names of the fields that are never shown: secrets, passwords, and what only makes something else."""
    old, columns = _form(admin, new=False).base_fields, {field.name for field in admin.model._meta.get_fields()}
    fields = {**_form(admin, new=True).base_fields, **old}
    hidden = {name for name, field in fields.items() if isinstance(field.widget, forms.PasswordInput)}
    return hidden | set(secrets_of(admin)) | {name for name in fields if name not in old and name not in columns}


def _is_file(field: forms.Field) -> bool:
    """Tell whether it takes a file, which is chosen in the admin alone; what stands there already stays."""
    return isinstance(field, forms.FileField)


def names_shown(admin: Any) -> list[str]:
    """Return the names of the fields that are shown."""
    written = _written(admin)
    fields = {**_form(admin, new=True).base_fields, **_form(admin, new=False).base_fields}
    return [name for name in fields if name not in written and not _is_file(fields[name])]


def serializer_of(admin: Any, extras: Mapping[str, serializers.Field[Any, Any, Any, Any]]) -> type[Any]:
    """Return how the admin's form looks in JSON; `extras` are shown besides and cannot be written."""
    new, old, written = _form(admin, new=True), _form(admin, new=False), _written(admin)
    # Of the forms' classes: a form that is filled in asks the database, which need not be there to describe the API.
    begins = forms.model_to_dict(admin.model())
    fields = {**old.base_fields, **new.base_fields}
    made = {}
    for name, field in fields.items():
        if _is_file(field):
            continue
        needed = name in new.base_fields and field.required and begins.get(name, field.initial) in (None, "")
        made[name] = _field(field, required=needed, hidden=name in written)
    own: dict[str, Any] = {"id": serializers.IntegerField(read_only=True), **made, **extras}
    if secret := secrets_of(admin):
        own["secrets_set"] = serializers.ListField(
            child=serializers.ChoiceField(choices=list(secret)), read_only=True, help_text="Which secrets there are."
        )
    words = {**own, "__doc__": admin.model.__doc__}
    return types.new_class(
        f"Admin{admin.model.__name__}Serializer", (serializers.Serializer,), exec_body=words_into(words)
    )


def words_into(words: dict[str, Any]) -> Any:
    """Return what fills the body of a new class."""
    return lambda names: names.update(words)


def _field(field: forms.Field, *, required: bool, hidden: bool) -> serializers.Field[Any, Any, Any, Any]:
    """Return the field in JSON. What has something to begin with need not be sent."""
    words: dict[str, Any] = {"label": field.label, "help_text": field.help_text or None, "required": required}
    match field:
        case forms.ModelMultipleChoiceField():
            return serializers.ListField(child=serializers.CharField(), **words)
        case forms.ModelChoiceField():
            return serializers.CharField(allow_null=not field.required, **words)
        case forms.BooleanField():
            return serializers.BooleanField(**{**words, "required": False})
        case DurationField() if not field.whole:
            return serializers.FloatField(allow_null=not field.required, **words)
        case forms.IntegerField() | DurationField():
            limits = {"min_value": field.min_value, "max_value": field.max_value}
            return serializers.IntegerField(allow_null=not field.required, **limits, **words)
        case forms.TypedChoiceField() if _is_number(field):
            return serializers.IntegerField(allow_null=not field.required, min_value=1, **words)
        case forms.ChoiceField() if _offered(field):
            return serializers.ChoiceField(choices=_offered(field), allow_blank=not field.required, **words)
    longest = getattr(field, "max_length", None)
    return serializers.CharField(
        allow_blank=not field.required, max_length=longest, write_only=hidden, **words,
        trim_whitespace=getattr(field, "strip", True),
    )  # fmt: skip


def _offered(field: Any) -> list[tuple[Any, Any]]:
    """Return the choices that never change; "" is none of them. What is made while the site runs, such as groups, the form knows."""
    if isinstance(field.choices, CallableChoiceIterator):
        return []
    return [(key, label) for key, label in field.choices if key != ""]


def with_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows with all that `shown` names of others, read at once however many rows there are."""
    columns = [field for field in rows.model._meta.get_fields() if field.concrete and field.related_model]
    ones = {field.name: _named(field) for field in columns if field.many_to_one}
    manys = [_named(field) for field in columns if field.many_to_many]
    return rows.select_related(*ones.values()).prefetch_related(*manys)


def _named(field: Any) -> str:
    """Return the relation up to the row that holds the name."""
    return "__".join([field.name, *_key(field.related_model).split("__")[:-1]])


def shown(form: forms.ModelForm[Any], names: Iterable[str]) -> dict[str, Any]:
    """Return what stands in an unfilled form of a thing, in the fields with these names."""
    return {name: _shown(form, name) for name in names}


def _shown(form: forms.ModelForm[Any], name: str) -> Any:
    field = form.fields[name]
    value = form.get_initial_for_field(field, name)
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(str(_name_of(row)) for row in value or [])
    if isinstance(field, forms.ModelChoiceField):
        return _name_of(getattr(form.instance, name)) if value else None
    if isinstance(field, forms.BooleanField):
        return bool(value)
    if isinstance(field, forms.IntegerField | DurationField) or _is_number(field):
        return value
    return "" if value is None else str(value)


def _is_number(field: forms.Field) -> bool:
    """Tell whether it is a choice of a thing by its number, such as a seat."""
    return isinstance(field, forms.TypedChoiceField) and field.coerce is int


def _key(model: type[Model]) -> str:
    """Return the column that names a row; of a platform's accounts as of all."""
    labels = [one._meta.label_lower for one in (model, *model._meta.get_parent_list())]
    return next((NAMED_BY[label] for label in labels if label in NAMED_BY), "pk")


def _name_of(row: Any) -> Any:
    for part in _key(type(row)).split("__"):
        row = getattr(row, part)
    return row


def filled(
    form_class: Any, instance: Any, given: Mapping[str, Any], files: Mapping[str, Any] | None = None
) -> forms.ModelForm[Any]:
    """Return the form with what is given, and for the rest what stands there. Raises: ValidationError where a name is unknown."""
    thing = form_class._meta.model() if instance is None else instance
    empty = form_class(instance=thing)
    secret = getattr(form_class, "secrets", ())
    data = {name: "" if name in secret else _posted(empty, name) for name in empty.fields}
    wrong: dict[str, Any] = {}
    for name, value in given.items():
        try:
            data[name] = _found(empty.fields[name], value)
        except ValidationError as error:
            wrong[name] = error.detail
    if wrong:
        raise ValidationError(wrong)
    return form_class(data, files, instance=thing)


def _posted(form: forms.ModelForm[Any], name: str) -> Any:
    value = form.get_initial_for_field(form.fields[name], name)
    return [getattr(one, "pk", one) for one in value] if isinstance(value, list | tuple) else value


def _found(field: forms.Field, value: Any) -> Any:
    """Return what a browser would send for the value: of things their ids."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return [_pk(field, one) for one in value]
    if isinstance(field, forms.ModelChoiceField):
        return _pk(field, value) if value not in (None, "") else ""
    return "" if value is None else value


def _pk(field: forms.ModelChoiceField[Any], name: str) -> Any:
    assert field.queryset is not None
    rows = field.queryset.filter(**{_key(field.queryset.model): name})
    pk = rows.values_list("pk", flat=True).first()
    if pk is None:
        raise ValidationError(_("There is no %s here.") % name, code="does_not_exist")
    return pk


def errors_of(form: forms.ModelForm[Any], names: Mapping[str, str]) -> ValidationError:
    """Return what is wrong with a form, as the API says it; `names` are those of fields that it calls otherwise."""
    found: dict[str, list[ErrorDetail]] = {}
    for name, errors in form.errors.as_data().items():
        said = [ErrorDetail(words, error.code or "invalid") for error in errors for words in error.messages]
        found["non_field_errors" if name == "__all__" else names.get(name, name)] = said
    return ValidationError(found)
