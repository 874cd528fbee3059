"""The seats' pages in the admin."""

from seats.admin import groups, hours, pages, tokens

__all__ = ["groups", "hours", "pages", "tokens"]
