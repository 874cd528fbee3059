"""Reports that are sent by e-mail."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.models import Account
from bridge.models.validators import validate_one_line
from seats.models import SeatGroup


class Subscription(models.Model):
    """A report that is sent by e-mail, about the day, week or month before."""

    class Period(models.TextChoices):
        DAY = "day", _("every day")
        WEEK = "week", _("every Monday")
        MONTH = "month", _("on the first of each month")

    name = models.CharField(_("name"), max_length=100, validators=[validate_one_line])
    dashboard = models.CharField(_("report"), max_length=20)
    period = models.CharField(_("how often"), max_length=5, choices=Period.choices, default=Period.WEEK)
    hour = models.PositiveSmallIntegerField(
        _("hour"), default=8, validators=[MaxValueValidator(23)], help_text=_("Of the day, in the site's time zone.")
    )
    account = models.ForeignKey(
        Account, models.CASCADE, null=True, blank=True, verbose_name=_("account"), help_text=_("Empty: all.")
    )
    group = models.ForeignKey(
        SeatGroup, models.CASCADE, null=True, blank=True, verbose_name=_("group"), help_text=_("Empty: all.")
    )
    recipients = models.TextField(_("recipients"), help_text=_("E-mail addresses, one a line."))
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    # The first day of the period that was sent last: what was sent is not sent again.
    sent_for = models.DateField(null=True, editable=False)
    sent_at = models.DateTimeField(_("last sent"), null=True, editable=False)
    # A digest of the numbers that were sent, and up to which fact it is known that they still hold.
    sent_digest = models.CharField(max_length=64, blank=True, editable=False)
    held_to = models.BigIntegerField(default=0, editable=False)
    trouble = models.CharField(_("trouble"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        for address in self.addresses:
            validate_email(address)

    @property
    def addresses(self) -> list[str]:
        """The recipients, one by one."""
        return self.recipients.split()
