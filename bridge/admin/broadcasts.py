"""Broadcasts in the admin: written, counted, sent after a question, and stopped."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from bridge.backoffice.asking import ask
from bridge.backoffice.found import found, numbered
from bridge.backoffice.pages import NarrowAdmin
from bridge.base import clock
from bridge.models import Broadcast
from bridge.outbox import broadcasts
from bridge.platforms.registry import get_platform
from bridge.values.content import Text

State = Broadcast.State
SHOWN = 5
FIRST = 60  # characters of the text in the list


class BroadcastForm(forms.ModelForm):
    """A broadcast: what everybody gets as one message, and who they are."""

    class Meta:
        model = Broadcast
        fields = ("account", "tag", "text")
        widgets: ClassVar = {"text": UnfoldAdminTextareaWidget(attrs={"rows": 4})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        lost = self.instance.lost_tag
        if lost and not cleaned.get("tag"):
            words = gettext("The tag “%s” is not there any more. Choose another one, or write it anew for everybody.")
            self.add_error("tag", words % lost)
        account, text = cleaned.get("account"), cleaned.get("text")
        if account and text:
            self._check(len(get_platform(account.platform).render(Text(text))))
        return cleaned

    def _check(self, pieces: int) -> None:
        if not pieces:
            self.add_error("text", gettext("Nothing of this can be shown. Write a text."))
        elif pieces > 1:
            self.add_error("text", gettext("This is too long for one message. Shorten it."))


@admin.register(Broadcast)
class BroadcastAdmin(NarrowAdmin):
    """One text to all customers of an account whose window is open. It is counted first, and can be stopped."""

    form = BroadcastForm
    also_saved = ("tag_name",)
    list_display = ("begins", "account", "shown_state", "given", "refused", "made_by", "started_at")
    list_filter = ("account", "state")
    list_select_related = ("account",)
    fields = (
        "account",
        "tag",
        "text",
        "would_reach",
        "given",
        "not_sent",
        "state",
        "made_by",
        "started_at",
        "ended_at",
    )
    readonly_fields = ("would_reach", "given", "not_sent", "state", "made_by", "started_at", "ended_at")
    actions_detail = ("send", "stop")
    next_step = _(
        "One text to all customers whom WeChat allows a message now. Write one; they are counted before it is sent."
    )

    def has_change_permission(self, request: HttpRequest, obj: Broadcast | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == State.DRAFT)

    def get_fields(self, request: HttpRequest, obj: Broadcast | None = None) -> tuple[str, ...]:
        """Of one that is not saved yet there is nothing to tell, of one that was begun not whom it would reach."""
        if obj is None:
            return BroadcastForm.Meta.fields
        return tuple(one for one in self.fields if one != "would_reach" or obj.state == State.DRAFT)

    def impossible(self, object_id: Any) -> set[str]:
        """A draft can be sent, what is being sent can be stopped."""
        state = numbered(Broadcast.objects.all(), object_id).values_list("state", flat=True).first()
        return {"send", "stop"} - {State.DRAFT.value: {"send"}, State.SENDING.value: {"stop"}}.get(state or "", set())

    def has_begin_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        user: Any = request.user
        return bool(user.has_perm("bridge.change_broadcast"))

    def save_model(self, request: HttpRequest, obj: Broadcast, form: Any, change: bool) -> None:
        user: Any = request.user
        obj.tag_name = obj.tag.name if obj.tag else ""
        obj.made_by = obj.made_by or (user.get_full_name() or user.get_username())[:150]
        super().save_model(request, obj, form, change)

    @display(
        description=_("state"), label={"draft": "default", "sending": "info", "stopped": "warning", "done": "success"}
    )
    def shown_state(self, broadcast: Broadcast) -> tuple[str, str]:
        return broadcast.state, broadcast.get_state_display()

    @admin.display(description=_("text"), ordering="text")
    def begins(self, broadcast: Broadcast) -> str:
        return Truncator(broadcast.text).chars(FIRST)

    @admin.display(description=_("customers it was sent to"), ordering="sent")
    def given(self, broadcast: Broadcast) -> str:
        return f"{broadcast.sent:,}"

    @admin.display(description=_("not sent to"))
    def refused(self, broadcast: Broadcast) -> str:
        return f"{broadcast.refused:,}"

    @admin.display(description=_("not sent to"))
    def not_sent(self, broadcast: Broadcast) -> SafeString | str:
        """To how many, and why: the most common reason first."""
        found = sorted(broadcast.refusals.values(), key=lambda one: -one["count"])
        return format_html_join(mark_safe("<br>"), "{}", ((_why(one),) for one in found)) or "-"

    @admin.display(description=_("would reach now"))
    def would_reach(self, broadcast: Broadcast) -> str:
        if broadcast.pk is None or broadcast.state != State.DRAFT:
            return "-"
        return f"{broadcasts.recipients(broadcast, clock.now()).count():,}"

    @action(description=_("Send it"), url_path="send", icon="send", permissions=["begin"])
    def send(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        broadcast = found(self.get_queryset(request), object_id)
        there = redirect(reverse("admin:bridge_broadcast_change", args=[broadcast.pk]))
        if broadcast.state != State.DRAFT:
            messages.info(request, gettext("This broadcast was begun already."))
            return there
        shown = broadcasts.fingerprint(broadcast)
        if request.POST.get("confirm") != "yes" or request.POST.get("shown") != shown:
            if "confirm" in request.POST:
                messages.warning(
                    request, gettext("It was changed meanwhile. Nothing is sent yet: look at it once more.")
                )
            rows = broadcasts.recipients(broadcast, clock.now())
            count = rows.count()
            if not count:
                messages.info(
                    request, gettext("Nobody would get it now: WeChat allows a message to none of these customers.")
                )
                return there
            words = ngettext(
                "Should %(count)d customer get this? “%(text)s”",
                "Should %(count)d customers get this? “%(text)s”",
                count,
            )
            named = SHOWN if request.user.has_perm("bridge.view_customer") else 0
            said = words % {"count": count, "text": broadcast.text}
            more = count - named if named else 0
            return ask(self, request, said, rows[:named], more=more, hidden=[("shown", shown)], back=there.url)
        if broadcasts.begin(broadcast, clock.now()):
            messages.success(request, gettext("It is being sent. “Stop” lets nobody else get it."))
        else:
            messages.warning(request, gettext("It was changed or begun meanwhile. Look at it once more."))
        return there

    @action(description=_("Stop"), url_path="stop", icon="stop_circle", permissions=["begin"])
    def stop(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        broadcast = found(self.get_queryset(request), object_id)
        if request.method != "POST":
            if broadcast.state == State.SENDING:
                return ask(self, request, gettext("Should nobody else get this?"), [broadcast])
            messages.info(request, gettext("It is not being sent."))
        elif broadcasts.stop(broadcast, clock.now()):
            messages.success(request, gettext("Stopped. Whoever has it keeps it; nobody else gets it."))
        return redirect(reverse("admin:bridge_broadcast_change", args=[broadcast.pk]))


def _why(refusal: dict[str, Any]) -> str:
    said = {"count": f"{refusal['count']:,}", "reason": refusal["reason"], "code": refusal["code"]}
    # A word of ours is no code that anybody looks up.
    return (
        gettext("%(count)s: %(reason)s (%(code)s)" if said["code"].lstrip("-").isdigit() else "%(count)s: %(reason)s")
        % said
    )
