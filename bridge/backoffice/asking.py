"""The page that asks before something is done. A link only opens it; the answer is sent by POST."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bridge.backoffice.found import found
from bridge.models import Customer

Act = Callable[..., HttpResponse]  # of a page, a request and, where it is about one object, that one's id


def ask(admin: Any, request: HttpRequest, question: Any, rows: Iterable[Any], **more: Any) -> HttpResponse:
    """Return the page that asks `question` about `rows`; `more` is what else its template knows."""
    shown = list(rows)
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Are you sure?"),
        "question": question,
        "opts": admin.opts,
        "rows": shown,
        "of_people": any(isinstance(row, Customer) for row in shown),
        **more,
    }
    return TemplateResponse(request, "admin/confirm.html", context)


def asks(question: Any) -> Callable[[Act], Act]:
    """Let the decorated action, of one object or of a list, ask `question` first: a link in a mail changes nothing."""

    def decorate(act: Act) -> Act:
        @wraps(act)
        def asking(admin: Any, request: HttpRequest, object_id: Any = None) -> HttpResponse:
            about = () if object_id is None else (object_id,)
            if request.method == "POST":
                return act(admin, request, *about)
            rows = [found(admin.get_queryset(request), one) for one in about]
            page = "change" if rows else "changelist"
            back = reverse(
                f"admin:{admin.opts.app_label}_{admin.opts.model_name}_{page}", args=[one.pk for one in rows]
            )
            return ask(admin, request, question, rows, back=back)

        return asking

    return decorate
