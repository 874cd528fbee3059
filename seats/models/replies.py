"""Canned replies: what seats write again and again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from seats.models.groups import SeatGroup
from seats.models.seats import Seat

_PAUSES, _ENDS = "，,、：:；;", "。.！!？?…~～\n"
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
        """Return the text with the names in it; where there is no name, without the comma that belonged to it."""
        text = self.text
        for placeholder in PLACEHOLDERS:
            mark = "{" + placeholder + "}"
            name = names.get(placeholder, "")
            while not name and mark in text:
                text = _joined(*text.split(mark, 1))
            text = text.replace(mark, name)
        return text


def _joined(before: str, after: str) -> str:
    """Return the two parts of a text between which nothing is put.

    >>> _joined("", "，您好。"), _joined("您好，", "！"), _joined("Hello ", ", how are you?"), _joined("请", "稍候")
    ('您好。', '您好！', 'Hello, how are you?', '请稍候')
    """
    if not before.strip() or before.rstrip(" ")[-1] in _ENDS:
        return before + after.lstrip(_PAUSES + " ")
    if not after.strip() or after[0] in _ENDS + _PAUSES + " ":
        before = before.rstrip(" ")
    if not after.strip() or after[0] in _ENDS + _PAUSES:
        before = before.rstrip(_PAUSES + " ")
    return before + after
