"""One row for each conversation, as its facts tell it: what is asked by tag, source, hour and any two of these reads it."""

from __future__ import annotations

from django.db import models

from bridge.models import Conversation

COUNTS = ("queued", "assigned", "transferred", "reopened", "received", "answered", "bot_messages", "failed")
# Lengths of time, in seconds, and the bin of `analytics.facts.histogram` that each falls in.
TIMES = ("wait", "wait_working", "first_answer", "first_working", "resolution", "working")


class ConversationRow(models.Model):
    """A conversation: whose it was last, when and how it began and ended, how long what took, and how much there was.

    It stays when the conversation is erased, as it holds nothing of a person. `day`, `hour`: when it was opened, in the
    site's time zone. `outcome` is "" while it is open; `wait`: from joining the queue first to getting a seat.
    """

    conversation = models.OneToOneField(
        Conversation, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", db_column="conversation_id"
    )
    account_id = models.BigIntegerField(default=0)
    group = models.CharField(max_length=50, blank=True, default="")
    seat_id = models.BigIntegerField(default=0)
    source = models.CharField(max_length=10, blank=True, default="")
    opened_at = models.DateTimeField()
    day = models.DateField()
    hour = models.SmallIntegerField()
    first_answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, default="")
    returning = models.BooleanField(default=False)
    asked = models.BooleanField(default=False)
    score = models.SmallIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["day", "group"], name="conversation_row_day")]
        default_permissions = ()


for _name in COUNTS:
    ConversationRow.add_to_class(_name, models.IntegerField(default=0))
for _name in TIMES:
    ConversationRow.add_to_class(_name, models.FloatField(null=True))
    ConversationRow.add_to_class(f"{_name}_bin", models.SmallIntegerField(null=True))
