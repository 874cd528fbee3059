"""Who has which conversation, and who waits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.fields import KeyField
from bridge.models import Conversation
from seats.models.seats import Seat, SeatGroup


class Assignment(models.Model):
    """A conversation that a seat has, or had until `released_at`."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="assignments", verbose_name=_("conversation")
    )
    # The conversation while the assignment is in force, null afterwards: at most one in force each.
    active_for = models.OneToOneField(Conversation, models.CASCADE, null=True, related_name="assignment")
    seat = models.ForeignKey(Seat, models.CASCADE, related_name="assignments", verbose_name=_("seat"))
    assigned_at = models.DateTimeField(_("assigned"))
    released_at = models.DateTimeField(_("released"), null=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")

    def __str__(self) -> str:
        return f"{self.conversation} · {self.seat}"


class QueueEntry(models.Model):
    """A conversation that waits for a seat of a group. The order of the ids is the order of the queue."""

    conversation = models.OneToOneField(
        Conversation, models.CASCADE, related_name="queue_entry", verbose_name=_("conversation")
    )
    group = models.ForeignKey(SeatGroup, models.CASCADE, related_name="queue", verbose_name=_("group"))
    lane = KeyField(_("lane"), max_length=80)
    enqueued_at = models.DateTimeField(_("waiting since"))

    class Meta:
        verbose_name = _("queue entry")
        verbose_name_plural = _("queue")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.conversation)
