"""Who carries out the bridge's own actions; called by `bridge.apply.scene` inside the event's transaction.

Importing the package registers them all.
"""

from bridge.apply.handlers import conversations, customers, deliveries, erasing, messages, moving

__all__ = ["conversations", "customers", "deliveries", "erasing", "messages", "moving"]
