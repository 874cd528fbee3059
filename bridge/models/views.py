"""Saved filters of the admin's lists."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedFilter(models.Model):
    """A list with its filters, search and order, under a name: one's own, or everybody's who may see the list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    path = models.CharField(_("list"), max_length=100, db_index=True)
    name = models.CharField(_("name"), max_length=50)
    query = models.CharField(_("filters"), max_length=500)
    shared = models.BooleanField(_("for everybody"), default=False)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
