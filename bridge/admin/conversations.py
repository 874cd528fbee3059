"""Conversations and messages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget

from bridge.admin.confirm import confirmed
from bridge.admin.exporting import Exported
from bridge.admin.links import conversation_link, linked
from bridge.admin.naming import group_name, mode_words
from bridge.admin.paging import LatelyFilter, LongTable, SinceFilter
from bridge.admin.resources import ConversationResource
from bridge.admin.serving import SeatColumn, SeatFilter
from bridge.admin.tracing import TraceSearch
from bridge.backoffice.found import found
from bridge.backoffice.pages import LogAdmin, staff_author
from bridge.base import clock
from bridge.conversation.preview import in_words
from bridge.conversation.transcript import author_words, transcript
from bridge.inbox import storing
from bridge.inbox.events import CloseAsked, CommandGiven
from bridge.models import Conversation, InboundEvent, Message
from bridge.platforms.registry import event_words
from bridge.values.agents import directory
from bridge.values.content import Content
from bridge.values.traces import event_of


class _AuthorColumn:
    """A column that says who wrote a message."""

    @admin.display(description=gettext_lazy("author"), ordering="author")
    def author_in_words(self, message: Message) -> str:
        return author_words(message)


class MessageInline(_AuthorColumn, TabularInline):
    """The messages of a conversation, on its page."""

    model = Message
    fields = ("created_at", "side", "author_in_words", "preview")
    readonly_fields = fields
    ordering = ("pk",)
    extra = 0
    hide_title = True
    can_delete = False
    per_page = 50
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ReassignForm(ActionForm):
    """The actions' form, with the group that reassigning needs."""

    target = forms.ChoiceField(label="", required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [("", _("group")), *directory().groups()]


@admin.register(Conversation)
class ConversationAdmin(TraceSearch, SeatColumn, Exported, LongTable, LogAdmin):
    """Conversations: read, reassign, close, re-send."""

    resource_classes = (ConversationResource,)
    list_display = (
        "__str__",
        "customer",
        "account",
        "state",
        "mode_in_words",
        "group_name",
        "seat",
        "messages_count",
        "opened_at",
        "closed_at",
    )
    list_filter = (
        "status", SeatFilter, "customer__account", LatelyFilter.of("group", gettext_lazy("group"), group_name),
        LatelyFilter.of("mode", gettext_lazy("mode"), mode_words), SinceFilter.of("opened_at"),
    )  # fmt: skip
    search_fields = ("customer__remark", "customer__openid", "=id")
    list_select_related = ("customer__account",)
    ordering = ("-pk",)
    inlines = (MessageInline,)
    actions = ("reassign_selected", "close_selected")
    actions_detail = ("transcript", "for_complaints")
    action_form = ReassignForm
    fields = (
        "customer", "status", "mode_in_words", "group_name", "seat", "tag_names", "summary", "score", "unanswered_since", "reopened",
        "opened_at", "closed_at", "close_reason",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        mine = Message.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
        number = Subquery(mine.annotate(number=Count("pk")).values("number"))
        return super().get_queryset(request).annotate(count=Coalesce(number, 0))

    @admin.display(description=gettext_lazy("account"))
    def account(self, conversation: Conversation) -> str:
        return conversation.customer.account.name

    @display(
        description=gettext_lazy("status"),
        label={"bot": "info", "queued": "warning", "assigned": "success", "closed": "default"},
    )
    def state(self, conversation: Conversation) -> tuple[str, str]:
        return conversation.status, conversation.get_status_display()

    @admin.display(description=gettext_lazy("mode"), ordering="mode")
    def mode_in_words(self, conversation: Conversation) -> str:
        return mode_words(conversation.mode)

    @admin.display(description=gettext_lazy("group"), ordering="group")
    def group_name(self, conversation: Conversation) -> str:
        return group_name(conversation.group) or "-"

    @admin.display(description=gettext_lazy("messages"))
    def messages_count(self, conversation: Conversation) -> int:
        return conversation.count  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("tags"))
    def tag_names(self, conversation: Conversation) -> str:
        return "、".join(tag.name for tag in conversation.tags.all()) or "-"

    @action(description=gettext_lazy("Time line"), url_path="transcript", icon="timeline")
    def transcript(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Everything that happened in it, in order."""
        conversation = self._seen(request, object_id)
        title = _("Time line: %s") % conversation.customer.display_name
        trace = request.GET.get("trace", "")
        line = transcript(conversation).of(event_of(trace)) if trace else transcript(conversation)
        shown = {"one": conversation, "transcript": line, "title": title, "trace": trace}
        return render(request, "admin/transcript.html", {**self.admin_site.each_context(request), **shown})

    @action(description=gettext_lazy("Download for complaints"), url_path="download", icon="download")
    def for_complaints(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What customer and business said to each other, as one file that opens anywhere and prints well."""
        conversation = self._seen(request, object_id)
        shown = {"one": conversation, "transcript": transcript(conversation, talk_only=True), "now": clock.now()}
        answer = render(request, "admin/transcript_file.html", shown)
        answer["Content-Disposition"] = f'attachment; filename="conversation-{conversation.pk}.html"'
        return answer

    def _seen(self, request: HttpRequest, object_id: int) -> Conversation:
        if not self.has_view_permission(request):
            raise PermissionDenied
        conversation: Conversation = found(Conversation.objects.select_related("customer__account"), object_id)
        return conversation

    @action(description=gettext_lazy("Give the selected conversations to the group chosen"), permissions=["close"])
    @confirmed(gettext_lazy("Should these conversations be given to the group chosen?"))
    def reassign_selected(self, request: HttpRequest, chosen: QuerySet[Conversation]) -> None:
        target = request.POST.get("target", "")
        if target not in dict(directory().groups()):
            messages.error(request, _("Choose the group beside the action first."))
            return
        open_ones = list(chosen.exclude(status=Conversation.Status.CLOSED))
        for conversation in open_ones:
            command = CommandGiven(staff_author(request.user), "reassign", {"target": target}, conversation.pk)
            storing.post(conversation.customer.im_id, command)
        count = len(open_ones)
        said = ngettext("%d conversation is being given on.", "%d conversations are being given on.", count) % count
        messages.success(request, said)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bridge.change_conversation")

    @action(description=gettext_lazy("Close the selected conversations"), permissions=["close"])
    @confirmed(gettext_lazy("Should these conversations be closed?"))
    def close_selected(self, request: HttpRequest, chosen: QuerySet[Conversation]) -> None:
        open_ones = chosen.exclude(status=Conversation.Status.CLOSED)
        reason = _("closed by %s") % staff_author(request.user).agent.name
        for conversation in open_ones:
            storing.post(conversation.customer.im_id, CloseAsked(reason))
        count = len(open_ones)
        said = ngettext("%d conversation is being closed.", "%d conversations are being closed.", count) % count
        messages.success(request, said)


@admin.register(Message)
class MessageAdmin(TraceSearch, _AuthorColumn, LongTable, LogAdmin):
    """Messages of all conversations, to search and read."""

    list_display = ("preview", "side", "author_in_words", "conversation_link", "customer", "created_at")
    list_filter = ("side", "conversation__customer__account", SinceFilter.of("created_at"))
    search_fields = ("preview", "author")
    list_select_related = ("conversation__customer__account",)
    ordering = ("-pk",)
    fields = ("customer", "conversation_link", "side", "author_in_words", "said", "relayed", "event", "created_at")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("customer"))
    def customer(self, message: Message) -> str:
        return linked(message.conversation.customer)

    @admin.display(description=gettext_lazy("conversation"))
    def conversation_link(self, message: Message) -> str:
        return conversation_link(message.conversation_id)

    @admin.display(description=gettext_lazy("text"))
    def said(self, message: Message) -> str:
        return in_words(Content.from_json(message.content))

    @admin.display(description=gettext_lazy("event"))
    def event(self, message: Message) -> str:
        event = InboundEvent.objects.filter(pk=message.event_id or 0).first()
        if event is None:
            return "-"
        address = reverse("admin:bridge_inboundevent_change", args=[event.pk])
        words = event_words(event.platform, event.kind)
        return format_html('<a class="underline" href="{}">#{} · {}</a>', address, event.pk, words)
