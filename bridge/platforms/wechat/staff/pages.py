"""The pages of seats as customers see them: made at WeChat when everything else in the form is right."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from bridge.backoffice.pages import TracedAdmin
from bridge.models import Media
from bridge.platforms.answer_fields import picture_of
from bridge.platforms.wechat.models import ShownSeat, WeChatAccount
from bridge.platforms.wechat.staff import calls, programs
from bridge.values.agents import directory
from bridge.values.outcomes import DeliveryError

__all__ = ("ShownSeatAdmin", "ShownSeatForm", "programs")
_NAME = re.compile(r"[A-Za-z0-9_]{1,30}@[A-Za-z0-9_-]{1,30}")


def _seats() -> list[tuple[int, str]]:
    return [(agent.id, agent.name) for agent in directory().everybody() if agent.active]


class ShownSeatForm(forms.ModelForm):
    """A seat's name and picture for the customers of an account."""

    seat_id = forms.TypedChoiceField(
        label=capfirst(_("seat")), coerce=int, widget=UnfoldAdminSelectWidget, choices=_seats
    )
    photo = forms.FileField(
        label=capfirst(_("picture")), required=False, widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/*"}),
        help_text=_("Square, 640 x 640 is best. Empty: as it is."),
    )  # fmt: skip

    class Meta:
        model = ShownSeat
        fields = ("account", "seat_id", "kf_account", "nickname")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "account" in self.fields:
            takes = WeChatAccount.objects.exclude(kind=WeChatAccount.Kind.MINI_PROGRAM)
            self.fields["account"].queryset = takes  # type: ignore[attr-defined]

    def clean_kf_account(self) -> str:
        """Return the account's name at WeChat."""
        name = str(self.cleaned_data["kf_account"]).strip()
        if not _NAME.fullmatch(name):
            raise forms.ValidationError(gettext("Letters and digits, @, and the account's WeChat ID: alice@myshop."))
        return name

    def clean_photo(self) -> Any:
        """Store the picture."""
        uploaded = self.cleaned_data["photo"]
        return Media.objects.get(pk=picture_of(uploaded).media) if uploaded else None

    def _post_clean(self) -> None:
        # Here the instance has what was entered, and is unique.
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        self.instance.picture = self.cleaned_data.get("photo") or self.instance.picture
        try:
            calls.order(self.instance)
        except DeliveryError as error:
            self.add_error(None, gettext("WeChat has not taken it: %(reason)s (%(code)s).") % {
                "reason": error.reason, "code": error.code,
            })  # fmt: skip


@admin.register(ShownSeat)
class ShownSeatAdmin(TracedAdmin):
    """Seats as customers see them. Messages show it where the account's parameter says so."""

    form = ShownSeatForm
    also_saved = ("picture",)
    list_display = ("nickname", "account", "seat_name", "kf_account")
    list_filter = ("account",)
    search_fields = ("nickname", "kf_account")
    list_select_related = ("account",)
    next_step = _(
        "The name and the picture that customers see beside a seat's answers. Add one for each seat and account."
    )
    fieldsets = (
        (None, {
            "fields": ("account", "seat_id", "kf_account", "nickname", "photo"),
            "description": _("Customers see it beside this seat's answers where the account's parameter SEATS_SHOWN is on."),
        }),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: ShownSeat | None = None) -> tuple[str, ...]:
        """What stands at WeChat under this name stays what it is."""
        return ("account", "kf_account") if obj else ()

    @admin.display(description=_("seat"))
    def seat_name(self, shown: ShownSeat) -> str:
        names = {agent.id: agent.name for agent in directory().everybody()}
        return names.get(shown.seat_id, "-")

    def delete_model(self, request: HttpRequest, obj: ShownSeat) -> None:
        try:
            calls.withdraw(obj)
        except DeliveryError as error:
            words = gettext("WeChat still has %(name)s: %(reason)s (%(code)s). Here it is deleted.")
            messages.warning(request, words % {"name": obj.kf_account, "reason": error.reason, "code": error.code})
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for one in queryset:
            self.delete_model(request, one)
