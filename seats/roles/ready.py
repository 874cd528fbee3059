"""The roles that a new site begins with. Each is made once: what staff change, rename or delete afterwards stays so."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from seats.models import ReadyMadeRole
from seats.roles import capabilities

SUPERVISOR, ANALYST, OPERATOR, ADMINISTRATOR = "supervisor", "analyst", "operator", "administrator"
READY: dict[str, tuple[Any, tuple[str, ...]]] = {
    SUPERVISOR: (
        _("Supervisor"), ("reports", "arranges_reports", "oversees", "reads", "ends", "blocks", "sees_seats", "arranges")
    ),
    ANALYST: (_("Analyst"), ("reports", "arranges_reports")),
    OPERATOR: (
        _("Operator"),
        ("reports", "reads", "ends", "blocks", "sees_seats", "changes_seats", "arranges", "bots", "codes", "sees_accounts",
         "menus", "notices", "shown_seats", "sees_deliveries", "resends"),
    ),
    ADMINISTRATOR: (_("Administrator"), tuple(capabilities.BY_NAME)),
}  # fmt: skip


def make(**_signal: Any) -> None:
    """Make those of the ready-made roles that this site never had, named in the site's language.

    A role that has the name already is left as it is.
    """
    made = set(ReadyMadeRole.objects.values_list("slug", flat=True))
    if missing := [slug for slug in READY if slug not in made]:
        for app in apps.get_app_configs():
            create_permissions(app, verbosity=0)  # Django makes them app by app, and this is not the last
        with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
            for slug in missing:
                _make(slug)


def _make(slug: str) -> None:
    label, names = READY[slug]
    role, is_new = Group.objects.get_or_create(name=str(label))
    if is_new:
        capabilities.grant(role, names)
    ReadyMadeRole.objects.create(slug=slug)
