"""The field of a parameter that names roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group


class RolesField(forms.MultipleChoiceField):
    """Roles to tick, kept by their ids: they may be renamed."""

    def __init__(self, **words: Any) -> None:
        super().__init__(choices=_roles, **words)


def _roles() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Group.objects.order_by("name").values_list("pk", "name")]
