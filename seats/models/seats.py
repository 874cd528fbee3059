"""Seats and their groups."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.agents import Agent
from bridge.fields import KeyField
from bridge.models.accounts import IM_ID


class SeatGroup(models.Model):
    """A set of seats by skill. `turn` is written by every assignment: the row's lock orders them."""

    slug = models.SlugField(_("slug"), unique=True, max_length=50)
    name = models.CharField(_("name"), max_length=100)
    strategy = models.CharField(
        _("strategy"), max_length=30, default="weighted", help_text=_("Which free seat gets the next conversation.")
    )
    last_seat_days = models.PositiveIntegerField(
        _("days a seat is remembered"),
        default=7,
        help_text=_("For the strategy by who knows the customer: how long ago they may have talked."),
    )
    turn = models.BigIntegerField(default=0, editable=False)
    supervisors: models.ManyToManyField[Seat, Any] = models.ManyToManyField(
        "Seat",
        related_name="supervises",
        blank=True,
        verbose_name=_("supervisors"),
        help_text=_("They hear on IM of a window about to close and of an account in trouble."),
    )

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """One human agent's place. `load` is how many conversations it has now, never more than `capacity`.

    `online` is what the platform says of its client, `availability` what the seat says of itself: it gets new
    conversations while it is online and open.
    """

    class Availability(models.TextChoices):
        OPEN = "open", _("takes new ones")
        BUSY = "busy", _("busy")
        AWAY = "away", _("away")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="seat", verbose_name=_("user"))
    groups = models.ManyToManyField(SeatGroup, related_name="seats", verbose_name=_("groups"), blank=True)
    im_user_id = KeyField(
        _("IM account"),
        max_length=32,
        unique=True,
        validators=[IM_ID],
        help_text=_("The seat's UserID on Tencent IM."),
    )
    capacity = models.PositiveIntegerField(
        _("capacity"), default=5, help_text=_("Conversations at a time."), validators=[MinValueValidator(0)]
    )
    weight = models.PositiveIntegerField(
        _("weight"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("A seat of weight 2 gets twice as many conversations as one of weight 1."),
    )
    online = models.BooleanField(_("online"), default=False)
    availability = models.CharField(
        _("availability"), max_length=5, choices=Availability.choices, default=Availability.OPEN
    )
    load = models.PositiveIntegerField(_("load"), default=0, editable=False)
    presence_at = models.DateTimeField(_("presence since"), null=True, editable=False)
    idle_since = models.DateTimeField(_("without work since"), null=True, editable=False)
    last_assigned_at = models.DateTimeField(_("last assigned"), null=True, editable=False)

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["im_user_id"]

    def __str__(self) -> str:
        return self.user.get_username()

    def as_agent(self) -> Agent:
        """Return the seat as the bridge sees it."""
        return Agent(self.pk, self.user.get_full_name() or self.user.get_username(), self.im_user_id)
