"""Broadcasts: one text to all customers of an account who may be written to now."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.models.endpoints import Account
from bridge.models.tags import Tag


class Broadcast(models.Model):
    """A text to those whose window is open. `reached_to` is the last customer whose turn came, by id.

    `sent` counts whom the platform took it for, or may have. `refusals` are those of whom it did not, or to whom it was not
    tried: by what they have in common, their number (`count`) and in words why (`code`, `reason`).
    `tag_name` outlives the tag: without it, a broadcast whose tag is deleted would go to everybody.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SENDING = "sending", _("being sent")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("sent")

    account = models.ForeignKey(Account, models.CASCADE, related_name="broadcasts", verbose_name=_("account"))
    tag = models.ForeignKey(
        Tag, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("only customers with the tag"),
        limit_choices_to={"of": Tag.Of.CUSTOMER},
    )  # fmt: skip
    tag_name = models.CharField(max_length=50, blank=True, editable=False)
    text = models.CharField(_("text"), max_length=600)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    reached_to = models.PositiveBigIntegerField(default=0, editable=False)
    sent = models.PositiveIntegerField(_("customers it was sent to"), default=0, editable=False)
    refusals = models.JSONField(default=dict, editable=False)
    made_by = models.CharField(_("made by"), max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("begun"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    class Meta:
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.text[:40]

    @property
    def refused(self) -> int:
        """How many customers whose turn came did not get it."""
        return sum(one["count"] for one in self.refusals.values())

    def refuse(self, code: str, reason: str, by: int = 1) -> None:
        """Count in `refusals`, without saving, a customer more whom it did not reach; `by`: -1 for one less."""
        alike = code or reason
        count = self.refusals.get(alike, {"count": 0})["count"] + by
        self.refusals[alike] = {"code": code, "reason": reason, "count": count}
        if count <= 0:
            del self.refusals[alike]

    @property
    def lost_tag(self) -> str:
        """The name of the tag that it was for and that is there no more, "" where nothing is missing."""
        return "" if self.tag_id else self.tag_name
