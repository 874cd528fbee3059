"""Scheduled reports in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from analytics.access import readable_groups
from analytics.delivery import mailing
from analytics.metrics.catalogue import DURATION, METRICS, SHARE
from analytics.models import DayNote, Goal, Subscription
from analytics.reports.dashboards import DASHBOARDS
from bridge.backoffice.asking import asks
from bridge.backoffice.durations import DurationField
from bridge.backoffice.found import found
from bridge.backoffice.pages import NarrowAdmin
from bridge.base import clock
from bridge.values.durations import spelled


class SubscriptionForm(forms.ModelForm):
    """The form of a scheduled report; its filters are checked as the report page checks them. `asker` fills it in."""

    asker: Any = None
    dashboard = forms.ChoiceField(
        label=_("report"),
        choices=[(one.name, one.title) for one in DASHBOARDS.values()],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Subscription
        fields = ("name", "dashboard", "period", "hour", "account", "group", "recipients", "language", "enabled")
        widgets = {"recipients": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        """Refuse to send, also to others, numbers that the asker may not read, and a limit that the report cannot have."""
        cleaned = super().clean() or self.cleaned_data
        readable, group = readable_groups(self.asker), cleaned.get("group")
        if readable is not None and (group is None or group.slug not in readable):
            self.add_error("group", _("Choose a group whose reports you read yourself."))
        shape = DASHBOARDS.get(cleaned.get("dashboard", ""))
        for name in ("account", "group"):
            if shape and cleaned.get(name) and name not in shape.filters and not self.has_error(name):
                self.add_error(name, _("This report cannot be narrowed by it."))
        return cleaned


@admin.register(Subscription)
class SubscriptionAdmin(NarrowAdmin):
    """Scheduled reports: which report, to whom, when."""

    form = SubscriptionForm
    list_display = ("name", "shown_dashboard", "period", "state", "sent_at")
    list_filter = ("period", "enabled")
    search_fields = ("name", "recipients")
    readonly_fields = ("sent_at", "trouble")
    fields = (*SubscriptionForm.Meta.fields, "sent_at", "trouble")
    actions_detail = ("send_now",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **words: Any) -> Any:
        made: Any = super().get_form(request, obj, change, **words)
        made.asker = request.user
        return made

    @admin.display(description=_("report"))
    def shown_dashboard(self, one: Subscription) -> str:
        return str(DASHBOARDS[one.dashboard].title) if one.dashboard in DASHBOARDS else one.dashboard

    @display(description=_("state"), label={"on": "success", "off": "default", "trouble": "danger"})
    def state(self, one: Subscription) -> tuple[str, str]:
        if one.trouble:
            return "trouble", one.trouble
        return ("on", gettext("enabled")) if one.enabled else ("off", gettext("switched off"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not settings.EMAIL_HOST:
            messages.warning(
                request, gettext("No mail server is set: reports are not sent. See EMAIL_URL in the configuration.")
            )
        return super().changelist_view(request, extra_context)

    @action(description=_("Send it now"), url_path="send-now", icon="send", permissions=["change"])
    @asks(_("Should the letter be sent to its readers now?"))
    def send_now(self, request: HttpRequest, object_id: int) -> HttpResponse:
        one = found(Subscription.objects.all(), object_id)
        try:
            mailing.send_at_once(one, clock.now())
        except OSError as error:
            messages.error(request, mailing.trouble_of(error))
        else:
            messages.success(request, gettext("Sent to %s.") % ", ".join(one.addresses))
        return redirect("admin:analytics_subscription_change", object_id)


class GoalForm(forms.ModelForm):
    """The form of a goal; its metric is one of the catalogue's."""

    metric = forms.ChoiceField(
        label=_("number"),
        choices=lambda: [(one.name, one.label) for one in METRICS.values()],
        widget=UnfoldAdminSelectWidget,
    )

    value = forms.CharField(
        label=_("goal"), help_text=Goal._meta.get_field("value").help_text, widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = Goal
        fields = ("metric", "value")

    def __init__(self, *args: Any, **words: Any) -> None:
        super().__init__(*args, **words)
        if self.instance.pk:
            self.initial["value"] = _written(self.instance)

    def clean(self) -> dict[str, Any]:
        """Read the goal in its number's unit: a length of time, per cent, or a plain number."""
        cleaned = super().clean() or self.cleaned_data
        known = METRICS.get(cleaned.get("metric", ""))
        field = DurationField(whole=False) if known and known.unit == DURATION else forms.FloatField(min_value=0)
        if known and "value" in cleaned:
            try:
                cleaned["value"] = field.clean(str(cleaned["value"]).rstrip("%％ "))
            except forms.ValidationError as error:
                self.add_error("value", error)
        return cleaned


def _written(goal: Goal) -> str:
    """Return the goal as people write it."""
    unit = METRICS[goal.metric].unit if goal.metric in METRICS else ""
    return spelled(goal.value) if unit == DURATION else f"{goal.value:g}{'%' if unit == SHARE else ''}"


@admin.register(Goal)
class GoalAdmin(NarrowAdmin):
    """Goals of metrics, drawn as lines in charts."""

    form = GoalForm
    list_display = ("shown_metric", "shown_value")

    @admin.display(description=_("number"))
    def shown_metric(self, one: Goal) -> str:
        return str(METRICS[one.metric].label) if one.metric in METRICS else one.metric

    @admin.display(description=_("goal"), ordering="value")
    def shown_value(self, one: Goal) -> str:
        return _written(one)


@admin.register(DayNote)
class DayNoteAdmin(NarrowAdmin):
    """Notes on days, shown in charts."""

    list_display = ("day", "text")
    search_fields = ("text",)
    fields = ("day", "text")
