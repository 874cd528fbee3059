"""Users set up two-step sign-in for themselves; staff take it away from a user who has lost the phone."""

from __future__ import annotations

from typing import Any

import django_otp.plugins.otp_totp.admin  # noqa: F401  the page that ours stands in for
from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.widgets import UnfoldAdminTextInputWidget

from bridge.backoffice.pages import OfUserAdmin
from bridge.staff import twostep

TOTPDevice._meta.verbose_name, TOTPDevice._meta.verbose_name_plural = _("two-step device"), _("two-step devices")


class CodeForm(forms.Form):
    """The six digits."""

    code = forms.CharField(
        label=_("Code"),
        max_length=10,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """Switch two-step sign-in on or off for oneself; either takes a code."""
    device = twostep.device_of(request.user)
    ours = device or twostep.begun(request.user, gettext("WeChat Bridge"))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        done = _switch_off(ours, form) if device else twostep.confirm(ours, form.cleaned_data["code"])
        if done:
            said = gettext("Two-step sign-in is off.") if device else gettext("Two-step sign-in is on.")
            messages.success(request, said)
            return redirect("two-step")
        form.add_error("code", gettext("The code is wrong or was used already. Wait for the next one."))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "has_permission": True,  # also for seats, who are no staff
        "title": gettext("Two-step sign-in"),
        "device": device,
        "form": form,
        "picture": "" if device else twostep.picture(ours),
    }
    return render(request, "admin/twostep.html", context)


def _switch_off(device: TOTPDevice, form: CodeForm) -> bool:
    if not device.verify_token(form.cleaned_data["code"].strip()):
        return False
    device.delete()
    return True


admin.site.unregister(TOTPDevice)
admin.site.login_form = twostep.AdminLoginForm


@admin.register(TOTPDevice)
class DeviceAdmin(OfUserAdmin):
    """Deleting a row lets its user in by password alone, until they set it up anew."""

    list_display = ("user", "confirmed", "created_at", "last_used_at")
    search_fields = ("user__username",)
    fields = list_display
    readonly_fields = list_display
    undisclosed = ("key",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(confirmed=True)
