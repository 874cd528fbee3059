"""Long lists, page by page."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class Newest(CursorPagination):
    """Pages by the id, newest first: nothing is counted, and nothing shifts while new ones come."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        """Return how many a page has. Raises: ValidationError where what is asked for is none from 1 to 200."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not re.fullmatch("[0-9]{1,3}", asked) or not 0 < int(asked) <= self.max_page_size:
            words = _("A number from 1 to %d is expected.") % self.max_page_size
            raise ValidationError({self.page_size_query_param: words})
        return int(asked)

    def decode_cursor(self, request: Request) -> Any:
        """Return where the page begins. Raises: ValidationError where the cursor is none of ours."""
        wrong = ValidationError(
            {self.cursor_query_param: _("Take it from next or previous of an answer, as it stands.")}
        )
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise wrong from None
        position = cursor.position if cursor else None
        if position is not None and not re.fullmatch("[0-9]{1,18}", position):
            raise wrong
        return cursor

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return how the schema describes `limit` and `cursor`."""
        found: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for one in found:
            if one["name"] == self.page_size_query_param:
                one["schema"] |= {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return found
