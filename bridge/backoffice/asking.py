"""The page that asks before something is done. A link only opens it; the answer is sent by POST."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

Act = Callable[[Any, HttpRequest, Any], HttpResponse]


def ask(admin: Any, request: HttpRequest, question: Any, rows: Iterable[Any], **more: Any) -> HttpResponse:
    """Return the page that asks `question` about `rows`; `more` is what else its template knows."""
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Are you sure?"),
        "question": question,
        "opts": admin.opts,
        "rows": list(rows),
        **more,
    }
    return TemplateResponse(request, "admin/confirm.html", context)


def asks(question: Any) -> Callable[[Act], Act]:
    """Let the decorated action of one object ask `question` first: a link in a mail or another page changes nothing."""

    def decorate(act: Act) -> Act:
        @wraps(act)
        def asking(admin: Any, request: HttpRequest, object_id: Any) -> HttpResponse:
            if request.method == "POST":
                return act(admin, request, object_id)
            found = admin.get_object(request, str(object_id))
            if found is None:
                raise Http404
            meta = admin.opts
            back = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[found.pk])
            return ask(admin, request, question, [found], back=back)

        return asking

    return decorate
