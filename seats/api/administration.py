"""What the admin makes and changes, by the API: seats, groups, accounts, tags, canned replies, FAQ, welcomes, broadcasts, and
what platforms add by `bridge.backoffice.programs`, such as QR codes.

Who may do it in the admin may do it here. The admin's own form checks what is sent, its page saves it and writes its history,
so that the API refuses what the admin refuses. Secrets are written and never shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin as backoffice
from django.db import transaction
from django.db.models import QuerySet
from django.forms import modelform_factory
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.backoffice.programs import CHANGE, DELETE, MAKE, Resource, resources
from bridge.models import Account
from bridge.platforms.registry import platforms
from seats.api import admin_forms, scopes
from seats.api.bodies import filters_of
from seats.api.broadcasts import BroadcastView
from seats.api.pages import Newest

VERBS = {"GET": "view", "HEAD": "view", "OPTIONS": "view", "POST": "add", "PATCH": "change", "DELETE": "delete"}
RESOURCES = {
    "groups": Resource("seats.seatgroup"),
    "seats": Resource("seats.seat"),
    "tags": Resource("bridge.tag"),
    "canned-replies": Resource("seats.cannedreply"),
    "faq": Resource("chatbots.faqentry"),
    "welcomes": Resource("chatbots.welcome"),
    "broadcasts": Resource("bridge.broadcast", BroadcastView),
}


class InUse(APIException):
    """Others hang on it."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "in_use"


class AsInTheAdmin(BasePermission):
    """Whoever may do the same in the admin."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return self._may(request, view)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return self._may(request, view, obj)

    @staticmethod
    def _may(request: Request, view: Any, *obj: Any) -> bool:
        asked = request._request
        verb = view.acts.get(view.action) or VERBS.get(request.method or "", "view")
        if verb == "delete" and not obj:
            verb = "view"  # which ones may go, the page says of each
        asked.user = request.user
        if not backoffice.site.has_permission(asked):
            return False
        may = getattr(view.admin, f"has_{verb}_permission")
        return bool(may(asked) if verb == "add" else may(asked, *obj))


class Things(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Things of one kind, as the admin has them: listed and looked at.

    `acts`: which permission of the admin's page each action takes that is no verb of HTTP. `refuses`: the actions that may
    answer 409. `extras` are shown besides the form: each a field, and what reads it off the admin's page and the thing.
    """

    scope = scopes.ADMINISTER
    label = ""
    acts: ClassVar[Mapping[str, str]] = {}
    refuses: ClassVar[tuple[str, ...]] = ("destroy",)
    extras: ClassVar[Mapping[str, Any]] = {}
    permission_classes = [AsInTheAdmin]
    pagination_class = Newest
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]

    @property
    def admin(self) -> Any:
        """Return the page of the admin that this stands for."""
        return backoffice.site.get_model_admin(apps.get_model(self.label))

    def get_queryset(self) -> QuerySet[Any]:
        known = ["limit", "cursor", "format"]
        asked = filters_of(self.request, *known, *(["account"] if self._of_an_account() else []))
        rows: QuerySet[Any] = self.admin.get_queryset(self.request._request)
        return rows.filter(account=_account(asked.get("account", ""))) if "account" in asked else rows

    def _of_an_account(self) -> bool:
        return self.action == "list" and has_account(self.label)

    def get_serializer_class(self) -> type[Any]:
        own: Any = type(self)
        return _serializer(self.label, own)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(admin_forms.with_names(self.get_queryset()))
        return self.get_paginated_response([self.shown(one) for one in page or []])

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.shown(self.get_object()))

    def shown(self, one: Any) -> dict[str, Any]:
        """Return the thing as the API shows it."""
        secret, names = admin_forms.secrets_of(self.admin), _names(self.label)
        form = _whole_form(self.label)(instance=one)
        return {
            "id": one.pk, **admin_forms.shown(form, names), **self.besides(one),
            **({"secrets_set": [name for name in secret if getattr(one, name)]} if secret else {}),
        }  # fmt: skip

    def besides(self, one: Any) -> dict[str, Any]:
        """Return what is shown besides the form."""
        return {name: read(self.admin, one) for name, (_field, read) in self.extras.items()}

    def saved(self, instance: Any, data: Any, files: Mapping[str, Any] | None = None) -> Any:
        """Save what was sent, as the admin saves its form. Raises: ValidationError."""
        asked, change = self.request._request, instance is not None
        given = self.in_form(instance, _checked(self.get_serializer(instance, data=data, partial=change)))
        kind = self.admin.get_form(asked, instance, change=change)
        given = self._changeable(kind, instance, given)
        form = admin_forms.filled(kind, instance, given, files)
        if not form.is_valid():
            raise admin_forms.errors_of(form, self.names_in_form(instance))
        with transaction.atomic():
            new = self.admin.save_form(asked, form, change)
            self.admin.save_model(asked, new, form, change)
            self.admin.save_related(asked, form, [], change)
            said = self.admin.construct_change_message(asked, form, [], not change)
            (self.admin.log_change if change else self.admin.log_addition)(asked, new, said)
        return new

    def in_form(self, instance: Any, given: dict[str, Any]) -> dict[str, Any]:
        """Return what was sent by the names of the form's fields. Raises: ValidationError."""
        return given

    def names_in_form(self, instance: Any) -> Mapping[str, str]:
        """Return the API's names of the form's fields that the form calls otherwise."""
        return {}

    def _changeable(self, kind: Any, instance: Any, given: dict[str, Any]) -> dict[str, Any]:
        """Return what the form takes. Raises: ValidationError where something is sent anew that can only be chosen once."""
        fixed = {name: value for name, value in given.items() if name not in kind.base_fields}
        stands = self.shown(instance) if instance is not None else {}
        said = (
            _("This cannot be changed any more, or not by you.")
            if stands
            else _("This cannot be set here, or not by you.")
        )
        if wrong := [name for name, value in fixed.items() if name not in stands or stands[name] != value]:
            raise ValidationError(dict.fromkeys(wrong, said))
        return {name: value for name, value in given.items() if name not in fixed}


class Makes(Things):
    """Those that are made by whoever asks."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one; what has something to begin with need not be sent."""
        return Response(self.shown(self.saved(None, request.data)), status.HTTP_201_CREATED)


class Changes(Things):
    """Those that change."""

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent; the rest stays."""
        return Response(self.shown(self.saved(self.get_object(), request.data)))


class Deletes(mixins.DestroyModelMixin, Things):
    """Those that can be deleted."""

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete it, if nothing hangs on it."""
        return super().destroy(request, *args, **kwargs)

    def perform_destroy(self, instance: Any) -> None:
        """Delete it, where the admin would. Raises: InUse."""
        asked = self.request._request
        _rows, _counts, lacking, protected = self.admin.get_deleted_objects([instance], asked)
        if protected or lacking:
            raise InUse(_("It cannot be deleted, as others hang on it."))
        with transaction.atomic():
            self.admin.log_deletions(asked, type(instance).objects.filter(pk=instance.pk))
            self.admin.delete_model(asked, instance)


_VERBS: dict[str, type[Things]] = {MAKE: Makes, CHANGE: Changes, DELETE: Deletes}


def has_account(label: str) -> bool:
    """Tell whether each thing with this label is an account's."""
    fields = apps.get_model(label)._meta.get_fields()
    return any(field.name == "account" and field.many_to_one for field in fields)


def _account(slug: str) -> int:
    """Return the account with this slug. Raises: ValidationError."""
    found = Account.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if found is None:
        raise ValidationError({"account": _("There is no %s here.") % slug})
    return found


def _checked(serializer: Any) -> dict[str, Any]:
    """Return what was sent, each of the right type. Raises: ValidationError, also for what there is no field for."""
    sent = serializer.initial_data
    serializer.is_valid(raise_exception=True)
    known = [name for name, field in serializer.fields.items() if not field.read_only]
    if unknown := sorted(set(sent) - set(serializer.fields)):
        raise ValidationError({name: _("Unknown; known are: %s.") % ", ".join(known) for name in unknown})
    return dict(serializer.validated_data)


@lru_cache(maxsize=100)
def _serializer(label: str, view: Any) -> type[Any]:
    extras = {name: field for name, (field, _value) in view.extras.items()}
    return admin_forms.serializer_of(backoffice.site.get_model_admin(apps.get_model(label)), extras)


@lru_cache(maxsize=100)
def _names(label: str) -> list[str]:
    return admin_forms.names_shown(backoffice.site.get_model_admin(apps.get_model(label)))


@lru_cache(maxsize=100)
def _whole_form(label: str) -> Any:
    """Return the form with all its fields, also those that cannot be changed any more."""
    admin = backoffice.site.get_model_admin(apps.get_model(label))
    names = [*_names(label), *admin_forms.secrets_of(admin)]
    return modelform_factory(admin.model, form=admin.form, fields=names)


def _extras(label: str) -> dict[str, Any]:
    word = serializers.CharField(read_only=True)
    if label == "seats.seat":
        number = serializers.IntegerField(read_only=True)
        return {"presence": (word, lambda _admin, one: one.presence), "load": (number, lambda _admin, one: one.load)}
    if label in {one.model._meta.label_lower for one in platforms()}:
        address = (word, lambda admin, one: admin.callback_address(one))
        return {"callback_address": address, "trouble": (word, lambda _admin, one: one.trouble)}
    return {}


def viewsets_of_admin() -> dict[str, type[Things]]:
    """Return a view for each kind, by its address below /api/admin/: those above, the platforms' own, and their endpoints."""
    endpoints = {f"accounts/{one.name}": Resource(one.model._meta.label_lower) for one in platforms()}
    return {name: _viewset(one) for name, one in {**RESOURCES, **resources(), **endpoints}.items()}


def _viewset(one: Resource) -> type[Things]:
    model = apps.get_model(one.label)
    words = {
        "label": one.label,
        "queryset": model._default_manager.none(),
        "extras": {**_extras(one.label), **getattr(one.view, "extras", {})},
        "__doc__": getattr(one.view, "__doc__", "") or model.__doc__,
    }
    bases = [*([one.view] if one.view else []), *(_VERBS[verb] for verb in one.verbs), Things]
    made = extend_schema(tags=["admin"])(type(f"{model.__name__}AdminViewSet", tuple(bases), words))
    if has_account(one.label):
        account = OpenApiParameter("account", str, description="Only those of the account with this slug.")
        made = extend_schema_view(list=extend_schema(parameters=[account]))(made)
    return made
