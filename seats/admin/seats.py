"""Seats in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from bridge.backoffice.pages import NarrowAdmin
from bridge.base import clock
from bridge.inbox import storing
from bridge.values.agents import seat_lane
from seats.admin.new_seat import LOGIN, NewSeatForm, SeatForm
from seats.events import RoomChanged
from seats.models import Seat
from seats.reach import of_user
from seats.routing.records import presence_ended


def _makes_users(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.has_perm("auth.add_user"))


def _sees_users(request: HttpRequest) -> bool:
    return admin.site.get_model_admin(User).has_view_permission(request)


def _hands_over(request: HttpRequest) -> bool:
    """Tell whether who asks may give a seat, with its customers and its chats on IM, to somebody else."""
    return of_user(request.user).site and _sees_users(request)


@admin.register(Seat)
class SeatAdmin(NarrowAdmin):
    """Seats: user, IM account, groups, capacity."""

    form = SeatForm
    list_display = ("name", "im_user_id", "presence", "occupied", "weight", "group_names", "last_assigned_at")
    list_filter = ("online", "availability", "groups")
    search_fields = ("user__username", "user__first_name", "im_user_id")
    autocomplete_fields = ("user",)
    fields = (
        "user",
        "im_user_id",
        "groups",
        "capacity",
        "weight",
        "availability",
        "online",
        "clients",
        "load",
        "presence_at",
        "last_assigned_at",
    )
    readonly_fields = ("online", "clients", "load", "presence_at", "last_assigned_at")
    list_select_related = ("user",)

    def get_fields(self, request: HttpRequest, obj: Seat | None = None) -> Any:
        if obj:
            return self.fields
        own = NewSeatForm.Meta.fields
        return (*LOGIN, *own) if _makes_users(request) else own

    def get_readonly_fields(self, request: HttpRequest, obj: Seat | None = None) -> Any:
        if obj is None:
            return ()
        return self.readonly_fields if _hands_over(request) else ("user", "im_user_id", *self.readonly_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new seat takes a user: one that is made with it, or one out of those that are seen."""
        return super().has_add_permission(request) and (_makes_users(request) or _sees_users(request))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**NewSeatForm.begins_with(request.user), **super().get_changeform_initial_data(request)}

    def get_form(self, request: HttpRequest, obj: Seat | None = None, change: bool = False, **words: Any) -> Any:
        """Offer to make the log-in with a new seat, to whom may make users; the users there are, to whom may see them."""
        with_login = obj is None and _makes_users(request)
        made: Any = super().get_form(request, obj, change, **{**words, **({"form": NewSeatForm} if with_login else {})})
        made.asker = request.user
        if with_login:
            made.base_fields["user"].required = False
        if obj is None and not _sees_users(request):
            # Whether a name is somebody's is no business of theirs: the answer is the same for each.
            made.base_fields["user"].queryset = User.objects.none()
        return made

    def formfield_for_manytomany(self, db_field: Any, request: Any, **words: Any) -> Any:
        """Offer the groups as a list to tick."""
        if db_field.name == "groups":
            words["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **words)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seat]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(
        description=_("presence"),
        label={"open": "success", "busy": "danger", "away": "warning", "offline": "default"},
    )
    def presence(self, seat: Seat) -> tuple[str, str]:
        if seat.presence == "offline":
            return "offline", gettext("offline")
        open_ = seat.availability == Seat.Availability.OPEN
        return seat.availability, gettext("online") if open_ else seat.get_availability_display()

    @admin.display(description=_("name"), ordering="user__first_name")
    def name(self, seat: Seat) -> str:
        return str(seat)

    @admin.display(description=_("clients"))
    def clients(self, seat: Seat) -> str:
        return "、".join(sorted({one.in_words for one in seat.connections.all()})) or "-"

    @admin.display(description=_("load"), ordering="load")
    def occupied(self, seat: Seat) -> str:
        return f"{seat.load} / {seat.capacity}"

    @admin.display(description=_("groups"))
    def group_names(self, seat: Seat) -> str:
        return "、".join(group.name for group in seat.groups.all()) or "-"

    def save_model(self, request: HttpRequest, obj: Seat, form: ModelForm, change: bool) -> None:
        if (made := getattr(form, "made", None)) is not None:
            made.save()
            obj.user = made
        super().save_model(request, obj, form, change)
        if change and "availability" in form.changed_data:
            before, after = form.initial["availability"], obj.availability
            if fact := presence_ended(obj, (obj.online, before), (obj.online, after), clock.now()):
                fact.save()

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # There may be room now that was not: whoever waits hears of it in their own lane.
        im_id = form.instance.im_user_id
        storing.post(seat_lane(im_id), RoomChanged(im_id))
