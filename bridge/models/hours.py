"""Working hours and days that differ from their week, as people enter them."""

from __future__ import annotations

from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.models.validators import validate_day, validate_spans, validate_zone
from bridge.values.hours import Schedule, parse_spans

if TYPE_CHECKING:
    import holidays

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORK = "09:00-18:00"


def _spans_field(label: Any, default: str = WORK) -> models.CharField:
    return models.CharField(label, max_length=100, default=default, blank=True, validators=[validate_spans])


@cache
def _calendar(country: str) -> holidays.HolidayBase:
    import holidays  # here: 2.5 MB that a site without working hours never needs

    return holidays.country_holidays(country)


def _is_workday(country: str, day: date) -> bool | None:
    """Return False for a public holiday, True for a worked day off, None for a day like any other of its weekday."""
    calendar = _calendar(country)
    if day in calendar:
        return False
    return True if calendar.is_weekend(day) and calendar.is_working_day(day) else None


class WorkingHours(models.Model):
    """When somebody may be expected to answer. Groups and accounts point here; without, they are always open."""

    class Calendar(models.TextChoices):
        NONE = "", _("none")
        CN = "CN", _("China: public holidays and the days worked for them")
        HK = "HK", _("Hong Kong")
        MO = "MO", _("Macao")
        TW = "TW", _("Taiwan")
        SG = "SG", _("Singapore")

    name = models.CharField(_("name"), max_length=100, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=50, blank=True, validators=[validate_zone], help_text=_("Empty: the site's own.")
    )
    monday = _spans_field(_("Monday"))
    tuesday = _spans_field(_("Tuesday"))
    wednesday = _spans_field(_("Wednesday"))
    thursday = _spans_field(_("Thursday"))
    friday = _spans_field(_("Friday"))
    saturday = _spans_field(_("Saturday"), default="")
    sunday = _spans_field(_("Sunday"), default="")
    calendar = models.CharField(
        _("public holidays"),
        max_length=2,
        choices=Calendar.choices,
        default=Calendar.CN,
        blank=True,
        help_text=_("Closed on these days; a Saturday or Sunday that is worked for them has Monday's hours."),
    )
    closed_text = models.CharField(
        _("what customers hear outside of them"),
        max_length=300,
        blank=True,
        help_text=_("Empty: the account's own text. %(open)s stands for when it is open again."),
    )

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def schedule(self) -> Schedule:
        """Return the hours as a value to ask."""
        return Schedule(
            zone=ZoneInfo(self.time_zone or settings.TIME_ZONE),
            week=tuple(parse_spans(getattr(self, day)) for day in WEEKDAYS),
            special={one.day: parse_spans(one.hours) for one in self.special_days.all()},
            is_workday=partial(_is_workday, self.calendar) if self.calendar else lambda day: None,
        )


class SpecialDay(models.Model):
    """A day with hours of its own, whatever weekday or holiday it is."""

    working_hours = models.ForeignKey(WorkingHours, models.CASCADE, related_name="special_days")
    day = models.DateField(_("day"), validators=[validate_day])
    hours = _spans_field(_("hours"), default="")
    name = models.CharField(_("what for"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["working_hours", "day"], name="special_day_once")]

    def __str__(self) -> str:
        return str(self.day)


def day_name(hours: WorkingHours, day: date) -> str:
    """Return what is special about the day: the name of the special day or of the public holiday, "" for nothing."""
    own = hours.special_days.filter(day=day).first()
    if own:
        return own.name
    return _calendar(hours.calendar).get(day, "") if hours.calendar else ""
