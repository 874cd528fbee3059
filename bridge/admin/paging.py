"""Lists of very long tables: nothing is counted to its end, skipped far, or asked of every row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet, prefetch_related_objects
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bridge.base import clock
from bridge.base.rows import first_since

MOST = 10_000  # rows of a list that can be paged through; who wants others narrows the list
LATELY = 2_000  # of the newest rows, whose values a filter offers


class AtLeast(int):
    """So many, and perhaps more."""

    def __str__(self) -> str:
        return f"{int(self):,}+"


class BoundedPaginator(Paginator):
    """Counts up to MOST rows and pages through those: the time it takes does not grow with the table."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        found = rows.order_by().values("pk")[: MOST + 1].count()
        return AtLeast(MOST) if found > MOST else found

    def page(self, number: int | str) -> Page:
        """Return a page: first the ids of its rows, then those rows, then what belongs to them.

        In one query, MySQL begins with the smallest of the joined tables, and so reads all of the largest.
        """
        number = self.validate_number(number)
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        first = (number - 1) * self.per_page
        ids = list(rows.values_list("pk", flat=True)[first : first + self.per_page])
        found = rows.order_by().select_related(None).in_bulk(ids)
        shown = [found[pk] for pk in ids if pk in found]
        if isinstance(related := rows.query.select_related, dict):
            prefetch_related_objects(shown, *_paths(related))
        return Page(shown, number, self)


def _paths(related: dict[str, Any]) -> list[str]:
    """Return the paths that `select_related` was given, such as "customer__account"."""
    return [
        LOOKUP_SEP.join([name, *rest])
        for name, deeper in related.items()
        for rest in ([[p] for p in _paths(deeper)] or [[]])
    ]


class SinceFilter(admin.SimpleListFilter):
    """Rows of the last hour, day, week, month; `field` is the time at which a row is written."""

    title = gettext_lazy("time")
    parameter_name = "since"
    field: ClassVar[str] = ""
    spans: ClassVar[dict[str, timedelta]] = {
        "hour": timedelta(hours=1), "week": timedelta(days=7), "month": timedelta(days=30),
    }  # fmt: skip

    @classmethod
    def of(cls, field: str) -> type[SinceFilter]:
        """Return the filter by this field."""
        return type("SinceFilter", (cls,), {"field": field})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("hour", _("last hour")),
            ("today", _("today")),
            ("week", _("last 7 days")),
            ("month", _("last 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value, now = self.value(), clock.now()
        if value == "today":
            moment = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        elif value in self.spans:
            moment = now - self.spans[value]
        else:
            return queryset
        return queryset.filter(pk__gte=first_since(queryset.model, self.field, moment))


class LatelyFilter(admin.SimpleListFilter):
    """Rows with one of the values that the newest rows have; other values may be written into the address."""

    field: ClassVar[str] = ""
    names: ClassVar[tuple[Callable[[str], str]]] = (str,)

    @classmethod
    def of(cls, field: str, title: Any, words: Callable[[str], str] = str) -> type[LatelyFilter]:
        """Return the filter by this field; `words` says what people call a value."""
        facts = {"field": field, "parameter_name": field, "title": title, "names": (words,)}
        return type("LatelyFilter", (cls,), facts)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = model_admin.model._default_manager.order_by("-pk").values_list(self.field, flat=True)[:LATELY]
        chosen = self.value()
        found = {str(value) for value in newest if value} | ({chosen} if chosen else set())
        return sorted(((value, self.names[0](value)) for value in found), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class LongTable:
    """Mixed into the page of a table that grows without end."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
