"""Rollups: the numbers of each hour and each day, by account, group and seat. The reports read nothing else."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.facts import measures
from bridge.base.fields import KeyField


class Grain(models.TextChoices):
    """How long the time is that a row is about, and what it adds up. A day is one of the site's time zone.

    HOUR and DAY have a row for each account, group and seat; the others have added that up over all, or over all but one
    of the three, so that what is asked for most often is a few rows a day however busy the site is.
    """

    HOUR = "hour", _("hour")
    DAY = "day", _("day")
    DAY_OF_ALL = "all", _("day, everything")
    DAY_OF_ACCOUNT = "account", _("day, by account")
    DAY_OF_GROUP = "group", _("day, by group")
    DAY_OF_SEAT = "seat", _("day, by seat")


class Rollup(models.Model):
    """What was counted and measured in one hour or day, for one account, group and seat.

    0 and "" stand for what belongs to none: a conversation is opened by no seat, a seat is online for no account, but for
    the groups it is in, its `team`. The measures' columns are added below, from `analytics.facts.measures`.
    """

    grain = models.CharField(max_length=8, choices=Grain.choices)
    start = models.DateTimeField()
    account_id = models.BigIntegerField(default=0)
    group = models.CharField(max_length=50, default="", blank=True)
    seat_id = models.BigIntegerField(default=0)
    team = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "start", "account_id", "group", "seat_id", "team"], name="rollup_once"
            )
        ]
        permissions = [("read_reports", _("Reads the reports of every group"))]
        default_permissions = ()


for _name in (*measures.COUNTS, *(f"{name}_n" for name in measures.DURATIONS)):
    Rollup.add_to_class(_name, models.IntegerField(default=0))
for _name in (*measures.SPANS, *(f"{name}_sum" for name in measures.DURATIONS)):
    Rollup.add_to_class(_name, models.FloatField(default=0))
for _name in measures.peaks():
    Rollup.add_to_class(_name, models.FloatField(default=0))
for _name in measures.sketches():
    Rollup.add_to_class(_name, models.BinaryField(default=bytes))


class Tally(models.Model):
    """How often a word came up in one hour or day: what opened a conversation, a failure's code, a way to the account, an hour."""

    grain = models.CharField(max_length=8, choices=Grain.choices)
    start = models.DateTimeField()
    account_id = models.BigIntegerField(default=0)
    group = models.CharField(max_length=50, default="", blank=True)
    name = models.CharField(max_length=20)
    word = KeyField(max_length=64)
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grain", "name", "start", "account_id", "group", "word"], name="tally_once")
        ]
        default_permissions = ()


class Progress(models.Model):
    """How far the rollups are. One row; its lock lets one process at a time write them.

    Facts after `counted_to` are looked at again, because a transaction may commit later than one with a higher id. It moves
    up to `seen` once that is `seen_at` some minutes old.
    """

    counted_to = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    # Up to when time was counted that still goes on: queues, seats online.
    until = models.DateTimeField(null=True)
    # The site's time zone when the rows were made; in another one they are of no use.
    zone = models.CharField(max_length=50, default="")
    # When the numbers were last counted a second time, and how many differed.
    checked_at = models.DateTimeField(null=True)
    differing = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()
