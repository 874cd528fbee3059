"""Roles in the admin: what each lets people do, in words. One gives only what one has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from bridge.backoffice.pages import CarefulAdmin
from seats.roles import capabilities

admin.site.unregister(Group)


class RoleForm(forms.ModelForm):
    """A role's name, and what it lets people do."""

    capabilities = forms.MultipleChoiceField(
        label=_("lets people do this"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Only what you may do yourself can be given."),
    )

    class Meta:
        model = Group
        fields = ("name",)

    def __init__(self, *args: Any, **words: Any) -> None:
        super().__init__(*args, **words)
        if self.instance.pk:
            own = capabilities.names_of(self.instance)
            self.initial["capabilities"] = [one.name for one in capabilities.held(own)]


@admin.register(Group)
class RoleAdmin(CarefulAdmin):
    """Roles, by what they allow in words."""

    form = RoleForm
    list_display = ("name", "shown_capabilities", "people")
    search_fields = ("name",)
    fields = ("name", "capabilities")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows = super().get_queryset(request).prefetch_related("permissions")
        return rows.annotate(number=Count("user", distinct=True)).order_by("name")

    @admin.display(description=_("lets people do this"))
    def shown_capabilities(self, role: Group) -> str:
        return "; ".join(str(one.label) for one in capabilities.held(capabilities.names_of(role)))

    @admin.display(description=_("people"), ordering="number")
    def people(self, role: Any) -> int:
        return int(role.number)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **words: Any) -> Any:
        """Offer what whoever asks may do."""
        form = super().get_form(request, obj, change, **words)
        user: Any = request.user
        own = capabilities.held(user.get_all_permissions())
        form.base_fields["capabilities"].choices = [(one.name, one.label) for one in own]
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        capabilities.grant(form.instance, form.cleaned_data["capabilities"])

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._within(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._within(request, obj)

    @staticmethod
    def _within(request: HttpRequest, obj: Group | None) -> bool:
        user: Any = request.user
        return obj is None or user.is_superuser or capabilities.names_of(obj) <= user.get_all_permissions()
