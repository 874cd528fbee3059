"""Working hours, tags and canned replies in the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export import fields, resources
from unfold.admin import TabularInline
from unfold.decorators import display

from bridge.admin.exporting import Exchanged, Named
from bridge.backoffice.pages import CarefulAdmin
from bridge.base import clock
from bridge.models import SpecialDay, Tag, WorkingHours
from bridge.models.hours import WEEKDAYS, day_name
from seats.models import CannedReply, Seat, SeatGroup
from seats.routing import opening

SHOWN_DAYS = 14


class SpecialDayInline(TabularInline):
    """Days with hours of their own, on the page of their working hours."""

    model = SpecialDay
    extra = 1
    fields = ("day", "hours", "name")
    verbose_name_plural = _("special days: whatever weekday or holiday it is; without hours it is closed")


@admin.register(WorkingHours)
class WorkingHoursAdmin(CarefulAdmin):
    """Working hours, with what holidays make of the coming days."""

    list_display = ("name", "state", "time_zone_name", "calendar", "used_by")
    search_fields = ("name",)
    inlines = (SpecialDayInline,)
    readonly_fields = ("coming",)
    fieldsets = (
        (None, {"fields": ("name", "time_zone")}),
        (_("The week"), {
            "fields": (("monday", "tuesday"), ("wednesday", "thursday"), ("friday", "saturday"), "sunday"),
            "description": _("Such as 09:00-12:00, 13:00-18:00; empty is closed; 22:00-06:00 runs into the next day."),
        }),
        (_("Holidays"), {"fields": ("calendar",)}),
        (_("Customers"), {"fields": ("closed_text",)}),
        (_("What this means"), {"fields": ("coming",)}),
    )  # fmt: skip

    @display(description=_("now"), label={"open": "success", "closed": "default"})
    def state(self, hours: WorkingHours) -> tuple[str, str]:
        open_ = hours.schedule().is_open(clock.now())
        return ("open", gettext("open")) if open_ else ("closed", gettext("not open"))

    @admin.display(description=_("time zone"))
    def time_zone_name(self, hours: WorkingHours) -> str:
        return hours.time_zone or timezone.get_default_timezone_name()

    @admin.display(description=_("used by"))
    def used_by(self, hours: WorkingHours) -> str:
        return (
            "、".join([*(str(one) for one in hours.groups.all()), *(str(one) for one in hours.accounts.all())]) or "-"
        )

    @admin.display(description=_("the next two weeks"))
    def coming(self, hours: WorkingHours) -> str:
        if not hours.pk:
            return gettext("Shown once it is saved.")
        schedule, today = hours.schedule(), clock.now().astimezone(hours.schedule().zone).date()
        rows = []
        for day in (today + timedelta(days=number) for number in range(SHOWN_DAYS)):
            spans = "、".join(str(span) for span in schedule.hours_of(day)) or gettext("not open")
            rows.append((f"{date_format(day, 'm-d')} {gettext(WEEKDAYS[day.weekday()].capitalize())}", spans,
                         day_name(hours, day)))  # fmt: skip
        return format_html_join("", '<div class="tabular-nums"><b>{}</b> {} {}</div>', rows)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        opening.plans.forget()


@admin.register(Tag)
class TagAdmin(CarefulAdmin):
    """Tags of customers and conversations."""

    list_display = ("name", "of", "priority")
    list_filter = ("of",)
    list_editable = ("priority",)
    search_fields = ("name",)


class CannedReplyResource(resources.ModelResource):
    """Canned replies; group and seat by slug and user name. A row with an id changes that reply."""

    group = fields.Field(attribute="group", column_name="group", widget=Named(SeatGroup, "slug"))
    seat = fields.Field(attribute="seat", column_name="seat", widget=Named(Seat, "user__username"))

    class Meta:
        model = CannedReply
        fields = ("id", "title", "text", "group", "seat", "position")
        export_order = fields
        skip_unchanged = True
        clean_model_instances = True


@admin.register(CannedReply)
class CannedReplyAdmin(Exchanged, CarefulAdmin):
    """Replies that seats choose from."""

    resource_classes = (CannedReplyResource,)
    list_display = ("title", "text", "group", "seat", "position")
    list_editable = ("position",)
    list_filter = ("group",)
    search_fields = ("title", "text")
    autocomplete_fields = ("seat",)
    list_select_related = ("group", "seat__user")
