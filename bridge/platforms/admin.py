"""Pages of endpoints in the admin: what those of all platforms share. A platform's `admin.py` registers its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.backoffice.asking import asks
from bridge.backoffice.found import found
from bridge.backoffice.pages import TracedAdmin
from bridge.live.endpoints import forget
from bridge.models import Endpoint
from bridge.observe import limits, refusals, troubles
from bridge.platforms import account_words, rotation
from bridge.platforms.asking import say_unchecked
from bridge.platforms.bot_fields import bot_fields
from bridge.platforms.checks import GOOD, Check, reaches, refused
from bridge.platforms.forms import AccountForm, parameter_fields, text_fields, window_fields
from bridge.platforms.registry import get_platform
from bridge.values.agents import directory

OPERATION = ("trouble", "trouble_since", "retry_at", "limited", "refused")


class EndpointAdmin(TracedAdmin):
    """The page of an endpoint: says what to enter on the platform's side, checks from ours, and lets what waits go on."""

    actions_detail = ["setup", "resume"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Who may only look gets no form of ours: it is about what can be entered."""
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees the columns that are no secrets."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        columns = {field.name for field in self.model._meta.get_fields()} - set(self.form.secrets)
        shown = columns | set(self.readonly_fields)
        return [(title, {"fields": names}) for title, rows in found if (names := _those(rows["fields"], shown))]

    def callback_address(self, endpoint: Any) -> str:
        """Return the address that the platform must be told to call; "-" where there is none yet."""
        raise NotImplementedError

    def steps(self, endpoint: Any) -> list[str]:
        """Return what is to be done on the platform's side, in order."""
        raise NotImplementedError

    def leads_to(self, request: HttpRequest, endpoint: Any) -> list[tuple[str, Any]]:
        """Return the pages here that the steps speak of, each as its address and what it is called."""
        return []

    def new_secrets(self) -> dict[str, str]:
        """Return new secrets for the callback by their fields' names, each made afresh."""
        raise NotImplementedError

    def renew(self, endpoint: Any) -> dict[str, str]:
        """Save new secrets and return them by what people call them: this is the one time they can be read.

        Those that the platform uses stay valid until it uses the new ones.
        """
        new, previous = self.new_secrets(), self.form.rotates
        rotation.renew(endpoint, new, previous)
        endpoint._change_reason = gettext("New keys for the callbacks")
        endpoint.save(update_fields=[*new, *previous.values(), "changed_over_at"])
        forget()
        return {str(self.model._meta.get_field(name).verbose_name): value for name, value in new.items()}

    def own_checks(self, endpoint: Any) -> list[Check]:
        """Return the checks that no platform needs to know of."""
        return [refused(refusals.of(endpoint.pk))]

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    @action(description=_("Set up and check"), url_path="setup", icon="rule", permissions=["resume"])
    def setup(self, request: HttpRequest, object_id: int) -> HttpResponse:
        endpoint = found(self.model._default_manager.all(), object_id)
        made: dict[str, str] = {}
        checks: list[Check] = []
        if "renew" in request.POST:
            made = self.renew(endpoint)
        elif "check" in request.POST:
            checks = [*get_platform(endpoint.platform).check(endpoint), *self.own_checks(endpoint)]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Set up and check: %s") % endpoint,
            "endpoint": endpoint,
            "address": self.callback_address(endpoint),
            "steps": self.steps(endpoint),
            "leads_to": self.leads_to(request, endpoint),
            "made": made,
            "asks": "ask" in request.POST,
            "unused": rotation.is_unused(endpoint, self.form.rotates),
            "checks": checks,
            "fine": checks and all(one.state == GOOD for one in checks),
            "change": self._page_of(endpoint),
        }
        return render(request, "admin/setup.html", context)

    @action(description=_("Try again now"), url_path="resume", icon="restart_alt", permissions=["resume"])
    @asks(_("Should what waits be sent now? If the platform refuses it again, it says so here."))
    def resume(self, request: HttpRequest, object_id: int) -> HttpResponse:
        endpoint = found(self.model._default_manager.all(), object_id)
        if endpoint.trouble or limits.standing(endpoint):
            limits.lift(endpoint)
            troubles.resume(endpoint)
            messages.success(request, gettext("What waited is being sent. If it is refused again, it says so here."))
        else:
            messages.info(request, gettext("Nothing is wrong here: there is nothing to resume."))
        return redirect(self._page_of(endpoint))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        say_unchecked(request, form)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Lead from a new endpoint to what is to be done on the platform's side."""
        answer = super().response_add(request, obj, post_url_continue)
        asked_for_more = {"_continue", "_addanother", "_popup"} & set(request.POST)
        if asked_for_more or not self.has_resume_permission(request):
            return answer
        return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_setup", args=[obj.pk]))

    def _page_of(self, endpoint: Endpoint) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[endpoint.pk])

    @admin.display(description=_("refused callbacks"))
    def refused(self, endpoint: Endpoint) -> str:
        found = refusals.of(endpoint.pk)
        return "-" if found and not found.day else refused(found).said

    @admin.display(description=_("calls at their limit"))
    def limited(self, endpoint: Endpoint) -> str:
        return "\n".join(f"{one.reason} ({one.code})" for one in limits.standing(endpoint)) or "-"

    @display(description=_("state"), label={"ok": "success", "limited": "warning", "trouble": "danger"})
    def state(self, endpoint: Endpoint) -> tuple[str, str]:
        if endpoint.trouble:
            return "trouble", endpoint.trouble
        if found := limits.standing(endpoint):
            return "limited", found[0].reason
        return "ok", gettext("in order")


def _those(rows: Any, shown: set[str]) -> list[str]:
    """Return which of these fields, alone or several in a row, are among those shown."""
    names = [name for row in rows for name in ([row] if isinstance(row, str) else row)]
    return [name for name in names if name in shown]


class GroupFilter(admin.SimpleListFilter):
    """Accounts by the group that their customers go to."""

    title = _("first group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return directory().groups()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(group=self.value()) if self.value() else queryset


class AccountAdmin(EndpointAdmin):
    """The page of an account: besides, where its customers go, what they are told, and how many messages they may get."""

    also_saved = ("window_rules", "texts", "bots", "parameters")
    search_fields: tuple[str, ...] = ("name", "slug")
    readonly_fields = ("callback_address", *OPERATION, "count_checked_at")
    history_words = account_words.WORDS

    @admin.display(description=_("first group"), ordering="group")
    def group_name(self, endpoint: Any) -> str:
        return dict(directory().groups()).get(endpoint.group, endpoint.group) or "-"

    def own_checks(self, endpoint: Any) -> list[Check]:
        return [*super().own_checks(endpoint), reaches(endpoint)]


def account_fieldsets(form: type[AccountForm], *own: Any, operation: tuple[str, ...] = ()) -> tuple[Any, ...]:
    """Return the fieldsets of an account's page: the platform's `own` follow its name; `operation` are more fields at the end."""
    return (
        *own,
        (_("Where its customers go"), {"fields": (
            "group", ("hours", "priority"), ("reopen_minutes", "survey"), "opening_keys",
        )}),
        (_("Chatbots before the seats"), {
            "fields": bot_fields(),
            "description": _("Those switched on greet its customers in the order of their positions; then a seat is looked for."),
        }),
        (_("How many messages the platform allows"), {
            "fields": (*window_fields(form.triggers), ("over_count", "over_time"), "count_checked_at"),
            "description": _(
                "So many messages (0: any number) within this time. Empty: the platform's usual numbers, shown in grey."
            ),
        }),
        (_("What the product says to its customers"), {
            "fields": text_fields(),
            "description": _("Each of these spends one of the messages the platform allows. Empty: the text shown in grey."),
        }),
        (_("Parameters of its own"), {
            "fields": parameter_fields(),
            "description": _("What differs from the site's parameters; empty: as the site."),
        }),
        (_("Operation"), {"fields": (*operation, *OPERATION)}),
    )  # fmt: skip
