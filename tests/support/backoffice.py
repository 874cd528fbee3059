"""The back office's lists, by the names that stand in their addresses."""

from __future__ import annotations

from django.contrib import admin

import config.urls  # noqa: F401  loads the admin's pages

# Parameters are no rows of a table, and have a page of their own; echo is the tests' platform.
MODELS = {
    f"{one._meta.app_label}_{one._meta.model_name}": one
    for one in admin.site._registry
    if one._meta.app_label not in ("constance", "echo")
}
PAGES = sorted(MODELS)
