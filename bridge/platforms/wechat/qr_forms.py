"""The form of a QR code: it is made at WeChat when everything else in the form is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bridge.base import clock
from bridge.models import Account
from bridge.platforms.answer_fields import AnswerFields, AnsweringForm, with_answers
from bridge.platforms.bot_fields import greeting_bots
from bridge.platforms.wechat import qr_codes
from bridge.platforms.wechat.models import QrCode, WeChatAccount
from bridge.values.agents import directory
from bridge.values.outcomes import DeliveryError

MADE_UP = "made_up_scene"
WELCOME = AnswerFields("welcome", _("welcome of its own"), required=False)


def _or_usual(choices: Callable[[], Iterable[tuple[Any, Any]]]) -> Callable[[], list[tuple[Any, Any]]]:
    """Return choices that are read only where a form shows or checks them, with "as usual" before them."""
    return lambda: [("", gettext("as the account's customers")), *choices()]


def _seats() -> list[tuple[int, str]]:
    return [(agent.id, agent.name) for agent in directory().everybody() if agent.active]


def _bots() -> list[tuple[str, Any]]:
    return [(bot.name, bot.label or bot.name) for bot in greeting_bots()]


def _words(label: Any, choices: Callable[[], Iterable[tuple[Any, Any]]]) -> dict[str, Any]:
    return {
        "label": capfirst(label), "required": False, "widget": UnfoldAdminSelectWidget, "choices": _or_usual(choices),
    }  # fmt: skip


class SceneWidget(UnfoldAdminTextInputWidget):
    """The scene, and beside it one that is made up where none is entered.

    That one belongs to the page, so that a form that is sent twice makes one code: WeChat deletes none.
    """

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        made = format_html('<input type="hidden" name="{}" value="{}">', MADE_UP, qr_codes.new_scene())
        return super().render(*args, **kwargs) + made


@with_answers
class QrCodeForm(AnsweringForm):
    """A QR code, whom it leads to, and what whoever scans it reads."""

    answers = (WELCOME,)
    scene = forms.CharField(
        label=capfirst(_("scene")), max_length=64, required=False, widget=SceneWidget,
        help_text=_("Stands in WeChat's pushes. Empty: one is made up."),
    )  # fmt: skip
    group = forms.ChoiceField(**_words(_("group"), lambda: directory().groups()))
    seat_id = forms.TypedChoiceField(
        coerce=int, empty_value=None, help_text=_("Where this seat is not free, another one of the group serves."),
        **_words(_("seat"), _seats),
    )  # fmt: skip
    mode = forms.ChoiceField(**_words(_("chatbot"), _bots))

    class Meta:
        model = QrCode
        fields = ("name", "account", "kind", "days", "scene", "group", "seat_id", "mode", "opens", "tags")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "account" in self.fields:
            takes = WeChatAccount.objects.exclude(kind=WeChatAccount.Kind.MINI_PROGRAM)
            found = Account.objects.filter(pk__in=takes.values("pk"))
            self.fields["account"].queryset = found  # type: ignore[attr-defined]

    def clean_scene(self) -> str:
        """Return the scene, made up where none is given; of a code that was made elsewhere it must be."""
        scene, kind = self.cleaned_data["scene"].strip(), self.cleaned_data.get("kind")
        if not scene and kind != QrCode.Kind.FOREIGN:
            return self._made_up()
        if not qr_codes.SCENE.fullmatch(scene):
            raise forms.ValidationError(gettext("Write 1 to 64 letters, digits and - _ . : as scene."))
        return scene

    def _made_up(self) -> str:
        made = str(self.data.get(MADE_UP, ""))
        if not qr_codes.SCENE.fullmatch(made):
            return qr_codes.new_scene()
        if QrCode.objects.filter(account=self.cleaned_data.get("account"), scene=made).exists():
            raise forms.ValidationError(
                gettext("This code was made already; it stands in the list. Write a scene to make another one.")
            )
        return made

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("seat_id") and cleaned.get("mode"):
            self.add_error("mode", gettext("Choose either a seat or a chatbot."))
        return cleaned

    def _post_clean(self) -> None:
        # Here the instance has what was entered, and is unique.
        super()._post_clean()  # type: ignore[misc]
        code = self.instance
        if self.errors or code.ticket or code.kind == QrCode.Kind.FOREIGN:
            return
        try:
            order(code)
        except DeliveryError as error:
            self.add_error(None, gettext("WeChat has not made the code: %(reason)s (%(code)s).") % {
                "reason": error.reason, "code": error.code,
            })  # fmt: skip


def order(code: QrCode) -> None:
    """Let WeChat make the code, and write down in the row what it has made. DeliveryError."""
    account = WeChatAccount.objects.get(pk=code.account_id)
    made = qr_codes.make(account, code, clock.now())
    code.ticket, code.url, code.expires_at = made.ticket, made.url, made.expires_at
