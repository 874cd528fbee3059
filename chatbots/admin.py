"""The chatbots in the admin."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from chatbots.models import FaqEntry


@admin.register(FaqEntry)
class FaqEntryAdmin(ModelAdmin):
    list_display = ("keywords", "answer", "account", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("account", "enabled")
    search_fields = ("keywords", "answer")
