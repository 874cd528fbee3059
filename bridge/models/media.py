"""Media: files that messages carry, stored once per content."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField
from bridge.models.conversations import Message


class Media(models.Model):
    """One file in the storage. The row is written before the file and `ready` after it, so no file is without a row.

    It has no name: the same bytes may come under many, and each name belongs to its message alone.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", _("image")
        VOICE = "voice", _("voice")
        VIDEO = "video", _("video")
        FILE = "file", _("file")

    sha256 = KeyField(_("content"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    path = models.CharField(_("path"), max_length=150)
    # Sniffed from the bytes, whatever a platform said.
    mime = models.CharField(_("type"), max_length=80)
    size = models.BigIntegerField(_("bytes"))
    width = models.PositiveIntegerField(_("width"), default=0)
    height = models.PositiveIntegerField(_("height"), default=0)
    seconds = models.PositiveIntegerField(_("seconds"), default=0)
    animated = models.BooleanField(_("animated"), default=False)
    # Why it is not shown as what it is: see bridge.media.errors.TROUBLES.
    trouble = models.CharField(max_length=10, blank=True, default="", editable=False)
    # What was made of it to fit a platform's limit, by kind: ids of media.
    fits = models.JSONField(default=dict, editable=False)
    thumb = models.ForeignKey("self", models.SET_NULL, null=True, related_name="thumb_of", verbose_name=_("preview"))
    ready = models.BooleanField(_("stored"), default=False)
    created_at = models.DateTimeField(_("created"))
    used_at = models.DateTimeField(_("last used"), db_index=True)

    class Meta:
        verbose_name = _("media file")
        verbose_name_plural = _("media")

    def __str__(self) -> str:
        return self.path


class MediaUse(models.Model):
    """A message that carries a media file. A file without any is an orphan and goes after a while."""

    media = models.ForeignKey(Media, models.CASCADE, related_name="uses")
    message = models.ForeignKey(Message, models.CASCADE, related_name="media_uses")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["media", "message"], name="media_use_once")]
