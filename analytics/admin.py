"""Scheduled reports in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from analytics.delivery import mailing
from analytics.metrics.catalogue import METRICS
from analytics.models import DayNote, Goal, Subscription
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.report import report
from bridge.backoffice.asking import asks
from bridge.backoffice.pages import NarrowAdmin
from bridge.base import clock


class SubscriptionForm(forms.ModelForm):
    """The form of a scheduled report; its filters are checked as the report page checks them."""

    dashboard = forms.ChoiceField(
        label=_("report"),
        choices=[(one.name, one.title) for one in DASHBOARDS.values()],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Subscription
        fields = ("name", "dashboard", "period", "hour", "account", "group", "recipients", "language", "enabled")
        widgets = {"recipients": UnfoldAdminTextareaWidget(attrs={"rows": 3})}


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
        one = get_object_or_404(Subscription, pk=object_id)
        scope = mailing.scope_of(one, timezone.localtime(clock.now()).date())
        try:
            mailing.letter(one, report(DASHBOARDS[one.dashboard], scope, clock.now())).send()
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

    class Meta:
        model = Goal
        fields = ("metric", "value")


@admin.register(Goal)
class GoalAdmin(NarrowAdmin):
    """Goals of metrics, drawn as lines in charts."""

    form = GoalForm
    list_display = ("shown_metric", "value")

    @admin.display(description=_("number"))
    def shown_metric(self, one: Goal) -> str:
        return str(METRICS[one.metric].label) if one.metric in METRICS else one.metric


@admin.register(DayNote)
class DayNoteAdmin(NarrowAdmin):
    """Notes on days, shown in charts."""

    list_display = ("day", "text")
    search_fields = ("text",)
    fields = ("day", "text")
