"""How the API reads JSON: what cannot be worked on is refused as such, whichever view it was sent to."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class TextJSONParser(JSONParser):
    """DRF's, which also refuses what is nested too deep for Python, and half a character: no answer could repeat it."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return what the body says. Raises: ParseError."""
        try:
            data = super().parse(stream, media_type, parser_context)
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError(_("The body is nested too deep.")) from None
        except UnicodeEncodeError:
            raise ParseError(_("The body has half a character in it, which is no text.")) from None
        return data
