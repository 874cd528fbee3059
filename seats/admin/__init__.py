"""The seats' pages in the admin."""

from seats.admin import groups, hours, pages, roles, seats, tokens, users

__all__ = ["groups", "hours", "pages", "roles", "seats", "tokens", "users"]
