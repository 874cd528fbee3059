"""Customers."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from bridge.models import Customer


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    list_display = ("display_name", "account", "subscribed", "scene", "last_message_at", "created_at")
    list_filter = ("account", "subscribed", "last_message_at")
    search_fields = ("remark", "openid", "unionid", "im_id")
    list_select_related = ("account",)
    ordering = ("-last_message_at",)
    fields = (
        "remark", "account", "openid", "unionid", "im_id", "subscribed", "scene", "last_message_at", "created_at",
    )  # fmt: skip
    readonly_fields = fields[1:]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
