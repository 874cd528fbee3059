"""The back office: the admin theme's site."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class BackOffice(UnfoldAdminSite):
    """The admin theme's site. The list of all its pages is made where it is shown.

    Every page is handed that list, of which it shows nothing: the menu is our own. To make it takes two addresses and four
    permissions for each of the lists, and a query where there may be one row only.
    """

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the list of pages, of one app or of all."""
        made = super().get_app_list
        return SimpleLazyObject(lambda: made(request, app_label))
