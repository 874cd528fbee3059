"""What ties an API token to its owner's password."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField


class TokenSeal(models.Model):
    """An API token's seal: a digest of its owner's password at the time. After another password the token is worth nothing.

    `token` is the token's own digest; no foreign key, as the library's table changes its primary key in its migrations.
    """

    token = KeyField(_("API token"), max_length=128, primary_key=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"))
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("token's seal")
        verbose_name_plural = _("tokens' seals")
