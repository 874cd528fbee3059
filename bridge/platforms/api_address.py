"""Where a platform's API may be: at an address of the public internet, over https."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bridge.http.addresses import is_public
from bridge.http.deadline import resolve
from bridge.platforms.checks import is_loopback
from bridge.platforms.provisioning import is_url

SECONDS = 3.0  # that looking up the name may take


def check_in_file(value: str) -> None:
    """Refuse what is no address, and what `check_address` refuses: in a file nothing has looked at it before."""
    is_url(value)
    check_address(value)


def check_address(value: str) -> None:
    """Refuse an address to which secrets would go unencrypted, or that makes our server call inside addresses.

    Where the sandbox runs (PLATFORM_ALLOW_PRIVATE) any inside address is taken, this machine's own without https too.
    Raises: ValidationError.
    """
    if urlsplit(value).scheme != "https" and not is_loopback(value):
        raise ValidationError(_("The address must begin with https://, as secrets are sent there."))
    if not settings.PLATFORM_ALLOW_PRIVATE and leads_inside(value):
        raise ValidationError(
            _(
                "No platform is there: the address is this machine's own or of a private network. Leave the platform's address."
            )
        )


def leads_inside(url: str) -> bool:
    """Tell whether the host is, or is found at, an address that is not public. One that is not found now is found nowhere."""
    parts = urlsplit(url)
    try:
        found = resolve(parts.hostname or "", parts.port or 443, SECONDS)
    except (OSError, ValueError):
        return is_loopback(url)
    return any(not is_public(one) for one in found)
