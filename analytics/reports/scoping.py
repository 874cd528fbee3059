"""Reading what somebody asks for: days, account, group and seat, out of an address."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from analytics.reports.names import Names
from analytics.reports.query import ACCOUNT, GROUP, SEAT, Scope, has_numbers
from analytics.reports.report import Beside
from analytics.reports.shape import Chart, Dashboard, Split
from bridge.base import clock
from bridge.models.validators import validate_day
from seats.models import SeatGroup

_DIMENSIONS = {"account": ACCOUNT, "group": GROUP, "seat": SEAT}
_NUMBER = re.compile("[0-9]{1,18}")
USUAL_DAYS = 30
MOST_DAYS = 800


def _date_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )


def _choice(label: Any, *, number: bool) -> forms.TypedChoiceField:
    empty: Any = 0 if number else ""
    coerce: Any = int if number else str
    return forms.TypedChoiceField(
        label=label, required=False, widget=UnfoldAdminSelectWidget, coerce=coerce, empty_value=empty
    )


def ranges(today: date) -> dict[str, tuple[Any, date, date]]:
    """Return the usual ranges by the names that they have in addresses: what they are called, first and last day."""
    day, monday = timedelta(days=1), today - timedelta(days=today.weekday())
    return {
        "today": (_("Today"), today, today),
        "yesterday": (_("Yesterday"), today - day, today - day),
        "7": (_("7 days"), today - 6 * day, today),
        "30": (_("30 days"), today - 29 * day, today),
        "90": (_("90 days"), today - 89 * day, today),
        "week": (_("Last week"), monday - 7 * day, monday - day),
        "month": (_("This month"), today.replace(day=1), today),
        "last_month": (_("Last month"), (today.replace(day=1) - day).replace(day=1), today.replace(day=1) - day),
    }


def _with_days(data: Any) -> Any:
    """Return what is asked for with the days of the range that is named, so that the fields show them."""
    chosen = ranges(timezone.localtime(clock.now()).date()).get(str(data.get("range", "")))
    if chosen is None:
        return data
    _label, first, last = chosen
    shown = data.copy()
    shown["from"], shown["to"] = first.isoformat(), last.isoformat()
    return shown


class ScopeForm(forms.Form):
    """From when to when, and of what; fields that the dashboard can't be narrowed by are not there.

    `left_out`: of these, what is asked for all the same, each with what it is called.
    """

    account = _choice(_("account"), number=True)
    group = _choice(_("group"), number=False)
    seat = _choice(_("seat"), number=True)

    def __init__(self, data: Any, dashboard: Dashboard, groups: frozenset[str] | None) -> None:
        super().__init__(_with_days(data))
        self.groups = groups
        self.fields = {"from": _date_field(_("from")), "to": _date_field(_("to")), **self.fields}
        self.names = names = Names.load()
        readable = [(slug, name) for slug, name in names.groups.items() if groups is None or slug in groups]
        seats = sorted(_seats(names, groups).items(), key=lambda one: one[1])
        choices: dict[str, list[tuple[Any, str]]] = {
            "account": [("", gettext("all accounts")), *names.accounts.items()],
            "group": [("", gettext("all groups")), *readable],
            "seat": [("", gettext("all seats")), *seats],
        }
        self.left_out: dict[str, str] = {}
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]
            if name not in dashboard.filters:
                field = self.fields.pop(name)
                if data.get(name):
                    self.left_out[name] = str(field.label)
            elif old := _past(names, name, str(data.get(name) or ""), found, groups):
                self.fields[name].choices = [*found, old]  # type: ignore[attr-defined]
        if any(isinstance(part, Chart | Split) for part in dashboard.parts):
            self.fields["compare"] = _compared(readable, names, dashboard)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._refuse_twice()
        for name in ("from", "to"):
            if day := cleaned.get(name):
                try:
                    validate_day(day)
                except forms.ValidationError as error:
                    self.add_error(name, error)
        if self.errors:
            return cleaned
        today = timezone.localtime(clock.now()).date()
        last = cleaned.get("to") or today
        first = cleaned.get("from") or last - timedelta(days=USUAL_DAYS - 1)
        if first > last:
            self.add_error("to", _("This is before the first day."))
        elif (last - first).days >= MOST_DAYS:
            self.add_error("from", _("At most %d days at once.") % MOST_DAYS)
        return {**cleaned, "from": first, "to": last}

    def _refuse_twice(self) -> None:
        """Of two groups in an address the second one would count, and nobody would be told."""
        if not isinstance(self.data, QueryDict):
            return
        for name in self.fields:
            if len(set(self.data.getlist(name))) > 1:
                self.add_error(name, _("This was asked for more than once, with different values. Choose one."))

    def refusals(self) -> list[str]:
        """Return in words what cannot be asked, and what the dashboard cannot be narrowed by; nothing where all is well."""
        found = [f"{self.fields[name].label}: {' '.join(map(str, errors))}" for name, errors in self.errors.items()]
        if self.left_out:
            what = ", ".join(self.left_out.values())
            found.append(gettext("This report cannot be narrowed by: %(what)s") % {"what": what})
        return found

    def beside(self) -> Beside | None:
        """Return what the charts' lines are compared with; the form must be valid."""
        what, _sep, key = self.cleaned_data.get("compare", "").partition(":")
        scope = self.scope()
        if what == "before":
            back = timedelta(days=scope.days)
            return Beside(replace(scope, first=scope.first - back, last=scope.last - back), gettext("period before"))
        if what in ("group", "account"):
            chosen = dict(self.fields["compare"].choices)[f"{what}:{key}"]  # type: ignore[attr-defined]
            other = replace(scope, account=int(key)) if what == "account" else replace(scope, group=key)
            return Beside(other, str(chosen))
        return None

    def scope(self) -> Scope:
        """Return what is asked for; the form must be valid."""
        data = self.cleaned_data
        narrowed = {name: data[name] for name in ("account", "group", "seat") if name in data}
        return Scope(data["from"], data["to"], groups=self.groups, **narrowed)


def _compared(groups: list[tuple[str, str]], names: Names, dashboard: Dashboard) -> forms.ChoiceField:
    choices: list[tuple[str, str]] = [("", gettext("nothing")), ("before", gettext("period before"))]
    if "group" in dashboard.filters:
        choices += [(f"group:{slug}", name) for slug, name in groups]
    if "account" in dashboard.filters:
        choices += [(f"account:{pk}", name) for pk, name in names.accounts.items()]
    return forms.ChoiceField(
        label=_("compare charts with"), required=False, widget=UnfoldAdminSelectWidget, choices=choices
    )


def _past(
    names: Names, name: str, word: str, offered: list[tuple[Any, str]], groups: frozenset[str] | None
) -> tuple[Any, str] | None:
    """Return the choice for what is asked for and offered no more, but has numbers: deleted, or a seat that has moved."""
    if (
        not word
        or any(word == str(key) for key, _label in offered)
        or (name != "group" and not _NUMBER.fullmatch(word))
    ):
        return None
    dimension, key = _DIMENSIONS[name], word if name == "group" else int(word)
    return (key, names.of(dimension, key)) if has_numbers(dimension, key, groups) else None


def _seats(names: Names, groups: frozenset[str] | None) -> dict[int, str]:
    if groups is None:
        return dict(names.seats)
    members = SeatGroup.objects.filter(slug__in=groups).values_list("seats", flat=True)
    return {pk: names.seats[pk] for pk in members if pk in names.seats}


def usual(groups: frozenset[str] | None, today: date) -> Scope:
    """Return what is shown where nothing in particular is asked for: the last 30 days."""
    return Scope(today - timedelta(days=USUAL_DAYS - 1), today, groups=groups)
