"""Automatic answers, as they were saved."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.models.media import Media
from bridge.values.auto_answers import called
from bridge.values.content import Content, Text


class AutoAnswer(models.Model):
    """What is said to a customer without a person; see `bridge.values.auto_answers`.

    A row is never changed: a changed answer is a new row, so that the history of whatever says it can go back to the old one.
    """

    content = models.JSONField(_("content"))
    # What lists show, and what is searched for.
    words = models.CharField(_("in short"), max_length=100)
    # The file that the content carries: as long as an answer names it, no sweep removes it.
    media = models.ForeignKey(Media, models.PROTECT, null=True, related_name="auto_answers", verbose_name=_("file"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("automatic answer")
        verbose_name_plural = _("automatic answers")
        # It is changed on the page of what says it, whose permissions count.
        default_permissions = ()

    def __str__(self) -> str:
        return self.words

    @property
    def said(self) -> Content:
        """What the customer gets."""
        return Content.from_json(self.content)

    @classmethod
    def keep(cls, content: Content, before: AutoAnswer | None = None) -> AutoAnswer:
        """Return the row that says this: `before` where it does already, else a new one."""
        if before is not None and before.said == content:
            return before
        media = getattr(content, "media", 0) or None
        return cls.objects.create(content=content.to_json(), words=called(content), media_id=media)

    @classmethod
    def of(cls, words: str) -> AutoAnswer:
        """Return a new row that says these words."""
        return cls.keep(Text(words))
