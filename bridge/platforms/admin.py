"""Pages of endpoints in the admin: what those of all platforms share. A platform's `admin.py` registers its own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.backoffice.asking import asks
from bridge.backoffice.pages import TracedAdmin
from bridge.live.endpoints import forget
from bridge.models import Endpoint
from bridge.observe import limits, refusals, troubles
from bridge.platforms import rotation
from bridge.platforms.checks import GOOD, Check, reaches, refused
from bridge.platforms.forms import AccountForm, bot_fields, parameter_fields, text_fields, window_fields
from bridge.platforms.registry import get_platform

OPERATION = ("trouble", "trouble_since", "retry_at", "limited", "refused")


class EndpointAdmin(TracedAdmin):
    """The page of an endpoint: says what to enter on the platform's side, checks from ours, and lets what waits go on."""

    actions_detail = ["setup", "resume"]

    def callback_address(self, endpoint: Any) -> str:
        """Return the address that the platform must be told to call; "-" where there is none yet."""
        raise NotImplementedError

    def steps(self, endpoint: Any) -> list[str]:
        """Return what is to be done on the platform's side, in order."""
        raise NotImplementedError

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
        endpoint = get_object_or_404(self.model, pk=object_id)
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
        endpoint = get_object_or_404(self.model, pk=object_id)
        if endpoint.trouble or limits.standing(endpoint):
            limits.lift(endpoint)
            troubles.resume(endpoint)
            messages.success(request, gettext("What waited is being sent. If it is refused again, it says so here."))
        else:
            messages.info(request, gettext("Nothing is wrong here: there is nothing to resume."))
        return redirect(self._page_of(endpoint))

    def _page_of(self, endpoint: Endpoint) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[endpoint.pk])

    @admin.display(description=_("refused callbacks"))
    def refused(self, endpoint: Endpoint) -> str:
        found = refusals.of(endpoint.pk)
        return refused(found).said if found.day else "-"

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


class AccountAdmin(EndpointAdmin):
    """The page of an account: besides, where its customers go, what they are told, and how many messages they may get."""

    also_saved = ("window_rules", "texts", "bots", "parameters")
    search_fields: tuple[str, ...] = ("name", "slug")
    readonly_fields = ("callback_address", *OPERATION, "count_checked_at")

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
                "Messages (0: any number) within seconds. Empty: the platform's usual numbers, shown in grey."
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
