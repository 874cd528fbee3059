"""The page on which the chatbots are tried out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bridge.models import Account
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
