"""Two-step sign-in: whoever has set it up also gives the code that their phone shows (TOTP, RFC 6238)."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm

from bridge.live.parameters import parameters

FIELD = "code"


def device_of(user: Any) -> TOTPDevice | None:
    """Return the user's device; None for a user who signs in by password alone."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def is_missing(user: Any) -> bool:
    """Tell whether a role of the user's must sign in in two steps (TWO_STEP_ROLES), and they have not set it up."""
    roles = parameters.TWO_STEP_ROLES
    if not roles or not user.is_authenticated:
        return False
    return (user.is_superuser or user.groups.filter(pk__in=roles).exists()) and device_of(user) is None


def begun(user: Any, issuer: str) -> TOTPDevice:
    """Return the device that the user is setting up, made where there is none."""
    found = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return found or TOTPDevice.objects.create(user=user, confirmed=False, name=issuer[:64])


def picture(device: TOTPDevice) -> SafeString:
    """Return the QR code from which a phone takes the device over, as SVG."""
    return mark_safe(segno.make(device.config_url).svg_inline(scale=5, border=2, light="white"))  # noqa: S308 -- made of our own address


def confirm(device: TOTPDevice, code: str) -> bool:
    """Tell whether the code is the device's, and from now on ask for it at every sign-in."""
    if not device.verify_token(code.strip()):
        return False
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return True


class _CodeMixin:
    """Asks for the code where name and password are right and the user has a device. A wrong code is a failed sign-in."""

    needs_code = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()  # type: ignore[misc]
        user = self.get_user()  # type: ignore[attr-defined]
        device = device_of(user) if user else None
        if device is None:
            return cleaned
        self.needs_code = True
        code = self.data.get(FIELD, "").strip()  # type: ignore[attr-defined]
        if not code:
            raise ValidationError(_("Enter the password again, and the code that your phone shows."), code="code")
        if not device.verify_token(code):
            named = {"username": user.get_username()}
            user_login_failed.send(sender=__name__, credentials=named, request=self.request)  # type: ignore[attr-defined]
            raise ValidationError(_("The code is wrong or was used already. Wait for the next one."), code="code")
        return cleaned


class AdminLoginForm(_CodeMixin, UnfoldAuthenticationForm):
    """The admin's log-in."""


class LoginForm(_CodeMixin, AuthenticationForm):
    """The desk's log-in."""
