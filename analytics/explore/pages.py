"""The pages of the questions: the answer, the conversations behind its numbers, and all of them as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
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
from analytics.metrics.catalogue import DURATION, METRICS
from analytics.metrics.metric import Metric
from analytics.models import ConversationRow
from analytics.pages import drawn_graphs, frame, guarded, presets, refused
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.names import Names
from analytics.reports.query import GROUP, SEAT
from analytics.reports.scoping import ScopeForm, usual
from analytics.reports.shape import Dashboard
from analytics.reports.showing import rounded
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
    is_file = request.GET.get("format") == "csv"
    if is_file and (refusal := refused(form)):
        return refusal
    measure = form.cleaned_data.get("measure") if form.is_valid() else ""
    found = answer(question, measure or "opened")
    if is_file:
        return files.download(files.as_csv(_rows(found)), _file_name("explore", question))
    context = {
        **frame(request),
        "title": SHAPE.title,
        "answer": found,
        "question": question,
        "form": form,
        "dashboards": DASHBOARDS.values(),
        "presets": presets(request, timezone.localtime(clock.now()).date()),
        "query": _query(request),
        "limits": _limits(form, question),
        "drawn": drawn_graphs([found.graph]),
        "until": rollups.newest(),
        "saves": "explore",
    }
    return render(request, "reports/explore.html", context)


def _limits(form: QuestionForm, question: Question) -> list[tuple[str, str]]:
    found = form.names.limits(question.scope)
    return [*found, (_("Tag"), question.tag)] if question.tag else found


def _rows(found: Answer) -> Iterator[list[Any]]:
    yield [found.rows, *found.head]
    for line in (*found.lines, found.total):
        yield [line.label, *(rounded(cell.value, cell.metric.unit) for cell in line.cells)]


@guarded
def listed(request: HttpRequest) -> HttpResponse:
    """The conversations behind one number of an answer, newest first."""
    metric = METRICS.get(request.GET.get("metric", "opened"))
    form, question = _asked(request)
    refusals = form.refusals()
    # Instead of what cannot be asked nothing is listed: all the others would not be behind the number.
    rows = [] if refusals else _rows_behind(request, question, metric)
    known = Conversation.objects.select_related("customer__account").in_bulk([row.conversation_id for row in rows])
    lasting = metric.name.rpartition("_")[0] if metric and metric.unit == DURATION else "first_answer"
    context = {
        **frame(request),
        "title": _("Behind the number: %s") % (metric.label if metric else ""),
        "metric": metric,
        "refusals": refusals,
        "rows": _with_names(rows[:PAGE], known, lasting),
        "lasting": str(METRICS[f"{lasting}_mean"].label).split(" · ", maxsplit=1)[0],
        "ways": ways_to(request.user, known),
        "after": rows[PAGE - 1].conversation_id if len(rows) > PAGE else "",
        "query": _here(request),
        "back": f"{reverse('reports-explore')}?{_query(request)}",
        "dashboards": DASHBOARDS.values(),
    }
    return render(request, "reports/listed.html", context)


def _rows_behind(request: HttpRequest, question: Question, metric: Metric | None) -> list[ConversationRow]:
    """Return the rows of one page, and one more where there are more; none for a number behind which stand no conversations."""
    limits = behind(metric.name) if metric else None
    if limits is None:
        return []
    found = conversations(_narrowed(request, question)).filter(limits)
    after = request.GET.get("after", "")
    if re.fullmatch("[0-9]{1,18}", after):
        found = found.filter(conversation_id__lt=int(after))
    return list(found.order_by("-conversation_id").distinct()[: PAGE + 1])


def _with_names(
    rows: list[ConversationRow], known: Mapping[Any, Conversation], lasting: str
) -> list[tuple[ConversationRow, Conversation | None, str, str, Any]]:
    """Return each row with its conversation, the names of its group and seat, and the time called `lasting`."""
    names = Names.load()
    return [
        (
            row, known.get(row.conversation_id), names.of(GROUP, row.group), names.of(SEAT, row.seat_id),
            getattr(row, lasting),
        )
        for row in rows
    ]  # fmt: skip


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
def conversations_file(request: HttpRequest) -> HttpResponseBase:
    """One row a conversation, as CSV: those that were opened on the days that are asked for, with the tag or any."""
    form, question = _asked(request)
    if refusal := refused(form):
        return refusal
    lines = facts_file.lines(question.scope, question.tag)
    found = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    found["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"{_file_name('conversations', question)}.csv"
    )
    return found


def _file_name(what: str, question: Question) -> str:
    name = files.name_of(what, question.scope)
    return f"{name}-tag-{question.tag}" if question.tag else name
