"""The chatbots in the admin."""

from __future__ import annotations

from django.contrib import admin

from bridge.admin.base import TracedAdmin
from chatbots.models import FaqEntry


@admin.register(FaqEntry)
class FaqEntryAdmin(TracedAdmin):
    list_display = ("keywords", "answer", "account", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("account", "enabled")
    search_fields = ("keywords", "answer")
