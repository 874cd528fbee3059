"""The inbox: events as they came in, and the lanes that order them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField

LONGEST_REASON = 4000  # the answer to #help is one


class InboundEvent(models.Model):
    """One callback as it came in, verified and decrypted, or one event of our own (a place became free, ...).

    `dedup` is what makes a platform's repeat of an event the same event; the unique key on it is promise 2.
    A purged or erased event keeps its key, and no more, while it could be played again: see `bridge.privacy.retention`.
    The door writes rows with one plain INSERT, so no column needs Python to be filled.
    """

    class State(models.IntegerChoices):
        NEW = 0, _("to be processed")
        DONE = 1, _("done")
        FILTERED = 2, _("filtered")
        FAILED = 3, _("failed")

    lane = KeyField(_("lane"), max_length=80)
    platform = models.CharField(_("platform"), max_length=20)
    account_id = models.BigIntegerField(_("account"), null=True)
    kind = models.CharField(_("type"), max_length=60)
    dedup = KeyField(_("key"), max_length=128, unique=True)
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received"))
    state = models.SmallIntegerField(_("state"), choices=State.choices, default=State.NEW)
    tries = models.SmallIntegerField(_("tries"), default=0)
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON, default="", blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["lane", "state"], name="event_lane_state"),
            models.Index(fields=["state", "id"], name="event_state_id"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Lane(models.Model):
    """All events and deliveries of one customer, processed strictly one after another.

    `owner` and `lease_until` are the lease; `wake_at` is when a delivery of the lane is next due. Only the owner of
    the lease writes here, so a transaction that updates the row under its own name proves that the lease still holds.
    """

    key = KeyField(_("lane"), max_length=80, primary_key=True)
    owner = KeyField(_("owner"), max_length=80, default="")
    claimed_at = models.DateTimeField(_("claimed"), null=True)
    lease_until = models.DateTimeField(_("lease ends"), null=True, db_index=True)
    wake_at = models.DateTimeField(_("next delivery due"), null=True, db_index=True)
    stolen = models.SmallIntegerField(_("leases that ran out since the last progress"), default=0)

    class Meta:
        verbose_name = _("lane")
        verbose_name_plural = _("lanes")

    def __str__(self) -> str:
        return self.key
