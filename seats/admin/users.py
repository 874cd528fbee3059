"""Users and roles in the admin. Whoever may change them cannot give more than they have, nor touch whoever has more."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

# Django's own pages, in the theme's dress.
admin.site.unregister(User)
admin.site.unregister(Group)


def _names(permissions: QuerySet[Permission]) -> set[str]:
    return {f"{app}.{name}" for app, name in permissions.values_list("content_type__app_label", "codename")}


def _grantable(user: User) -> QuerySet[Permission]:
    """Return the permissions that this user has, and so may give."""
    if user.is_superuser:
        return Permission.objects.all()
    own = user.get_all_permissions()
    every = Permission.objects.values_list("pk", "content_type__app_label", "codename")
    return Permission.objects.filter(pk__in=[pk for pk, app, name in every if f"{app}.{name}" in own])


def _roles(user: User) -> QuerySet[Group]:
    """Return the roles all of whose permissions this user has."""
    if user.is_superuser:
        return Group.objects.all()
    beyond = Group.objects.filter(permissions__in=Permission.objects.exclude(pk__in=_grantable(user)))
    return Group.objects.exclude(pk__in=beyond)


def _may_touch(user: User, other: User) -> bool:
    """Tell whether `other` has nothing that `user` lacks: whoever can change a user can sign in as that user."""
    if user.is_superuser:
        return True
    return not other.is_superuser and other.get_all_permissions() <= user.get_all_permissions()


class WithinOwn(ModelAdmin):
    """A page on which one gives only what one has; what others have given besides stays."""

    def formfield_for_manytomany(self, db_field: Any, request: Any, **words: Any) -> Any:
        """Offer what one may give."""
        field = super().formfield_for_manytomany(db_field, request, **words)
        user: Any = request.user
        if field is not None and db_field.name in ("user_permissions", "permissions"):
            field.queryset = _grantable(user).select_related("content_type")
        elif field is not None and db_field.name == "groups":
            field.queryset = _roles(user)
        return field


@admin.register(User)
class UserAdmin(WithinOwn, DjangoUserAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a superuser makes superusers."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or _may_touch(request.user, obj))  # type: ignore[arg-type]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or _may_touch(request.user, obj))  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete those one may touch; the others stay."""
        allowed = [user.pk for user in queryset if _may_touch(request.user, user)]  # type: ignore[arg-type]
        super().delete_queryset(request, queryset.filter(pk__in=allowed))

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool) -> None:
        """Save what was chosen; roles and permissions that were not on offer stay as they were."""
        user: Any = request.user
        roles = list(form.instance.groups.exclude(pk__in=_roles(user)))
        permissions = list(form.instance.user_permissions.exclude(pk__in=_grantable(user)))
        super().save_related(request, form, formsets, change)
        form.instance.groups.add(*roles)
        form.instance.user_permissions.add(*permissions)


@admin.register(Group)
class RoleAdmin(WithinOwn, DjangoGroupAdmin):  # type: ignore[misc]  # the stubs narrow a method that is the same
    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._within(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._within(request, obj)

    @staticmethod
    def _within(request: HttpRequest, obj: Group | None) -> bool:
        user: Any = request.user
        return obj is None or user.is_superuser or _names(obj.permissions.all()) <= user.get_all_permissions()
