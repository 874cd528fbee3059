"""The seats' pages in the admin."""

from seats.admin import groups, hours, pages

__all__ = ["groups", "hours", "pages"]
