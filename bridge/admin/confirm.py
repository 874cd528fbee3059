"""Bulk actions that ask before they do anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from bridge.backoffice.asking import ask

SHOWN = 10
MOST = 1000  # rows that one action may be about: each is work for a lane
Act = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


def confirmed(question: Any, *, asks_reason: bool = False) -> Callable[[Act], Act]:
    """Let the decorated action ask `question` on a page of its own first; with `asks_reason` also why.

    The reason is then `request.POST["reason"]`, and is never empty.
    """

    def decorate(act: Act) -> Act:
        @wraps(act)
        def asking(admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
            reason = request.POST.get("reason", "").strip()
            if request.POST.get("confirm") == "yes" and (reason or not asks_reason):
                return act(admin, request, chosen.model._default_manager.filter(pk__in=_ids(chosen)))
            return _ask(admin, request, chosen, question, asks_reason=asks_reason)

        return asking

    return decorate


def _ids(chosen: QuerySet[Any]) -> list[Any]:
    return list(chosen.values_list("pk", flat=True)[:MOST])


def _ask(admin: Any, request: HttpRequest, chosen: QuerySet[Any], question: Any, *, asks_reason: bool) -> HttpResponse:
    ids = _ids(chosen)
    kept = [(name, value) for name in ("action", "target") if (value := request.POST.get(name))]
    return ask(
        admin,
        request,
        question,
        chosen.model._default_manager.filter(pk__in=ids[:SHOWN]),
        more=len(ids) - SHOWN,
        cut=len(ids) == MOST,
        most=MOST,
        hidden=[*kept, *((ACTION_CHECKBOX_NAME, pk) for pk in ids)],
        asks_reason=asks_reason,
        missing=asks_reason and request.POST.get("confirm") == "yes",
    )
