"""Canned replies: what seats write again and again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from seats.models.groups import SeatGroup
from seats.models.seats import Seat

PLACEHOLDERS = ("customer", "seat", "account")


class CannedReply(models.Model):
    """A text that a seat chooses by `/` and a word of its title: a seat's own, a group's, or everybody's.

    `{customer}`, `{seat}` and `{account}` stand for the names.
    """

    title = models.CharField(_("title"), max_length=50)
    text = models.TextField(
        _("text"), max_length=1000, help_text=_("{customer}, {seat} and {account} stand for the names.")
    )
    group = models.ForeignKey(
        SeatGroup,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="canned_replies",
        verbose_name=_("group"),
        help_text=_("Empty: for all groups."),
    )
    seat = models.ForeignKey(
        Seat,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="canned_replies",
        verbose_name=_("seat"),
        help_text=_("Only for this seat. Empty: for all seats of the group."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ["position", "title", "pk"]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def of(cls, seat: Seat) -> models.QuerySet[CannedReply]:
        """Return what this seat can choose from: its own ones first."""
        groups = Q(group=None) | Q(group__in=seat.groups.all())
        rows = cls.objects.filter(groups, Q(seat=None) | Q(seat=seat)).distinct()
        return rows.order_by(models.F("seat").desc(nulls_last=True), "position", "title", "pk")

    def filled(self, **names: str) -> str:
        """Return the text with the names in it."""
        text = self.text
        for placeholder in PLACEHOLDERS:
            text = text.replace("{" + placeholder + "}", names.get(placeholder, ""))
        return text
