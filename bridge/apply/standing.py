"""How a lane stands between two of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.models import Conversation, Customer
from bridge.values.agents import Agent


@dataclass(frozen=True)
class Standing:
    """A lane's customer and the open conversation, None where there is none.

    Nobody else writes these rows while a worker holds the lane, so it reads them once for all events of its turn.
    `assigned`: who has which conversation, as far as that was read for many of them at once.
    """

    customer: Customer | None = None
    conversation: Conversation | None = None
    assigned: Mapping[int, Agent | None] = field(default_factory=dict)
