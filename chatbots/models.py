"""What the bots are configured with."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bridge.models import Account


class FaqEntry(models.Model):
    """A question the FAQ bot answers: where a message holds one of the keywords, the answer."""

    account = models.ForeignKey(
        Account,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("account"),
        help_text=_("Empty: for all accounts."),
    )
    keywords = models.CharField(
        _("keywords"), max_length=200, help_text=_("Separated by spaces; one of them is enough.")
    )
    answer = models.TextField(_("answer"), max_length=2000)
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("The first that fits answers."))
    enabled = models.BooleanField(_("enabled"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("FAQ entry")
        verbose_name_plural = _("FAQ")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.keywords
