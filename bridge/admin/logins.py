"""Failed sign-ins: who is locked out, and letting them in again by deleting the row."""

from __future__ import annotations

from axes.models import AccessAttempt
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bridge.backoffice.pages import DeletableLogAdmin
from bridge.staff import logins


@admin.register(AccessAttempt)
class AccessAttemptAdmin(DeletableLogAdmin):
    """Rows go by themselves at the next success; deleting one lets its name in at once."""

    list_display = ("username", "ip_address", "failures_since_start", "locked", "attempt_time", "path_info")
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "failures_since_start", "attempt_time", "path_info", "user_agent")
    list_per_page = 50

    @display(description=_("locked out"), boolean=True)
    def locked(self, attempt: AccessAttempt) -> bool:
        return attempt.failures_since_start >= logins.tries()
