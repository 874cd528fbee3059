"""Conversations and the log of their messages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.models.customers import Customer
from bridge.models.tags import Tag


class Conversation(models.Model):
    """One service episode of one customer: opened, perhaps with a bot or in the queue, assigned, closed."""

    class Status(models.TextChoices):
        BOT = "bot", _("with a bot")
        QUEUED = "queued", _("waiting")
        ASSIGNED = "assigned", _("assigned")
        CLOSED = "closed", _("closed")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="conversations", verbose_name=_("customer"))
    # The customer while the conversation is open, null once it is closed: at most one open conversation each.
    open_for = models.OneToOneField(Customer, models.CASCADE, null=True, related_name="open_conversation")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.BOT)
    mode = models.CharField(_("mode"), max_length=30)
    mode_data = models.JSONField(_("data of the mode"), default=dict, blank=True)
    group = models.CharField(_("group"), max_length=50, blank=True)
    # Up to when the seat's IM client says its messages were read.
    seat_read_at = models.DateTimeField(_("read by the seat"), null=True, editable=False)
    # The id of the last message that the seat has answered or seen on its desk; what the customer said since is unread.
    read_to = models.BigIntegerField(default=0, editable=False)
    # Since when the customer waits for a word of the seat; null where one has arrived since.
    unanswered_since = models.DateTimeField(_("unanswered since"), null=True, editable=False)
    # Since when a message of the customer has no answer yet, of a seat or a bot; a tap in the menu is no message.
    asked_since = models.DateTimeField(null=True, editable=False)
    last_message_at = models.DateTimeField(_("last message"), null=True, editable=False)
    # Until the next message, what was already done about the silence.
    seat_reminded_at = models.DateTimeField(null=True, editable=False)
    customer_reminded_at = models.DateTimeField(null=True, editable=False)
    # When the bot of the mode wants to be woken; null where it does not.
    wake_at = models.DateTimeField(null=True, editable=False)
    # Supervisors who read along: lists of id, name, IM account and whether they speak; see `bridge.pipeline.turn.Watcher`.
    watchers = models.JSONField(default=list, editable=False)
    tags = models.ManyToManyField(
        Tag,
        blank=True,
        related_name="conversations",
        verbose_name=_("tags"),
        limit_choices_to={"of": Tag.Of.CONVERSATION},
    )
    summary = models.TextField(_("summary"), max_length=1000, blank=True)
    surveyed_at = models.DateTimeField(_("asked how it was"), null=True, editable=False)
    score = models.PositiveSmallIntegerField(_("score"), null=True, editable=False)
    scored_at = models.DateTimeField(_("scored"), null=True, editable=False)
    reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0, editable=False)
    # What the customer did that opened it: wrote a message, tapped in the menu, scanned a code, ...
    source = models.CharField(_("source"), max_length=10, default="message", editable=False)
    # What it was about as far as that tells: the menu's key, the code's scene, or the first words; words go when it is emptied.
    source_detail = models.CharField(_("source in detail"), max_length=64, blank=True, editable=False)
    opened_at = models.DateTimeField(_("opened"))
    reopened_at = models.DateTimeField(_("last reopened"), null=True, editable=False)
    # When the first message of a seat was delivered.
    answered_at = models.DateTimeField(_("first answered"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    # When what was said in it was taken away; see `bridge.privacy.retention`.
    purged_at = models.DateTimeField(_("emptied"), null=True, editable=False)
    close_reason = models.CharField(_("why closed"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = [
            models.Index(fields=["status", "-id"], name="conversation_status"),
            models.Index(fields=["status", "unanswered_since"], name="conversation_unanswered"),
            models.Index(fields=["status", "last_message_at"], name="conversation_silent"),
            models.Index(fields=["wake_at"], name="conversation_to_wake"),
            models.Index(fields=["purged_at", "closed_at"], name="conversation_to_purge"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Message(models.Model):
    """One message of a conversation, as the log keeps it."""

    class Side(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        SEAT = "seat", _("seat")
        BOT = "bot", _("bot")
        SYSTEM = "system", _("system")
        NOTE = "note", _("note")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", verbose_name=_("conversation")
    )
    side = models.CharField(_("written by"), max_length=10, choices=Side.choices)
    author = models.CharField(_("author"), max_length=150, blank=True)
    # The id of the seat that wrote it, null where no seat did.
    seat_id = models.BigIntegerField(null=True, editable=False)
    content = models.JSONField(_("content"))
    preview = models.CharField(_("text"), max_length=200, blank=True)
    # False while a customer's message has not been handed to any seat yet.
    relayed = models.BooleanField(_("relayed"), default=False)
    event_id = models.BigIntegerField(_("event"), null=True)
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return self.preview
