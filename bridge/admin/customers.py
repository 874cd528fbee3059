"""Customers, and what WeChat allows us to write to them."""

from __future__ import annotations

import tempfile

from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.admin.confirm import confirmed
from bridge.admin.exporting import Exported
from bridge.admin.links import conversation_link
from bridge.admin.paging import LongTable
from bridge.admin.resources import CustomerResource
from bridge.admin.serving import served_by
from bridge.backoffice.asking import ask
from bridge.backoffice.found import found
from bridge.backoffice.pages import NarrowAdmin, staff_author, technical, words_of
from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import CommandGiven
from bridge.models import Customer
from bridge.models.endpoints import title_of
from bridge.platforms.customers import came_from
from bridge.platforms.registry import seats_platform
from bridge.privacy import export as privacy
from bridge.values.agents import directory
from bridge.values.outcomes import DeliveryError
from bridge.values.text import short_time
from bridge.values.windows import COUNT, TIME, window_of

SHOWN = 20  # conversations on a customer's page
SHOWN_TAGS = 5  # in a row of the list; the page has all


@admin.register(Customer)
class CustomerAdmin(Exported, LongTable, NarrowAdmin):
    """Customers: their data, their window, export and erasing."""

    resource_classes = (CustomerResource,)
    list_display = ("name", "account", "window", "tag_names", "blocked", "source", "last_message_at", "created_at")
    list_filter = ("account", "tags", ("blocked_at", EmptyFieldListFilter), "subscribed")
    autocomplete_fields = ("tags",)
    actions = ("block_selected", "unblock_selected")
    actions_detail = ("export", "erase")
    search_fields = ("remark", "openid", "unionid", "im_id")
    list_select_related = ("account",)
    ordering = ("-last_message_at",)
    readonly_fields = (
        "account", "conversations", "window_in_words", "blocked_at", "blocked_reason", "others", "subscribed", "source",
        "last_message_at", "created_at", "openid", "unionid", "im_id",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("remark", "tags", *readonly_fields[:10])}),
        technical(*readonly_fields[10:]),
    )

    @admin.display(description=_("came from"), ordering="scene")
    def source(self, customer: Customer) -> str:
        """Where the customer came from, in words."""
        return came_from(customer) or "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # Only the customer's own lane may delete them; see erase.
        return False

    def has_privacy_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("bridge.delete_customer")

    @action(
        description=_("Everything about this customer, as a file"),
        url_path="export",
        icon="download",
        permissions=["privacy"],
    )
    def export(self, request: HttpRequest, object_id: int) -> FileResponse:
        customer = found(Customer.objects.all(), object_id)
        self.log_change(request, customer, gettext("Everything about the customer was exported."))
        file = tempfile.TemporaryFile()  # noqa: SIM115 -- the answer closes it
        privacy.export(customer, file)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"customer-{customer.pk}.zip")

    @action(description=_("Erase this customer"), url_path="erase", icon="person_remove", permissions=["privacy"])
    def erase(self, request: HttpRequest, object_id: int) -> HttpResponse:
        customer = found(Customer.objects.all(), object_id)
        if request.method == "POST" and request.POST.get("confirm") == "yes":
            return self._erase(request, customer)
        question = gettext(
            "Should this customer be erased, with everything that was said and all files? An open conversation is closed. "
            "It cannot be undone. The numbers in the reports stay; they name nobody."
        )
        return ask(self, request, question, [customer], title=gettext("Erase this customer"))

    def _erase(self, request: HttpRequest, customer: Customer) -> HttpResponse:
        # The log names the number alone: what is erased must not live on in it.
        entry = {"user_id": request.user.pk, "action_flag": DELETION, "object_repr": f"#{customer.pk}"}
        LogEntry.objects.create(
            content_type=ContentType.objects.get_for_model(Customer), object_id=str(customer.pk), **entry
        )
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Customer), object_id=str(customer.pk)
        ).update(object_repr=f"#{customer.pk}")
        try:
            privacy.erase(customer)
        except DeliveryError as error:
            said = gettext(
                "%(platform)s still shows the customer's name (%(why)s). Take it away in its console: %(account)s."
            )
            messages.warning(
                request,
                said % {"platform": title_of(seats_platform().name), "why": error.reason, "account": customer.im_id},
            )
        messages.success(request, gettext("The customer is being erased."))
        return redirect("admin:bridge_customer_changelist")

    @admin.display(description=_("customer"), ordering="remark")
    def name(self, customer: Customer) -> str:
        return customer.display_name

    @display(
        description=_("may be written to"),
        label={"open": "success", "low": "warning", COUNT: "danger", TIME: "default", "unknown": "default"},
    )
    def window(self, customer: Customer) -> tuple[str, str]:
        window = window_of(customer)
        why = window.refusal(clock.now())
        if window.until is None:
            return "unknown", gettext("not known yet")
        if why == TIME:
            return TIME, gettext("no: the customer must write first")
        until = short_time(window.until)
        if why == COUNT:
            return COUNT, gettext("no: all messages are used up")
        if window.left is None:
            return "open", gettext("until %s") % until
        said = gettext("%(left)d more until %(until)s") % {"left": window.left, "until": until}
        return ("low" if window.left <= 1 else "open"), said

    @admin.display(description=_("tags"))
    def tag_names(self, customer: Customer) -> str:
        names = [tag.name for tag in customer.tags.all()]
        shown = "、".join(names[:SHOWN_TAGS]) or "-"
        left = len(names) - SHOWN_TAGS
        return gettext("%(names)s and %(left)d more") % {"names": shown, "left": left} if left > 0 else shown

    window_in_words = words_of(window)

    @admin.display(description=_("conversations"))
    def conversations(self, customer: Customer) -> str:
        """The newest of them, each with where it is read."""
        rows = list(customer.conversations.order_by("-pk")[:SHOWN])
        seats = directory().last_of([one.pk for one in rows])
        listed = [
            (
                conversation_link(one.pk),
                timezone.localtime(one.opened_at).strftime("%Y-%m-%d %H:%M"),
                one.get_status_display(),
                served_by(one, seats.get(one.pk)),
            )
            for one in rows
        ]
        return format_html_join(mark_safe("<br>"), "{} · {} · {} · {}", listed) or "-"

    @display(description=_("blocked"), label={"blocked": "danger"})
    def blocked(self, customer: Customer) -> tuple[str, str] | None:
        return ("blocked", gettext("is blocked")) if customer.blocked_at else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return super().get_queryset(request).prefetch_related("tags")

    @action(description=_("Block: close the conversation and take nothing any more"), permissions=["change"])
    @confirmed(
        _("Should these customers be blocked? Their conversations are closed, and nothing of them is taken any more.")
    )
    def block_selected(self, request: HttpRequest, chosen: QuerySet[Customer]) -> None:
        self._command(request, chosen, "block", {"reason": ""})

    @action(description=_("Take messages again"), permissions=["change"])
    def unblock_selected(self, request: HttpRequest, chosen: QuerySet[Customer]) -> None:
        self._command(request, chosen, "unblock", {})

    @staticmethod
    def _command(request: HttpRequest, chosen: QuerySet[Customer], name: str, arguments: dict[str, str]) -> None:
        for customer in chosen:
            storing.post(customer.im_id, CommandGiven(staff_author(request.user), name, arguments))
        messages.success(request, gettext("It is being done; reload the page in a moment."))

    @admin.display(description=_("the same person elsewhere"))
    def others(self, customer: Customer) -> str:
        links = [
            (reverse("admin:bridge_customer_change", args=[other.pk]), other.im_nick)
            for other in customer.same_person()
        ]
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', links) or "-"
