"""The search above the back office's menu: pages, reports and parameters by the words that people know them by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from config.parameters import SECTIONS

MOST = 30


def search(request: HttpRequest) -> HttpResponse:
    """Answer with what the user may open and every word of `s` stands in; the page says it where there is nothing."""
    words = request.GET.get("s", "").lower().split()
    if not words:
        return HttpResponse()
    every = [*_pages(request), *_parameters(request)]
    found = [one for one in every if all(word in f"{one.title} {one.description}".lower() for word in words)]
    shown = {"results": found[:MOST], "more": len(found) > MOST}
    return TemplateResponse(request, "unfold/helpers/search_results.html", shown, headers={"HX-Trigger": "search"})


def _pages(request: HttpRequest) -> Iterator[SearchResult]:
    site: Any = admin.site
    for group in site.get_sidebar_list(request):
        for item in group["items"]:
            if item["has_permission"]:
                yield SearchResult(str(item["title"]), str(group["title"]), str(item["link"]), item["icon"])


def _parameters(request: HttpRequest) -> Iterator[SearchResult]:
    user: Any = request.user
    if not user.has_perm("constance.view_config"):
        return
    page = reverse("admin:constance_config_changelist")
    for title, ones in SECTIONS:
        for one in ones:
            where = _("Parameters: %(section)s (%(name)s)") % {"section": title, "name": one.name}
            yield SearchResult(one.described(), where, f"{page}?{urlencode({'q': one.name})}", "tune")
