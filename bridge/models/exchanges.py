"""The exchange log: what was said between us and the platforms over HTTP, without secrets."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField


class Exchange(models.Model):
    """One request and its answer. `dedup` is the key of the event that a callback became, `code` the platform's own code."""

    class Direction(models.TextChoices):
        OUT = "out", _("to the platform")
        IN = "in", _("from the platform")

    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    platform = models.CharField(_("platform"), max_length=20)
    account_id = models.BigIntegerField(_("account"), null=True)
    at = models.DateTimeField(_("at"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)
    method = models.CharField(_("method"), max_length=6)
    address = models.CharField(_("address"), max_length=500)
    request = models.TextField(_("request"), blank=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), default=0)
    code = models.CharField(_("code"), max_length=20, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    failed = models.BooleanField(_("failed"), default=False)
    lane = KeyField(_("lane"), max_length=80, blank=True, default="", db_index=True)
    dedup = KeyField(_("key"), max_length=128, blank=True, default="", db_index=True)
    delivery_id = models.BigIntegerField(_("delivery"), null=True, db_index=True)
    # What it is about, as a delivery's; of a callback that was stored later, only `dedup` says it.
    event_id = models.BigIntegerField(_("event"), null=True, db_index=True)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")

    def __str__(self) -> str:
        return f"{self.method} {self.address[:60]}"
