"""What several bots do when a seat has got the conversation."""

from __future__ import annotations

from bridge.actions import Action, RelayBacklog, SendContext, SwitchMode
from bridge.routing import Assigned, Outcome


def handed_over(outcome: Outcome) -> list[Action]:
    """Return what follows once a seat has the conversation: it reads what was said, and what waits for it."""
    if not isinstance(outcome, Assigned):
        return []
    return [SwitchMode("send"), SendContext(outcome.agent), RelayBacklog(outcome.agent)]
