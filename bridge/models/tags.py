"""Tags: short words that seats put on customers and conversations."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

MAX_PRIORITY = 100


class Tag(models.Model):
    """A word for a customer (who they are) or a conversation (what it was about)."""

    class Of(models.TextChoices):
        CUSTOMER = "customer", _("customers")
        CONVERSATION = "conversation", _("conversations")

    name = models.CharField(_("name"), max_length=50, unique=True)
    of = models.CharField(_("is put on"), max_length=12, choices=Of.choices, default=Of.CONVERSATION)
    priority = models.SmallIntegerField(
        _("priority in the queue"),
        default=0,
        validators=[MinValueValidator(-MAX_PRIORITY), MaxValueValidator(MAX_PRIORITY)],
        help_text=_("For tags of customers: whoever has a higher number is served first. 0 is usual."),
    )

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["of", "name"]

    def __str__(self) -> str:
        return self.name
