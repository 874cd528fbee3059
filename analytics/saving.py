"""Saved reports: a report's address under a name, for oneself, a role or everybody who reads reports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from analytics.models import SavedReport
from analytics.pages import guarded
from analytics.reports.dashboards import DASHBOARDS

Shared = SavedReport.Shared


class SavedReportForm(forms.ModelForm):
    """What is saved: a page that there is, with what was asked for."""

    class Meta:
        model = SavedReport
        fields = ("name", "page", "query", "shared", "role")

    def clean_page(self) -> str:
        page = str(self.cleaned_data["page"])
        if page != "explore" and page not in DASHBOARDS:
            raise ValidationError(_("There is no such report."))
        return page

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("shared") == Shared.ROLE and not data.get("role"):
            raise ValidationError(_("Choose the role that it is for."))
        return data if data.get("shared") == Shared.ROLE else {**data, "role": None}


def visible_to(user: Any) -> QuerySet[SavedReport]:
    """Return what the user has saved, and what others share with them."""
    mine, roles = Q(user=user), Q(shared=Shared.ROLE, role__in=user.groups.all())
    return SavedReport.objects.filter(mine | roles | Q(shared=Shared.EVERYBODY))


@guarded
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save what is on the page, and go back to it."""
    form = SavedReportForm(request.POST)
    if not form.is_valid():
        for problems in form.errors.values():
            messages.error(request, " ".join(map(str, problems)))
        return redirect("reports-dashboard", "overview")
    form.instance.user = request.user
    form.save()
    messages.success(request, _("Saved."))
    return redirect(form.instance.address)


@guarded
@require_POST
def forget(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a report that the user has saved."""
    one = get_object_or_404(SavedReport, pk=number, user=request.user)
    one.delete()
    return redirect(reverse("reports-dashboard", args=["overview"]))
