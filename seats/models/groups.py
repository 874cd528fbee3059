"""Groups of seats, and the rules by which each of them works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bridge.models import WorkingHours

if TYPE_CHECKING:
    from seats.models.seats import Seat


def _seconds(label: Any, default: int, help_text: Any) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(label, default=default, help_text=help_text)


class SeatGroup(models.Model):
    """A set of seats by skill, and the rules of its queue. All lengths of time are in seconds; 0 switches a rule off.

    `turn` is written by every assignment: the row's lock orders them. `handling_seconds` is how long a conversation has
    lately kept a seat, 0 while nothing is known.
    """

    class TransferMode(models.TextChoices):
        DIRECT = "direct", _("at once")
        OFFER = "offer", _("offered, and accepted or refused")

    slug = models.SlugField(_("slug"), unique=True, max_length=50)
    name = models.CharField(_("name"), max_length=100)
    strategy = models.CharField(
        _("strategy"), max_length=30, default="weighted", help_text=_("Which free seat gets the next conversation.")
    )
    last_seat_days = models.PositiveIntegerField(
        _("a seat is remembered for"),
        default=7,
        help_text=_("For the strategy that prefers the seat the customer knows: how long ago they may have talked."),
    )
    hours = models.ForeignKey(
        WorkingHours,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="groups",
        verbose_name=_("working hours"),
        help_text=_("Outside of them customers leave a message. Empty: always open."),
    )
    supervisors: models.ManyToManyField[Seat, Any] = models.ManyToManyField(
        "Seat",
        related_name="supervises",
        blank=True,
        verbose_name=_("supervisors"),
        help_text=_("They see every conversation of the group, may whisper, join, take over and reassign."),
    )
    max_queue = models.PositiveIntegerField(
        _("longest queue"), default=0, help_text=_("Whoever comes when so many wait leaves a message. 0: no limit.")
    )
    max_wait_seconds = _seconds(
        _("longest wait"), 1800, _("After so long in line a customer is asked for a message. 0: no limit.")
    )
    retell_seconds = _seconds(
        _("tell the place again after"),
        300,
        _("Whoever writes while waiting hears their place anew, at most once in this time. 0: only once."),
    )
    overflow_group = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("overflow to")
    )
    overflow_seconds = _seconds(_("overflow after"), 120, _("After so long the other group may take the customer too."))
    transfer_mode = models.CharField(
        _("transfer"), max_length=6, choices=TransferMode.choices, default=TransferMode.DIRECT
    )
    offer_seconds = _seconds(_("an offer lasts"), 60, _("Not accepted within this time, it goes back."))
    grace_seconds = _seconds(
        _("grace for a seat that vanished"),
        120,
        _("After so long offline its waiting customers go to the head of the queue. 0: they stay with it."),
    )
    remind_seat_seconds = _seconds(
        _("remind the seat after"), 180, _("A customer unanswered for so long is pointed out. 0: never.")
    )
    remind_customer_seconds = _seconds(
        _("remind the customer after"),
        0,
        _("Silent for so long after the seat's last word, they are asked once; costs a message. 0: never."),
    )
    close_idle_seconds = _seconds(
        _("close after"), 86400, _("Silent for so long after the seat's last word, it is closed. 0: never.")
    )
    handling_seconds = models.FloatField(default=0, editable=False)
    turn = models.BigIntegerField(default=0, editable=False)
    history = HistoricalRecords(excluded_fields=["handling_seconds", "turn"], m2m_fields=[supervisors])

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["slug"]
        permissions = [("oversee", _("Oversees every group"))]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.overflow_group_id and self.overflow_group_id == self.pk:
            raise ValidationError({"overflow_group": _("A group cannot overflow to itself.")})
