"""Sources: scenes by which customers come to an account, and what follows from each."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField
from bridge.models.auto_answers import AutoAnswer
from bridge.models.endpoints import Account
from bridge.models.tags import Tag


class Source(models.Model):
    """A scene, such as that of a QR code: who serves those who come by it, their tags, and what they read at once.

    A seat goes before a chatbot, and that before the account's own. A platform subclasses this for its codes.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="sources", verbose_name=_("account"))
    name = models.CharField(_("name"), max_length=100, help_text=_("For reports, such as: poster at the station."))
    scene = KeyField(_("scene"), max_length=64)
    group = models.CharField(_("group"), max_length=50, blank=True)
    seat_id = models.BigIntegerField(_("seat"), null=True, blank=True)
    mode = models.CharField(_("chatbot"), max_length=30, blank=True)
    opens = models.BooleanField(
        _("opens a conversation at once"),
        default=False,
        help_text=_("Else the next message of whoever came by it does. A seat may then write first, within a minute."),
    )
    tags = models.ManyToManyField(
        Tag, blank=True, related_name="+", verbose_name=_("tags"), limit_choices_to={"of": Tag.Of.CUSTOMER}
    )
    welcome: models.ForeignKey[Any, Any] = models.ForeignKey(
        AutoAnswer, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("welcome")
    )

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [models.UniqueConstraint(fields=["account", "scene"], name="source_once_per_account")]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
