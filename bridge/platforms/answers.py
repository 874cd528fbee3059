"""What a platform's answer says of itself, whatever its fields hold."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge.values.foreign import text_of, whole_of
from bridge.values.outcomes import DeliveryError, Outcome

LONGEST = 200  # characters of a platform's own words that are kept


def code_of(answer: Any, name: str) -> int:
    """Return the code in the field `name` of an answer, 0 where it has none.

    DeliveryError where it cannot be read: nobody knows then whether the platform took the call.
    """
    if isinstance(answer, dict):
        value = answer.get(name)
        if value is None or value == "":
            return 0
        code = whole_of(value)
        if code is not None and not isinstance(value, bool):
            return code
    raise DeliveryError("reply", _("the platform's answer cannot be read"), Outcome.UNKNOWN)


def words_of(answer: dict[str, Any], name: str) -> str:
    """Return what an answer says in words."""
    return text_of(answer.get(name))[:LONGEST]
