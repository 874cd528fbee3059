"""Users in the admin. Whoever may change them cannot give more than they have, nor touch whoever has more."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from bridge.backoffice.found import found, numbered
from bridge.backoffice.pages import CarefulAdmin
from seats import token_page
from seats.reach import may_touch
from seats.roles import capabilities

# Django's own page, in the theme's dress.
admin.site.unregister(User)


def _roles(user: User) -> QuerySet[Group]:
    """Return the roles all of whose permissions this user has."""
    if user.is_superuser:
        return Group.objects.all()
    own = capabilities.rows(user.get_all_permissions())
    beyond = Group.objects.filter(permissions__in=Permission.objects.exclude(pk__in=own))
    return Group.objects.exclude(pk__in=beyond)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, CarefulAdmin):
    """A user with the roles that they have: what these allow stands on the roles' own pages."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "shown_name", "shown_roles", "is_staff", "is_active", "last_login")
    list_filter = ("groups", "is_staff", "is_superuser", "is_active")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "last_name", "first_name", "email")}),
        (_("What they may do"), {"fields": ("is_active", "groups", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    actions_detail = ("tokens",)

    def has_tokens_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Tell whether who asks may make tokens of the user: they could as well set the password, and sign in with it."""
        user = numbered(User.objects.all(), object_id).first()
        return user is not None and self.has_change_permission(request, user)

    @action(description=_("API tokens"), url_path="tokens", icon="key", permissions=["tokens"])
    def tokens(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Make and end the user's tokens."""
        return token_page.page(request, found(User.objects.all(), object_id))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("name"), ordering="first_name")
    def shown_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("roles"))
    def shown_roles(self, user: User) -> str:
        names = [role.name for role in user.groups.all()]
        return ", ".join([gettext("superuser"), *names] if user.is_superuser else names)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **words: Any) -> Any:
        """Offer the roles that one may give, as a list to tick."""
        if db_field.name == "groups":
            words |= {"queryset": _roles(request.user), "widget": UnfoldAdminCheckboxSelectMultipleWidget}
        field = super().formfield_for_manytomany(db_field, request, **words)
        if field is not None and db_field.name == "groups":
            field.help_text = _("Who answers customers needs no role but a seat: Seats and queue → Seats.")
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a superuser makes superusers."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or may_touch(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or may_touch(request.user, obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete those one may touch; the others stay."""
        allowed = [user.pk for user in queryset if may_touch(request.user, user)]
        super().delete_queryset(request, queryset.filter(pk__in=allowed))

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool) -> None:
        """Save what was chosen; roles that were not on offer stay. Whoever has a role may enter the back office."""
        user: Any = request.user
        roles = list(form.instance.groups.exclude(pk__in=_roles(user)))
        super().save_related(request, form, formsets, change)
        form.instance.groups.add(*roles)
        if "groups" in form.changed_data and form.instance.groups.exists() and not form.instance.is_staff:
            User.objects.filter(pk=form.instance.pk).update(is_staff=True)
            messages.info(request, gettext("With a role, %s may enter the back office now.") % form.instance)
