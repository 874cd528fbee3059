"""What the bots are configured with."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bridge.models import Account, AutoAnswer, WorkingHours


def _answer(label: Any, **fields: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(AutoAnswer, models.PROTECT, related_name="+", verbose_name=label, editable=False, **fields)


class AutoReply(models.Model):
    """What is answered by itself, when, and to whom: what all kinds of it share.

    With an `other` answer, `other_share` percent of the customers get that one, each always the same.
    """

    class When(models.TextChoices):
        ALWAYS = "always", _("always")
        OPEN = "open", _("within working hours")
        CLOSED = "closed", _("outside of working hours")

    account = models.ForeignKey(
        Account,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("account"),
        help_text=_("Empty: for all accounts."),
    )
    answer = _answer(_("what is answered"))
    other = _answer(_("other answer (B)"), null=True)
    other_share = models.PositiveSmallIntegerField(
        _("percent who get B"),
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_("Where there is an answer B. The same customer always gets the same one."),
    )
    when = models.CharField(_("when"), max_length=10, choices=When.choices, default=When.ALWAYS)
    hours = models.ForeignKey(
        WorkingHours,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("working hours"),
        help_text=_("Empty: the account's own."),
    )
    position = models.PositiveIntegerField(
        _("position"),
        default=0,
        help_text=_("The first that fits answers; at one position, an account's own before one for all."),
    )
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    @classmethod
    def rows_for(cls, account: int | None) -> models.QuerySet[Any]:
        """Return the rows that hold for an account, in order, with all that is needed to answer.

        Of those at one position its own go first: what is for all would hide what it brought along from its console.
        """
        rows = cls._default_manager.filter(Q(account=account) | Q(account=None), enabled=True)
        ordered = rows.order_by("position", F("account").asc(nulls_last=True), "pk")
        return ordered.select_related("answer", "other", "hours")


class FaqEntry(AutoReply):
    """Keywords, and what the FAQ bot answers to a message in which one of them stands."""

    class Match(models.TextChoices):
        CONTAINS = "contains", _("stands in the message")
        EXACT = "exact", _("is the whole message")

    keywords = models.CharField(
        _("keywords"), max_length=200, help_text=_("Separated by spaces; one of them is enough.")
    )
    match = models.CharField(_("a keyword"), max_length=10, choices=Match.choices, default=Match.CONTAINS)
    history = HistoricalRecords()

    class Meta(AutoReply.Meta):
        verbose_name = _("FAQ entry")
        verbose_name_plural = _("FAQ")

    def __str__(self) -> str:
        return self.keywords


class Welcome(AutoReply):
    """What whoever begins to follow an account reads at once."""

    history = HistoricalRecords()

    class Meta(AutoReply.Meta):
        verbose_name = _("welcome")
        verbose_name_plural = _("welcomes")

    def __str__(self) -> str:
        return str(self.answer)
