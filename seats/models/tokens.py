"""What ties an API token to its owner's password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField


class TokenSeal(models.Model):
    """An API token's seal: a digest of its owner's password at the time. After another password the token is worth nothing.

    It also says what the token may be used for.

    `token` is the token's own digest; no foreign key, as the library's table changes its primary key in its migrations.
    """

    token = KeyField(_("API token"), max_length=128, primary_key=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"))
    digest = models.CharField(_("digest"), max_length=64)
    # Its scopes, with spaces between them; see `seats.api.scopes`.
    scopes = models.CharField(_("scopes"), max_length=100, blank=True, default="")
    name = models.CharField(_("what it is for"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("token's seal")
        verbose_name_plural = _("tokens' seals")

    @classmethod
    def break_with(cls, instance: Any, **_signal: Any) -> None:
        """Delete the seal of a token that was deleted, wherever that was: sent by Django for each."""
        cls.objects.filter(token=instance.digest).delete()
