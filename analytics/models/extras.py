"""What analysts add to the reports: goals, notes on days, and reports kept under a name."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bridge.models.validators import validate_day


class Goal(models.Model):
    """What a number should be; charts draw a line there. In the number's unit: shares in per cent, lengths in seconds."""

    metric = models.CharField(_("number"), max_length=40, unique=True)
    value = models.FloatField(_("goal"), help_text=_("Shares in per cent; lengths of time such as 1 min 30 s."))

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = ["metric"]

    def __str__(self) -> str:
        return self.metric


class DayNote(models.Model):
    """A word on a day, such as a campaign: charts mark the day, and say it below."""

    day = models.DateField(_("day"), db_index=True, validators=[validate_day])
    text = models.CharField(_("note"), max_length=100)

    class Meta:
        verbose_name = _("note on a day")
        verbose_name_plural = _("notes on days")
        ordering = ["-day", "pk"]

    def __str__(self) -> str:
        return f"{self.day} {self.text}"


class SavedReport(models.Model):
    """A report's address under a name: one's own, or shared with a role or with everybody who reads reports.

    What it shows is limited by what its reader may see, not by what its author may.
    """

    class Shared(models.TextChoices):
        NOBODY = "nobody", _("only me")
        ROLE = "role", _("a role")
        EVERYBODY = "everybody", _("everybody who reads reports")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("saved by"))
    name = models.CharField(_("name"), max_length=50)
    page = models.CharField(max_length=20)  # a dashboard's name, or "explore"
    query = models.CharField(max_length=500, blank=True)
    shared = models.CharField(_("for"), max_length=9, choices=Shared.choices, default=Shared.NOBODY)
    role = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("role"))

    class Meta:
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Where it is shown."""
        path = reverse("reports-explore") if self.page == "explore" else reverse("reports-dashboard", args=[self.page])
        return f"{path}?{self.query}" if self.query else path
