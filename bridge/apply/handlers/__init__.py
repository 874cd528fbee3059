"""Who carries out the bridge's own actions; called by `bridge.apply.scene` inside the event's transaction.

Importing the package registers them all.
"""

from bridge.apply.handlers import (
    broadcasts,
    conversations,
    customers,
    deliveries,
    erasing,
    in_step,
    messages,
    moving,
    templates,
)

__all__ = [
    "broadcasts",
    "conversations",
    "customers",
    "deliveries",
    "erasing",
    "in_step",
    "messages",
    "moving",
    "templates",
]
