"""The bridge's pages in the admin, one file a noun. Those of endpoints stand in their platforms' folders."""

from bridge.admin import broadcasts, conversations, customers, deliveries, events, exchanges, logins, media, twostep
from bridge.platforms.registry import import_parts

__all__ = [
    "broadcasts",
    "conversations",
    "customers",
    "deliveries",
    "events",
    "exchanges",
    "logins",
    "media",
    "twostep",
]

import_parts("admin")
