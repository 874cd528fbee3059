"""The form of a new seat: its log-in is made with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from seats import reach
from seats.im_accounts import may_be_seats
from seats.models import Seat, SeatGroup

LOGIN = ("username", "full_name", "password")


class SeatForm(forms.ModelForm):
    """The form of a seat. `asker` is the user who fills it in."""

    asker: Any = None

    def clean_groups(self) -> Any:
        """Refuse groups in which the asker has no part: they could let anybody in there, themselves too."""
        chosen = self.cleaned_data["groups"]
        before = set(self.instance.groups.all()) if self.instance.pk else set()
        if beyond := reach.not_to_serve(self.asker, [one for one in chosen if one not in before]):
            said = _("You neither serve in nor supervise: %s. Ask somebody who supervises every group.")
            raise forms.ValidationError(said % "、".join(one.name for one in beyond))
        return chosen

    def clean_im_user_id(self) -> str:
        """Refuse an account of somebody else's: the seat could log in to its platform with it."""
        given: str = self.cleaned_data["im_user_id"]
        if not may_be_seats(given):
            raise forms.ValidationError(_("This IM account is the administrator's, the system's or a customer's."))
        return given


class NewSeatForm(SeatForm):
    """A new seat with its log-in, or of a user that there is already. `made` is the new user, not saved yet."""

    made: User | None = None

    username = forms.CharField(
        label=_("user name"), max_length=150, required=False, validators=[User.username_validator],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}), help_text=_("What the seat logs in with."),
    )  # fmt: skip
    full_name = forms.CharField(
        label=_("name"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget,
        help_text=_("What colleagues see."),
    )  # fmt: skip
    password = forms.CharField(
        label=_("password"), required=False, help_text=_("The seat can change it later."),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    class Meta:
        model = Seat
        fields = ("user", "im_user_id", "groups", "capacity", "weight")

    def __init__(self, *args: Any, **words: Any) -> None:
        super().__init__(*args, **words)
        self.fields["user"].label = _("Or a user that there is already")
        for name in LOGIN:
            self.fields[name].label = capfirst(str(self.fields[name].label))

    @staticmethod
    def begins_with(asker: Any) -> dict[str, Any]:
        """Return what a new seat's page shows at first: the group, where there is only one and the asker may choose it."""
        groups = list(SeatGroup.objects.all()[:2])
        chosen = len(groups) == 1 and not reach.not_to_serve(asker, groups)
        return {"groups": [groups[0].pk]} if chosen else {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("user") and not self.errors:
            self._clean_login(cleaned)
        return cleaned

    def _clean_login(self, cleaned: dict[str, Any]) -> None:
        name, password = cleaned["username"], cleaned["password"]
        if not name or not password:
            self.add_error("username", _("Give a user name and a password, or choose a user."))
            return
        if User.objects.filter(username__iexact=name).exists():
            self.add_error("username", _("There is a user with this name; choose it below."))
            return
        made = User(username=name, first_name=cleaned["full_name"])
        try:
            validate_password(password, made)
        except forms.ValidationError as error:
            self.add_error("password", error)
            return
        made.set_password(password)
        self.made = made
