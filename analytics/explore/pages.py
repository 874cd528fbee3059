"""The pages of the questions: the answer, the conversations behind its numbers, and all of them as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from analytics.access import readable_groups
from analytics.delivery import files
from analytics.doors import ways_to
from analytics.explore.answer import Answer, answer
from analytics.explore.dimensions import DIMENSIONS
from analytics.explore.query import MEASURES, Question, behind, conversations
from analytics.facts import rollups
from analytics.metrics.catalogue import METRICS
from analytics.models import ConversationRow
from analytics.pages import drawn_graphs, frame, guarded, presets
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.names import Names
from analytics.reports.query import GROUP, SEAT, Scope
from analytics.reports.scoping import ScopeForm, usual
from analytics.reports.shape import Dashboard
from analytics.tables import facts_file
from bridge.base import clock
from bridge.models import Conversation, Tag

PAGE = 50
SHAPE = Dashboard("explore", gettext_lazy("Questions"), "query_stats", (), (), ("account", "group", "seat"))
ASKED = ("from", "to", "range", "account", "group", "seat", "tag", "rows", "columns", "measure")


def _choice(label: Any, *, required: bool = False) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=required, widget=UnfoldAdminSelectWidget)


class QuestionForm(ScopeForm):
    """The scope, and by what one asks for which number."""

    tag = _choice(gettext_lazy("tag"))
    rows = _choice(gettext_lazy("rows"))
    columns = _choice(gettext_lazy("columns"))
    measure = _choice(gettext_lazy("number"))

    def __init__(self, data: Any, groups: frozenset[str] | None) -> None:
        super().__init__(data, SHAPE, groups)
        by = [(one.name, one.label) for one in DIMENSIONS.values()]
        tags = Tag.objects.filter(of=Tag.Of.CONVERSATION).values_list("name", flat=True)
        choices: dict[str, list[tuple[Any, Any]]] = {
            "tag": [("", _("all tags")), *((name, name) for name in tags)],
            "rows": by,
            "columns": [("", _("none")), *by],
            "measure": [(name, METRICS[name].label) for name in MEASURES],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def question(self) -> Question:
        """Return what is asked; the form must be valid."""
        data = self.cleaned_data
        columns = DIMENSIONS.get(data["columns"]) if data["columns"] != data["rows"] else None
        return Question(self.scope(), DIMENSIONS[data["rows"] or "tag"], columns, data["tag"])


def _asked(request: HttpRequest) -> tuple[QuestionForm, Question]:
    groups = readable_groups(request.user)
    fallback = usual(groups, timezone.localtime(clock.now()).date())
    data = request.GET.copy()
    for name, value in (("rows", "tag"), ("measure", "opened")):
        data.setdefault(name, value)
    if not data.get("range"):
        data.setdefault("from", fallback.first.isoformat())
        data.setdefault("to", fallback.last.isoformat())
    form = QuestionForm(data, groups)
    return form, form.question() if form.is_valid() else Question(fallback, DIMENSIONS["tag"])


def _query(request: HttpRequest) -> str:
    kept = QueryDict(mutable=True)
    for name in ASKED:
        if value := request.GET.get(name):
            kept[name] = value
    return kept.urlencode()


@guarded
def explore(request: HttpRequest) -> HttpResponse:
    """The answer as a page, or with `format=csv` as a file."""
    form, question = _asked(request)
    measure = form.cleaned_data.get("measure") if form.is_valid() else ""
    found = answer(question, measure or "opened")
    if request.GET.get("format") == "csv":
        return files.download(files.as_csv(_rows(found)), f"explore-{question.scope.first}-{question.scope.last}")
    context = {
        **frame(request),
        "title": SHAPE.title,
        "answer": found,
        "question": question,
        "form": form,
        "dashboards": DASHBOARDS.values(),
        "presets": presets(request, timezone.localtime(clock.now()).date()),
        "query": _query(request),
        "drawn": drawn_graphs([found.graph]),
        "until": rollups.newest(),
        "behind": "",
        "saves": "explore",
    }
    return render(request, "reports/explore.html", context)


def _rows(found: Answer) -> Iterator[list[Any]]:
    yield [found.rows, *found.head]
    for line in (*found.lines, found.total):
        yield [line.label, *(cell.value for cell in line.cells)]


@guarded
def listed(request: HttpRequest) -> HttpResponse:
    """The conversations behind one number of an answer, newest first."""
    _form, question = _asked(request)
    metric = METRICS.get(request.GET.get("metric", "opened"))
    limits = behind(metric.name) if metric else None
    rows: list[ConversationRow] = []
    if metric and limits is not None:
        found = conversations(_narrowed(request, question)).filter(limits)
        after = request.GET.get("after", "")
        if re.fullmatch("[0-9]{1,18}", after):
            found = found.filter(conversation_id__lt=int(after))
        rows = list(found.order_by("-conversation_id").distinct()[: PAGE + 1])
    known = Conversation.objects.select_related("customer__account").in_bulk([row.conversation_id for row in rows])
    names = Names.load()
    shown = [
        (row, known.get(row.conversation_id), names.of(GROUP, row.group), names.of(SEAT, row.seat_id)) for row in rows
    ]
    context = {
        **frame(request),
        "title": _("Behind the number: %s") % (metric.label if metric else ""),
        "metric": metric,
        "rows": shown[:PAGE],
        "ways": ways_to(request.user, known),
        "after": rows[PAGE - 1].conversation_id if len(rows) > PAGE else "",
        "query": _here(request),
        "back": f"{reverse('reports-explore')}?{_query(request)}",
        "dashboards": DASHBOARDS.values(),
    }
    return render(request, "reports/listed.html", context)


def _here(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()


def _narrowed(request: HttpRequest, question: Question) -> Question:
    """Return the question limited to the row and the column of a number."""
    only: dict[str, Any] = {}
    for name, dimension in (("row", question.rows), ("column", question.columns)):
        if dimension is not None and name in request.GET:
            try:
                only[dimension.name] = dimension.read(request.GET[name])
            except ValueError:
                continue
    return Question(question.scope, question.rows, question.columns, question.tag, only)


@guarded
def conversations_file(request: HttpRequest) -> StreamingHttpResponse:
    """One row a conversation, as CSV, of the days that are asked for."""
    _form, question = _asked(request)
    scope: Scope = question.scope
    found = StreamingHttpResponse(facts_file.lines(scope), content_type="text/csv; charset=utf-8")
    found["Content-Disposition"] = f'attachment; filename="conversations-{scope.first}-{scope.last}.csv"'
    return found
