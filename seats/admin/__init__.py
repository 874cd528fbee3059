"""The seats' pages in the admin."""

from seats.admin import groups, hours, pages, tokens, users

__all__ = ["groups", "hours", "pages", "tokens", "users"]
