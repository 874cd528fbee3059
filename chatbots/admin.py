"""The chatbots in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from import_export import fields, resources
from unfold.decorators import action
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bridge.admin.exporting import Exchanged, Named
from bridge.backoffice.pages import TracedAdmin
from bridge.models import Account
from chatbots.models import FaqEntry
from chatbots.tryout import try_out


class TryForm(forms.Form):
    """A message as a customer would write it to one of the accounts."""

    account = forms.ModelChoiceField(
        Account.objects.all(), label=_("account"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    text = forms.CharField(label=_("message"), max_length=600, widget=UnfoldAdminTextInputWidget)


class TryView(UnfoldModelAdminViewMixin, TemplateView):
    """Which bot would answer a message, and why, without sending anything."""

    title = _("Try the chatbots")
    permission_required = ("chatbots.view_faqentry",)
    template_name = "admin/tryout.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = TryForm(self.request.GET if "text" in self.request.GET else None)
        steps = try_out(form.cleaned_data["account"], form.cleaned_data["text"]) if form.is_valid() else []
        has_accounts = Account.objects.exists()
        return super().get_context_data(form=form, steps=steps, has_accounts=has_accounts, **kwargs)


class FaqResource(resources.ModelResource):
    """FAQ entries; an account by its slug. A row with an id changes that entry, one without makes a new one."""

    account = fields.Field(attribute="account", column_name="account", widget=Named(Account, "slug"))

    class Meta:
        model = FaqEntry
        fields = ("id", "account", "keywords", "answer", "position", "enabled")
        export_order = fields
        skip_unchanged = True
        clean_model_instances = True


@admin.register(FaqEntry)
class FaqEntryAdmin(Exchanged, TracedAdmin):
    """Questions and answers of the FAQ bot."""

    resource_classes = (FaqResource,)
    list_display = ("keywords", "answer", "account", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("account", "enabled")
    search_fields = ("keywords", "answer")
    actions_list = ("try_it",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(TryView.as_view(model_admin=self))
        return [path("try/", view, name="chatbots_try"), *super().get_urls()]

    @action(description=_("Try the chatbots"), url_path="try-it", icon="science")
    def try_it(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:chatbots_try")
