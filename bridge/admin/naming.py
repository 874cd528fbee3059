"""What stands on the admin's pages for the ids and code words in the tables: names, where there are any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bridge.admin.links import linked
from bridge.live.endpoints import remembered
from bridge.models import Customer, InboundEvent
from bridge.models.endpoints import title_of
from bridge.pipeline.bots import bots
from bridge.platforms.registry import platforms
from bridge.values.agents import directory, im_id_of, seat_name, seat_names
from bridge.values.incoming import INTERNAL

# A list asks for a group's name in each row.
_groups = remembered(lambda _key: dict(directory().groups()))


def group_name(slug: str) -> str:
    """Return what people call the group with this slug; of one that is gone the slug."""
    return (_groups.get() or {}).get(slug, slug)


def mode_words(mode: str) -> str:
    """Return in words who answers in this mode."""
    bot = bots().get(mode)
    return str(bot.label) if bot and bot.label else mode


def platform_words(name: str) -> str:
    """Return what people call the platform; our own events come from the bridge itself."""
    return gettext("the bridge itself") if name == INTERNAL else title_of(name)


def customers_of(lanes: Iterable[str]) -> dict[str, Customer]:
    """Return the customers whose lanes these are, by lane."""
    found = Customer.objects.select_related("account").filter(im_id__in=set(lanes))
    return {customer.im_id: customer for customer in found}


def whose(lane: str, customer: Customer | None, seats: Mapping[str, str] | None = None) -> str:
    """Return whose lane it is: a customer or a seat by name, or nobody's. `seats` are names that are known, by IM account."""
    if customer is not None:
        return customer.display_name
    im_id = im_id_of(lane)
    return gettext("Seat %s") % ((seats or {}).get(im_id) or seat_name(im_id)) if im_id else gettext("nobody's")


class PlatformColumn:
    """A column `platform_name` for rows with a `platform`."""

    @admin.display(description=_("platform"), ordering="platform")
    def platform_name(self, row: Any) -> str:
        return platform_words(row.platform)


class PlatformFilter(admin.SimpleListFilter):
    """Rows by their platform, as people call it."""

    title = _("platform")
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = [*(one.name for one in platforms()), *([INTERNAL] if model_admin.model is InboundEvent else [])]
        return [(name, platform_words(name)) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(platform=self.value()) if self.value() else queryset


class WhoseColumn:
    """A column `whose` for rows with a lane: the customers and seats of a page are asked for at once."""

    lane_field = "lane"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)  # type: ignore[misc]
        lanes = [getattr(row, self.lane_field) for row in found.result_list]
        customers, seats = customers_of(lanes), seat_names(filter(None, map(im_id_of, lanes)))
        for row, lane in zip(found.result_list, lanes, strict=True):
            row.shown_customer, row.shown_seats = customers.get(lane), seats
        return found

    @admin.display(description=_("whose"))
    def whose(self, row: Any) -> str:
        customer = self.customer_of(row)
        return linked(customer) if customer else self.whose_in_words(row)

    @admin.display(description=_("whose"))
    def whose_in_words(self, row: Any) -> str:
        return whose(getattr(row, self.lane_field), self.customer_of(row), getattr(row, "shown_seats", None))

    def customer_of(self, row: Any) -> Customer | None:
        """Return the customer whose lane it is."""
        lane = getattr(row, self.lane_field)
        if not hasattr(row, "shown_customer"):
            row.shown_customer = customers_of([lane]).get(lane)
        return row.shown_customer
