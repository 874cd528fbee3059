"""How a lane stands between two of its events."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.models import Conversation, Customer


@dataclass(frozen=True)
class Standing:
    """A lane's customer and the open conversation, None where there is none.

    Nobody else writes these rows while a worker holds the lane, so it reads them once for all events of its turn.
    """

    customer: Customer | None = None
    conversation: Conversation | None = None
