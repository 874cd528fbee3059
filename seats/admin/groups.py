"""Groups in the admin, and the page that says what would happen to a customer who writes now."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget

from bridge.backoffice.durations import DurationField
from bridge.backoffice.pages import TracedAdmin
from bridge.base import clock
from bridge.models import Account, Tag
from bridge.values.durations import DAY
from seats import reach
from seats.models import SeatGroup
from seats.routing.outlook import Asked, outlook
from seats.routing.strategies import strategies


class SeatGroupForm(forms.ModelForm):
    """The form of a group. `asker` is the user who fills it in."""

    asker: Any = None
    strategy = forms.ChoiceField(label=_("strategy"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = SeatGroup
        fields = (
            "name", "slug", "supervisors", "strategy", "last_seat_days", "hours", "max_queue", "max_wait_seconds",
            "retell_seconds", "overflow_group", "overflow_seconds", "transfer_mode", "offer_seconds",
            "remind_seat_seconds", "grace_seconds", "remind_customer_seconds", "close_idle_seconds",
        )  # fmt: skip
        field_classes = {
            "last_seat_days": partial(DurationField, unit=DAY),
            **{name: partial(DurationField, max_value=365 * DAY) for name in fields if name.endswith("_seconds")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, one.label) for name, one in strategies().items()]
        self.fields["strategy"].choices = choices  # type: ignore[attr-defined]
        self.fields["strategy"].help_text = SeatGroup._meta.get_field("strategy").help_text

    def clean(self) -> dict[str, Any]:
        """Refuse what would give anybody more of a group's customers than the asker has of them."""
        cleaned = super().clean() or self.cleaned_data
        slug = self.instance.slug or cleaned.get("slug", "")
        before = set(self.instance.supervisors.all()) if self.instance.pk else set()
        if set(cleaned.get("supervisors") or ()) - before and not reach.may_supervise(self.asker, slug):
            self.add_error(
                "supervisors", _("You do not supervise this group. Ask somebody who supervises every group.")
            )
        other = cleaned.get("overflow_group")
        if other and "overflow_group" in self.changed_data and reach.leads_to_oneself(self.asker, slug, other.slug):
            said = _(
                "Its customers would come to you: you have no part in this group. Ask somebody who supervises every group."
            )
            self.add_error("overflow_group", said)
        return cleaned


class OutlookForm(forms.Form):
    """For whom is asked."""

    account = forms.ModelChoiceField(
        Account.objects.all(), label=_("account"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    tag = forms.ModelChoiceField(
        Tag.objects.filter(of=Tag.Of.CUSTOMER),
        label=_("customer with the tag"),
        required=False,
        empty_label=_("any customer"),
        widget=UnfoldAdminSelectWidget,
    )


class OutlookView(UnfoldModelAdminViewMixin, TemplateView):
    """What would happen to a customer who writes now."""

    title = _("What happens to a customer who writes now?")
    permission_required = ("seats.view_seatgroup",)
    template_name = "admin/outlook.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        first = Account.objects.first()
        given = self.request.GET if "account" in self.request.GET else {"account": first.pk if first else ""}
        form = OutlookForm(given)
        steps = []
        if form.is_valid():
            tag = form.cleaned_data["tag"]
            steps = outlook(Asked(form.cleaned_data["account"], clock.now(), tag.priority if tag else 0))
        return super().get_context_data(
            form=form, steps=steps, now=clock.now(), has_accounts=first is not None, **kwargs
        )


@admin.register(SeatGroup)
class SeatGroupAdmin(TracedAdmin):
    """Groups of seats: how they assign, queue and time out."""

    form = SeatGroupForm
    history_words = {"strategy": lambda value: str(strategies()[value].label) if value in strategies() else value}
    list_display = ("name", "slug", "strategy_name", "hours", "seats_count", "waiting")
    search_fields = ("name", "slug")
    autocomplete_fields = ("supervisors",)
    list_select_related = ("hours",)
    fieldsets = (
        (None, {"fields": ("name", "slug", "supervisors")}),
        (_("Who gets the next conversation"), {"fields": (("strategy", "last_seat_days"),)}),
        (_("When nobody is there"), {
            "fields": ("hours", ("max_queue", "max_wait_seconds"), "retell_seconds", ("overflow_group", "overflow_seconds")),
        }),
        (_("Transfer"), {"fields": (("transfer_mode", "offer_seconds"),)}),
        (_("When somebody is silent"), {
            "fields": (("remind_seat_seconds", "grace_seconds"), ("remind_customer_seconds", "close_idle_seconds")),
        }),
    )  # fmt: skip

    def get_form(self, request: HttpRequest, obj: SeatGroup | None = None, change: bool = False, **words: Any) -> Any:
        made: Any = super().get_form(request, obj, change, **words)
        made.asker = request.user
        return made

    def get_readonly_fields(self, request: HttpRequest, obj: SeatGroup | None = None) -> tuple[str, ...]:
        # Conversations and accounts name their group by it.
        return ("slug",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[SeatGroup]:
        counts = {"seat_count": Count("seats", distinct=True), "queue_count": Count("queue", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(OutlookView.as_view(model_admin=self))
        return [path("outlook/", view, name="seats_outlook"), *super().get_urls()]

    @admin.display(description=_("strategy"))
    def strategy_name(self, group: SeatGroup) -> str:
        known = strategies().get(group.strategy)
        return str(known.label) if known else group.strategy

    @admin.display(description=_("seats"), ordering="seat_count")
    def seats_count(self, group: SeatGroup) -> int:
        return group.seat_count  # type: ignore[attr-defined]

    @admin.display(description=_("waiting"), ordering="queue_count")
    def waiting(self, group: SeatGroup) -> int:
        return group.queue_count  # type: ignore[attr-defined]
