"""What several bots do when a seat has got the conversation."""

from __future__ import annotations

from bridge.pipeline.actions import Action, RelayBacklog, SendContext, SwitchMode
from bridge.pipeline.serving import Assigned, Outcome


def handed_over(outcome: Outcome, *, before: int | None = None) -> list[Action]:
    """Return what follows once a seat has the conversation: it reads what was said, and what waits for it.

    `before` is the id of the seat that had the conversation until a moment ago, and has read what was said.
    """
    if not isinstance(outcome, Assigned):
        return []
    context = [] if outcome.agent.id == before else [SendContext(outcome.agent)]
    return [SwitchMode("send"), *context, RelayBacklog(outcome.agent)]
