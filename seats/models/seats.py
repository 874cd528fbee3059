"""Seats and the clients they are connected with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField
from bridge.models.validators import IM_ID
from bridge.values.agents import Agent
from seats.models.groups import SeatGroup


class Seat(models.Model):
    """One human agent's place. `load` is how many conversations it has now, never more than `capacity`.

    `online` says whether any client is connected, `availability` what the seat says of itself: it gets new conversations
    while it is online and open. `presence_at` is when `online` last changed. `served` counts the conversations it was
    given, lifted to the others' when it comes back, so that nobody has to make up for a holiday.
    """

    class Availability(models.TextChoices):
        OPEN = "open", _("available")
        BUSY = "busy", _("busy")
        AWAY = "away", _("away")
        OFFLINE = "offline", _("signed off")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="seat", verbose_name=_("user"))
    groups = models.ManyToManyField(SeatGroup, related_name="seats", verbose_name=_("groups"), blank=True)
    im_user_id = KeyField(
        _("IM account"),
        max_length=32,
        unique=True,
        validators=[IM_ID],
        help_text=_("The seat's UserID on Tencent IM."),
    )
    capacity = models.PositiveIntegerField(
        _("capacity"), default=5, help_text=_("Conversations at a time."), validators=[MinValueValidator(0)]
    )
    weight = models.PositiveIntegerField(
        _("weight"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("A seat of weight 2 gets twice as many conversations as one of weight 1."),
    )
    online = models.BooleanField(_("online"), default=False)
    availability = models.CharField(
        _("availability"), max_length=7, choices=Availability.choices, default=Availability.OPEN
    )
    # Whether the seat's browsers notify it, whichever they are.
    notified = models.BooleanField(_("notifications"), default=True)
    load = models.PositiveIntegerField(_("load"), default=0, editable=False)
    served = models.FloatField(default=0, editable=False)
    presence_at = models.DateTimeField(_("presence since"), null=True, editable=False)
    # Since when the seat has been what it is now (open, busy, away or offline).
    state_at = models.DateTimeField(null=True, editable=False)
    idle_since = models.DateTimeField(_("without work since"), null=True, editable=False)
    last_assigned_at = models.DateTimeField(_("last assigned"), null=True, editable=False)
    # Whether it takes a new conversation now, if its user may work: kept by the database, for its index.
    has_room = models.GeneratedField(
        expression=Case(
            When(online=True, availability="open", load__lt=F("capacity"), then=Value(True)), default=Value(False)
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["im_user_id"]
        indexes = [
            models.Index(fields=["online", "presence_at"], name="seat_presence"),
            models.Index(fields=["has_room"], name="seat_room"),
        ]

    def __str__(self) -> str:
        return self.user.get_full_name() or self.user.get_username()

    def as_agent(self) -> Agent:
        """Return the seat as the bridge sees it."""
        return Agent(
            self.pk, self.user.get_full_name() or self.user.get_username(), self.im_user_id, self.user.is_active
        )

    def team(self) -> int:
        """Return the id of the team that the seat's groups make up now."""
        return Team.of(self.groups.values_list("slug", flat=True))

    @property
    def presence(self) -> str:
        """Return "open", "busy", "away" or "offline": what others see of the seat."""
        gone = not self.online or not self.user.is_active
        signed_off = gone or self.availability == self.Availability.OFFLINE
        return "offline" if signed_off else self.availability


class Team(models.Model):
    """Groups that a seat was in at the same time, by their slugs: for whom its time online counts, whatever comes later."""

    slugs = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return ", ".join(self.slugs)

    @classmethod
    def of(cls, slugs: Iterable[str]) -> int:
        """Return the id of the team of these groups, 0 for none; a new one is written down."""
        if not (listed := sorted(slugs)):
            return 0
        digest = hashlib.sha256("\n".join(listed).encode()).hexdigest()
        return cls.objects.get_or_create(digest=digest, defaults={"slugs": listed})[0].pk

    @classmethod
    def with_any(cls, slugs: Iterable[str]) -> list[int]:
        """Return the ids of the teams that have any of these groups in them."""
        wanted = set(slugs)
        return [pk for pk, own in cls.objects.values_list("pk", "slugs") if wanted & set(own)]


# How people write the kinds of clients that a seat's platform names.
_KINDS = {
    "web": "Web",
    "ios": "iOS",
    "android": "Android",
    "windows": "Windows",
    "mac": "macOS",
    "ipad": "iPad",
    "unknown": "?",
}


class Connection(models.Model):
    """One client of a seat: one of its platform's by kind ("im:web"), a desk ("desk:..."), or its own word ("hand").

    Without any the seat is offline. `seen_at` is the last sign of life; see `seats.routing.presence`.
    """

    DESK = "desk:"
    BY_HAND = "hand"
    UNKNOWN = "unknown"

    seat = models.ForeignKey(Seat, models.CASCADE, related_name="connections", verbose_name=_("seat"))
    client = KeyField(_("client"), max_length=40)
    since = models.DateTimeField(_("since"))
    seen_at = models.DateTimeField(_("last sign of life"), db_index=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [models.UniqueConstraint(fields=["seat", "client"], name="connection_once")]

    def __str__(self) -> str:
        return self.client

    @property
    def in_words(self) -> str:
        """Return which kind of client it is, for people."""
        if self.client == self.BY_HAND:
            return gettext("signed in by hand")
        if not self.is_platform:
            return gettext("desk")
        kind = self.client.rpartition(":")[2]
        return gettext("IM client (%s)") % _KINDS.get(kind, kind)

    @property
    def is_platform(self) -> bool:
        """Tell whether the seat's platform speaks of this client."""
        return not self.client.startswith(self.DESK) and self.client != self.BY_HAND
