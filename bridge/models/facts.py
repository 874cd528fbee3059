"""Facts: what happened, once and for all, in numbers only. The reports are made of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Fact(models.Model):
    """One thing that happened at `at`: who it belongs to, and how long it had taken by then.

    A fact is never changed, and holds nothing of a person: what was said and by whom may be purged or erased, the
    facts stay. `seconds` reaches from `began_at` to `at`; `working` is the part of it within working hours.
    """

    class Kind(models.IntegerChoices):
        OPENED = 1, _("opened")  # value: whether the customer had been here before; detail: the way, as of FOLLOWED
        REOPENED = 2, _("reopened")
        ASSIGNED = 3, _("assigned")  # detail: how; seconds: the wait for it, none where nobody waited for an answer
        RELEASED = 4, _("released")  # detail: why; seconds: how long the seat had it
        CLOSED = 5, _("closed")  # detail: served, bot, abandoned or left; seconds: since it was opened
        QUEUED = 6, _("began to wait")
        WAITED = 7, _("no longer waits")  # detail: what came of it; seconds: how long
        LEFT = 8, _("left a message")
        PASSED = 9, _("went on to another seat")  # of the seat that had left it before, or had vanished
        RECEIVED = 10, _("message of a customer")
        ANSWERED = 11, _("message of a seat")  # when it was written, delivered or not
        FIRST_ANSWER = 12, _("first answer")  # when it was delivered; seconds: since the conversation was opened
        BOT = 13, _("message of a bot")
        RESPONSE = 14, _("answer of a seat")  # when it was delivered; seconds: how long the customer had waited for it
        ASKED = 20, _("asked how it was")
        SCORED = 21, _("scored")  # value: 1 to 5
        PRESENCE = 30, _("presence")  # of a seat; detail: the state that ended at `at`; value: its `seats.models.Team`
        FAILED = 40, _("delivery failed")  # detail: the code
        REFUSED = 41, _("refused by WeChat's window")  # detail: "count" or "time"
        FOLLOWED = 50, _("began to follow")  # detail: the way, see `bridge.values.ways`; "" where it is not known yet
        UNFOLLOWED = 51, _("stopped following")  # detail: the way by which they had begun
        WAY_LEARNED = (
            52,
            _("it became known how they began to follow"),
        )  # detail: the way; `at`: of the FOLLOWED before it

    kind = models.SmallIntegerField(_("type"), choices=Kind.choices)
    at = models.DateTimeField(_("at"))
    began_at = models.DateTimeField(_("began"), null=True)
    conversation_id = models.BigIntegerField(_("conversation"), null=True)
    account_id = models.BigIntegerField(_("account"), default=0)
    group = models.CharField(_("group"), max_length=50, blank=True, default="")
    seat_id = models.BigIntegerField(_("seat"), default=0)
    source = models.CharField(_("source"), max_length=10, blank=True, default="")
    detail = models.CharField(_("detail"), max_length=64, blank=True, default="")
    seconds = models.FloatField(_("seconds"), null=True)
    working = models.FloatField(_("of them in working hours"), null=True)
    value = models.IntegerField(_("value"), null=True)

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        indexes = [
            # `began_at` stands in it so that what went on at a time is found without reading every fact that ended since.
            models.Index(fields=["kind", "at", "began_at"], name="fact_kind_at"),
            models.Index(fields=["conversation_id"], name="fact_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
