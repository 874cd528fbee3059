"""The chatbots in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from bridge.admin.exporting import Exchanged
from bridge.backoffice.pages import TracedAdmin
from bridge.models import Account
from bridge.pipeline.bots import greeters
from bridge.platforms.answer_fields import AnswerFields, AnsweringForm, with_answers
from chatbots.exchanged import FaqResource
from chatbots.faq import FaqBot
from chatbots.models import AutoReply, FaqEntry, Welcome
from chatbots.tryout_page import TryView

ANSWERS = (AnswerFields(), AnswerFields("other", _("other answer (B)"), required=False))
_TIMES = ("when", "hours")
_ORDER = ("position", "enabled")


class AutoReplyForm(AnsweringForm):
    """A row with its answers."""

    answers = ANSWERS


@with_answers
class FaqForm(AutoReplyForm):
    """An FAQ entry."""

    class Meta:
        model = FaqEntry
        fields = ("account", "keywords", "match", "when", "hours", "other_share", *_ORDER)


@with_answers
class WelcomeForm(AutoReplyForm):
    """A welcome."""

    class Meta:
        model = Welcome
        fields = ("account", "when", "hours", "other_share", *_ORDER)


class AutoReplyAdmin(TracedAdmin):
    """What the pages of automatic replies share: the answers' fields, each shown for its kind."""

    also_saved = ("answer", "other")
    conditional_fields = {
        **{name: shown for one in ANSWERS for name, shown in one.shown_when().items()},
        "hours": "when != 'always'",
        "other_share": "other_kind != ''",
    }
    list_editable = _ORDER
    list_select_related = ("account", "answer")

    @classmethod
    def sections(cls, *own: Any) -> tuple[Any, ...]:
        """Return the fieldsets; `own` are fields that come first."""
        return (
            (None, {"fields": own}),
            (_("What the customer gets"), {"fields": ANSWERS[0].names()}),
            (_("When"), {"fields": (*_TIMES, *_ORDER)}),
            (_("Two answers compared (A/B)"), {
                "fields": (*ANSWERS[1].names(), "other_share"),
                "description": _("Off while there is no answer B."),
            }),
        )  # fmt: skip


@admin.register(FaqEntry)
class FaqEntryAdmin(Exchanged, AutoReplyAdmin):
    """Questions and answers of the FAQ bot."""

    next_step = _("Keywords of customers' messages, each with its answer. Add the question that is asked most.")
    form = FaqForm
    resource_classes = (FaqResource,)
    list_display = ("keywords", "match", "answer", "account", "when", *_ORDER)
    list_filter = ("account", "match", "when", "enabled")
    search_fields = ("keywords", "answer__words")
    fieldsets = AutoReplyAdmin.sections("account", ("keywords", "match"))
    actions_list = ("try_it",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(TryView.as_view(model_admin=self))
        return [path("try/", view, name="chatbots_try"), *super().get_urls()]

    @action(description=_("Try the chatbots"), url_path="try-it", icon="science")
    def try_it(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:chatbots_try")

    def save_model(self, request: HttpRequest, obj: FaqEntry, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if silent := [account.name for account in _accounts_of(obj) if not _asks_faq(account)]:
            words = gettext("The FAQ is switched off for %s: switch it on there, under “Chatbots before the seats”.")
            messages.warning(request, words % "、".join(silent))


def _accounts_of(reply: AutoReply) -> list[Account]:
    return [reply.account] if reply.account else list(Account.objects.all())


def _asks_faq(account: Account) -> bool:
    return FaqBot.name in greeters(account.bots, account.first_mode)


@admin.register(Welcome)
class WelcomeAdmin(AutoReplyAdmin):
    """What whoever begins to follow an account reads at once."""

    next_step = _("What whoever begins to follow reads at once. An account without one says nothing. Add one.")
    form = WelcomeForm
    list_display = ("answer", "account", "when", *_ORDER)
    list_filter = ("account", "when", "enabled")
    search_fields = ("answer__words",)
    fieldsets = AutoReplyAdmin.sections("account")
