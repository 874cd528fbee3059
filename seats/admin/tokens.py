"""API tokens in the admin: whose there are, and revoking them."""

from __future__ import annotations

import knox.admin  # noqa: F401  the page that ours stands in for
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken

from bridge.backoffice.pages import OfUserAdmin

admin.site.unregister(AuthToken)
AuthToken._meta.verbose_name, AuthToken._meta.verbose_name_plural = _("API token"), _("API tokens")


@admin.register(AuthToken)
class AuthTokenAdmin(OfUserAdmin):
    """Everybody's tokens; deleting one revokes it. They are made on a user's page, or by their owners."""

    list_display = ("token_key", "user", "created", "expiry")
    list_select_related = ("user",)
    search_fields = ("token_key", "user__username")
    fields = ("token_key", "user", "created", "expiry")
    ordering = ("-created",)
    undisclosed = ("digest",)
