"""The outbox: API calls owed to a platform, and how far each has come (docs/decisions/0015)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField
from bridge.models.conversations import Conversation, Message
from bridge.models.endpoints import Endpoint


class Delivery(models.Model):
    """One outgoing API call. Its id orders it within its lane and direction.

    `platform` and `endpoint` say who makes it; they are settled when it is owed.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("to be sent")
        SENDING = "sending", _("being sent")
        DONE = "done", _("delivered")
        FAILED = "failed", _("failed")
        HELD = "held", _("held until the customer writes")
        # What it carries cannot be had or passed on for a while; what needs no file passes it. See `outbox`.
        ASIDE = "aside", _("file waits")
        UNKNOWN = "unknown", _("outcome unknown")
        DROPPED = "dropped", _("dropped")
        JOINED = "joined", _("sent with another one")

    class Direction(models.TextChoices):
        CUSTOMER = "customer", _("to the customer")
        SEAT = "seat", _("to the seat")

    lane = KeyField(_("lane"), max_length=80)
    # What brought it: the event of the message that it carries, else the one that owed it; see `bridge.values.traces`.
    event_id = models.BigIntegerField(_("event"), null=True, db_index=True, editable=False)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction.choices)
    platform = models.CharField(_("platform"), max_length=20)
    # Which of the platform's endpoints makes the call; null where there was none yet, or it is gone.
    endpoint = models.ForeignKey(Endpoint, models.SET_NULL, null=True, verbose_name=_("account"))
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, verbose_name=_("conversation"))
    message = models.ForeignKey(Message, models.CASCADE, null=True, verbose_name=_("message"))
    sender = KeyField(_("sender"), max_length=64, blank=True)
    recipient = KeyField(_("recipient"), max_length=64)
    # What the platform is sent. Empty while `content` waits to be prepared: a file to be fetched, converted, uploaded.
    payload = models.JSONField(_("payload"))
    content = models.JSONField(_("content"), null=True)
    # The same on every try, so that a platform that can tell repeats recognizes them.
    random = models.BigIntegerField(_("random"))
    # Whether the seat hears of a failure; notices about failures do not report their own.
    reports = models.BooleanField(_("reports failures"), default=True)
    # What the product says of itself: it never spends the last message that the window allows.
    notice = models.BooleanField(_("notice"), default=False)
    # False for a notice by template, which is neither counted nor kept from anybody by the window.
    needs_window = models.BooleanField(default=True, editable=False)
    # The platform's own id of what it took, by which it says later what came of it.
    remote_id = KeyField(_("the platform's id"), max_length=64, blank=True, default="")
    # The push that it may answer as a passive reply, by its event's key; "" where it may not.
    passive_for = KeyField(max_length=128, blank=True, default="", editable=False)
    # The broadcast that counts what becomes of it; null for anything else.
    broadcast = models.BigIntegerField(null=True, editable=False)
    # Worth nothing later, such as "is typing": dropped where it cannot go at once.
    ephemeral = models.BooleanField(_("only at once"), default=False)
    # False for answers to commands and for alarms, which may name other customers: their words go once they are sent.
    kept = models.BooleanField(_("words are kept"), default=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    due_at = models.DateTimeField(_("due"))
    attempts = models.SmallIntegerField(_("tries"), default=0)
    # What was put right for it already (`outcomes.Chance`): a token fetched afresh, an account imported, ...
    chances = models.JSONField(_("chances used"), default=list, blank=True)
    # Looks at a try that was interrupted, while the process that made it may still be at it.
    looks = models.SmallIntegerField(_("looks at an interrupted try"), default=0)
    # Since when words pass it, because its file cannot go; kept after it went.
    aside_since = models.DateTimeField(_("file waits since"), null=True, blank=True)
    # It waited for the customer to write, and the customer has written.
    was_held = models.BooleanField(_("was held"), default=False)
    # A person had it sent again, and so knows better than our count of time.
    by_request = models.BooleanField(_("sent again by request"), default=False)
    code = models.CharField(_("code"), max_length=20, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["lane", "state"], name="delivery_lane_state"),
            models.Index(fields=["state", "due_at"], name="delivery_state_due"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def account_id(self) -> int | None:
        """Return the account of the customer it goes to; None where it goes to a seat."""
        return self.endpoint_id if self.direction == self.Direction.CUSTOMER else None

    @property
    def is_unprepared(self) -> bool:
        """Tell whether something must be fetched, converted or uploaded before it can be sent, which takes long."""
        return self.content is not None and not self.payload


class PlatformError(models.Model):
    """How often a platform answered with an error code, known to us or not, and what it said last."""

    platform = models.CharField(_("platform"), max_length=20)
    code = KeyField(_("code"), max_length=20)
    count = models.PositiveIntegerField(_("times"), default=0)
    text = models.CharField(_("what it said"), max_length=300, blank=True)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("platform error")
        verbose_name_plural = _("platform errors")
        constraints = [models.UniqueConstraint(fields=["platform", "code"], name="error_once_per_code")]
        ordering = ["-last_at"]

    def __str__(self) -> str:
        return f"{self.platform} {self.code}"
