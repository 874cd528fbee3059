"""What stands in the files that the lists are exported to."""

from __future__ import annotations

from import_export import fields, resources

from bridge.models import Conversation, Customer, Delivery


class ConversationResource(resources.ModelResource):
    """Conversations without what was said in them."""

    customer = fields.Field(attribute="customer__display_name")
    account = fields.Field(attribute="customer__account__name")

    class Meta:
        model = Conversation
        fields = (
            "id", "account", "customer", "status", "group", "source", "opened_at", "answered_at", "closed_at", "close_reason",
            "score", "reopened", "summary",
        )  # fmt: skip
        export_order = fields


class CustomerResource(resources.ModelResource):
    """Customers, with their ids on WeChat."""

    account = fields.Field(attribute="account__name")
    name = fields.Field(attribute="display_name")

    class Meta:
        model = Customer
        fields = ("id", "account", "name", "openid", "unionid", "subscribed", "scene", "created_at", "last_message_at")
        export_order = fields


class DeliveryResource(resources.ModelResource):
    """Deliveries without what they carry."""

    account = fields.Field(attribute="endpoint__name")

    class Meta:
        model = Delivery
        fields = (
            "id", "direction", "platform", "account", "conversation", "recipient", "state", "attempts", "code", "reason",
            "created_at", "finished_at",
        )  # fmt: skip
        export_order = fields
