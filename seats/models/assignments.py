"""Which seat has which conversation, which customers wait, and what is offered to which seat."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField
from bridge.models import Conversation
from seats.models.groups import SeatGroup
from seats.models.seats import Seat

# The order of a group's queue: the lower, the earlier. The only place where it stands.
QUEUE_ORDER = ("rank", "enqueued_at", "pk")


class Assignment(models.Model):
    """A conversation that a seat has, or had until `released_at`."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="assignments", verbose_name=_("conversation")
    )
    # The conversation while the assignment is in force, null afterwards: at most one in force each.
    active_for = models.OneToOneField(Conversation, models.CASCADE, null=True, related_name="assignment")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="assignments", verbose_name=_("seat"))
    assigned_at = models.DateTimeField(_("assigned"))
    released_at = models.DateTimeField(_("released"), null=True)
    # What ended it: "ended", "transfer", "taken" or "gone"; see `seats.routing.records`.
    ended = models.CharField(max_length=10, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")

    def __str__(self) -> str:
        return f"{self.conversation} · {self.seat}"


class QueueEntry(models.Model):
    """A conversation that waits for a seat of a group; after the overflow time it has a second one, of another group.

    The queue of a group is its entries by `rank`, then by `enqueued_at`, then by id. `rank` is lower for a customer who comes
    earlier; see `seats.routing.queue`. `left` says that the customer left a message and does not wait for an answer at once.
    """

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="queue_entries", verbose_name=_("conversation")
    )
    group = models.ForeignKey(SeatGroup, models.PROTECT, related_name="queue", verbose_name=_("group"))
    lane = KeyField(_("lane"), max_length=80)
    account_id = models.BigIntegerField(_("account"), null=True)
    rank = models.SmallIntegerField(_("rank"), default=0)
    left = models.BooleanField(_("left a message"), default=False)
    overflowed = models.BooleanField(_("from another group"), default=False)
    enqueued_at = models.DateTimeField(_("waiting since"))
    told_at = models.DateTimeField(_("place told"), null=True)

    class Meta:
        verbose_name = _("queue entry")
        verbose_name_plural = _("queue")
        ordering = list(QUEUE_ORDER)
        constraints = [models.UniqueConstraint(fields=["conversation", "group"], name="queued_once_per_group")]
        indexes = [models.Index(fields=["group", "rank", "enqueued_at", "id"], name="queue_order")]

    def __str__(self) -> str:
        return str(self.conversation)


class TransferOffer(models.Model):
    """A conversation offered to a seat, whose place for it is taken already, until `expires_at`."""

    conversation = models.OneToOneField(Conversation, models.CASCADE, related_name="offer")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="offers", verbose_name=_("offered to"))
    sender_id = models.BigIntegerField(_("offered by"))
    group = models.CharField(_("group"), max_length=50, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    expires_at = models.DateTimeField(_("lasts until"), db_index=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")

    def __str__(self) -> str:
        return f"{self.conversation} → {self.seat}"
