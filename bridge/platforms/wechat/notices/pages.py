"""The pages of notice templates: fetched from WeChat, their blanks filled, and what they say then."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import linebreaksbr
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.backoffice.asking import asks
from bridge.backoffice.pages import TracedAdmin
from bridge.base import clock
from bridge.models import Template
from bridge.platforms.wechat.models import WeChatAccount
from bridge.platforms.wechat.notices import blanks, fetching, programs
from bridge.platforms.wechat.notices.forms import FIELDS, TemplateForm
from bridge.values.outcomes import DeliveryError
from bridge.values.templates import PLACEHOLDERS

__all__ = ("TemplateAdmin", "programs")
# What each of bridge.values.templates.PLACEHOLDERS stands for.
_MEANINGS = {
    "customer": _("the customer's name"),
    "account": _("the account's name"),
    "conversation": _("the number of the conversation"),
    "seat": _("who answers"),
    "time": _("when it is sent"),
    "reason": _("why it is sent, in the seat's words"),
}


@admin.register(Template)
class TemplateAdmin(TracedAdmin):
    """Templates are made in WeChat's console. Here stands what is written into their blanks, and who may send them."""

    form = TemplateForm
    also_saved = ("words",)
    list_display = ("title", "account", "kind", "state", "for_seats", "when_held", "accepted")
    list_filter = ("account", "kind", "for_seats", "when_held")
    search_fields = ("title", "remote_id", "body")
    list_select_related = ("account",)
    actions_list = ("fetch",)
    next_step = _(
        "Templates are chosen in WeChat's console. Those that your accounts have come here with “Fetch from WeChat”."
    )
    readonly_fields = ("title", "account", "kind", "approved", "preview", "remote_id", "fetched_at")

    def get_fieldsets(self, request: HttpRequest, obj: Template | None = None) -> Any:
        names = [name for name, _blank in zip(FIELDS, obj.blanks if obj else (), strict=False)]
        placeholders = gettext("; ").join(f"{{{one}}} {_MEANINGS[one]}" for one in PLACEHOLDERS)
        return (
            (None, {"fields": ("title", "account", "kind", "approved", "preview")}),
            (_("What stands in the blanks"), {
                "fields": names,
                "description": gettext("Filled for each customer: %s. What does not fit is shortened.") % placeholders,
            }),
            (_("Where a tap leads"), {
                "fields": ("url", ("app_id", "path")),
                "description": _("Empty: nowhere; the customer writes in the chat in which the notice stands."),
            }),
            (_("When it is sent"), {
                "fields": ("for_seats", "when_held"),
                "description": _("Only as an answer to what the customer asked, never as advertising: WeChat takes the "
                                 "template, or the account, away for that."),
            }),
            (_("Technical details"), {"fields": ("remote_id", "fetched_at"), "classes": ("collapse", "technical")}),
        )  # fmt: skip

    def get_form(self, request: HttpRequest, obj: Template | None = None, change: bool = False, **kwargs: Any) -> Any:
        # The fields of the blanks are the form's own, which a list of the model's fields would leave out.
        return super().get_form(request, obj, change, **{**kwargs, "fields": (*FIELDS, *TemplateForm._meta.fields)})

    def get_queryset(self, request: HttpRequest) -> Any:
        accepted = Count("acceptances", filter=Q(acceptances__left__gt=0))
        return super().get_queryset(request).annotate(accepted_by=accepted)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Template | None = None) -> bool:
        return obj is not None and obj.gone and super().has_delete_permission(request, obj)

    @display(description=_("state"), label={"ready": "success", "blank": "warning", "gone": "danger"})
    def state(self, template: Template) -> tuple[str, str]:
        if template.gone:
            return "gone", gettext("no longer at WeChat")
        return ("ready", gettext("ready")) if template.is_ready else ("blank", gettext("blanks are empty"))

    @admin.display(description=_("customers who have accepted"), ordering="accepted_by")
    def accepted(self, template: Any) -> Any:
        return "-" if template.kind == Template.Kind.FREE else template.accepted_by

    @admin.display(description=_("approved words"))
    def approved(self, template: Template) -> str:
        return _lines(template.body)

    @admin.display(description=_("what the customer reads"))
    def preview(self, template: Template) -> str:
        return _lines(blanks.said(template.body, {one: template.words.get(one, "…") for one in template.blanks}))

    @action(description=_("Fetch from WeChat"), url_path="fetch", icon="sync", permissions=["fetch"])
    @asks(_("Should the templates be fetched from WeChat now? What is no longer there is marked so."))
    def fetch(self, request: HttpRequest) -> HttpResponse:
        for account in WeChatAccount.objects.order_by("name"):
            try:
                count = fetching.fetch(account, clock.now())
            except DeliveryError as error:
                words = gettext("%(account)s: the templates could not be fetched: %(reason)s (%(code)s).")
                said = {"account": account.name, "reason": error.reason, "code": error.code}
                messages.error(request, words % said)
            else:
                messages.success(
                    request, gettext("%(account)s: %(count)d templates.") % {"account": account.name, "count": count}
                )
        return redirect("admin:bridge_template_changelist")

    def has_fetch_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm("bridge.change_template"))


def _lines(words: str) -> str:
    return linebreaksbr(words, autoescape=True) if words else "-"
