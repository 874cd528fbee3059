"""The bridge's pages in the admin, one file a noun."""

from bridge.admin import accounts, conversations, customers, events, exchanges, logins, media, twostep

__all__ = ["accounts", "conversations", "customers", "events", "exchanges", "logins", "media", "twostep"]
