"""Keeping filters of lists, and going back to them with a click."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bridge.backoffice.found import numbered
from bridge.models import SavedFilter

MOST = 30  # of one user on one list
_PAGING = ("p", "all", "e")


def of(request: HttpRequest) -> QuerySet[SavedFilter]:
    """Return the filters that the user sees on this list."""
    mine = Q(user=request.user.pk) | Q(shared=True)
    return SavedFilter.objects.filter(mine, path=request.path)


def current(request: HttpRequest) -> str:
    """Return what the list is filtered by now, without the page."""
    query = request.GET.copy()
    for name in _PAGING:
        query.pop(name, None)
    return query.urlencode()


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep a list's filters under a name, or forget one of one's own (`forget`)."""
    path = request.POST.get("path", "")
    if not _is_list(path):
        return HttpResponseBadRequest("path")
    if forget := request.POST.get("forget"):
        numbered(SavedFilter.objects.filter(user=request.user.pk), forget).delete()
        return redirect(path)
    name, query = request.POST.get("name", "").strip()[:50], QueryDict(request.POST.get("query", "")).urlencode()
    mine = SavedFilter.objects.filter(user=request.user.pk, path=path)
    if not name or not query or len(query) > 500:
        messages.error(request, _("Filter the list first, and give the filter a name."))
    elif mine.exclude(name=name).count() >= MOST:
        messages.error(request, _("At most %d filters a list: forget one first.") % MOST)
    else:
        facts = {"query": query, "shared": bool(request.POST.get("shared"))}
        SavedFilter.objects.update_or_create(user_id=int(request.user.pk or 0), path=path, name=name, defaults=facts)
    return redirect(f"{path}?{query}")


def _is_list(path: str) -> bool:
    try:
        return str(resolve(path).url_name).endswith("_changelist")
    except Resolver404:
        return False
