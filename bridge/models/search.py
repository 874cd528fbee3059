"""What was said, as it can be searched."""

from __future__ import annotations

from django.db import models

from bridge.base.fulltext import FullText
from bridge.models.conversations import Conversation, Message


class SearchText(models.Model):
    """The words of one message, or with none the summary of one conversation; see `bridge.values.grams` for their form."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, models.CASCADE, null=True, related_name="+")
    words = models.TextField()

    class Meta:
        indexes = [FullText(fields=["words"], name="search_words")]

    def __str__(self) -> str:
        return f"#{self.pk}"
