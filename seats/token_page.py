"""The page of a user's API tokens: everybody has their own, and whoever may change a user has the user's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from seats.actors import may_use
from seats.api import authentication, scopes


class TokenForm(forms.Form):
    """A new token: what it is for, what it may be used for, and for how long."""

    name = forms.CharField(label=_("what it is for"), max_length=60, required=False, widget=UnfoldAdminTextInputWidget)
    scopes = forms.MultipleChoiceField(
        label=_("scopes"),
        choices=[(name, label) for name, label in scopes.SCOPES.items()],
        initial=[scopes.READ],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("It never does more than its owner may. Choose as little as the program needs."),
    )
    days = forms.IntegerField(
        label=_("days"),
        min_value=1,
        max_value=authentication.LONGEST,
        initial=90,
        widget=UnfoldAdminIntegerFieldWidget,
    )


@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """Your own tokens."""
    user: Any = request.user
    return page(request, user)


def page(request: HttpRequest, owner: User) -> HttpResponse:
    """Show the owner's tokens, make one or end one; a new one is shown once. The caller has checked who asks."""
    form, token = TokenForm(request.POST if "make" in request.POST else None), ""
    if "end" in request.POST:
        _end(request, owner, request.POST["end"])
        return redirect(request.path)
    if form.is_valid():
        token = _made(request, owner, form)
    words = {name: str(label) for name, label in scopes.SCOPES.items()}
    rows = [(one, "; ".join(words.get(name, name) for name in one.scopes)) for one in authentication.tokens_of(owner)]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "has_permission": True,  # also for seats, who are no staff
        "title": gettext("My API tokens") if owner == request.user else gettext("API tokens of %s") % owner,
        "form": TokenForm() if token else form,
        "rows": rows,
        "token": token,
        "useless": not may_use(owner),
    }
    return render(request, "admin/tokens.html", context)


def _made(request: HttpRequest, owner: User, form: TokenForm) -> str:
    """Make what the form says; return the token, "" where there are too many."""
    if len(authentication.tokens_of(owner)) >= authentication.MOST:
        messages.error(request, gettext("At most %d; delete some first.") % authentication.MOST)
        return ""
    data = form.cleaned_data
    row, token = authentication.make_token(owner, data["days"], data["scopes"], data["name"])
    _log(request, owner, gettext("API token %(key)s made: %(scopes)s"), row.token_key, scopes.words(data["scopes"]))
    return token


def _end(request: HttpRequest, owner: User, key: str) -> None:
    if authentication.end_token(owner, key):
        _log(request, owner, gettext("API token %(key)s ended"), key)
        messages.success(request, gettext("The token %s is worth nothing any more.") % key)


def _log(request: HttpRequest, owner: User, words: str, key: str, chosen: str = "") -> None:
    """Write it into the history of the owner's page."""
    admin.site.get_model_admin(User).log_change(request, owner, words % {"key": key, "scopes": chosen})
