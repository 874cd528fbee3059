"""News of notices by template: what became of one, and what a customer accepts."""

from __future__ import annotations

from bridge.pipeline.actions import AcceptTemplate, TemplateCame
from bridge.pipeline.turn import Turn
from bridge.values.wording import gettext as _

# Events of a customer's side. Facts: `notices`, each with `template` and, of what became of one, `id` and `trouble`, else `on`.
CAME, CONSENT = "template_came", "template_consent"
EVENTS = (CAME, CONSENT)


def take_in(turn: Turn) -> None:
    """Write down what the platform says of notices to a customer whom we know."""
    notices = turn.incoming.facts.get("notices", ())
    if turn.customer is None or not notices:
        turn.drop(_("nobody here knows this notice"))
    elif turn.incoming.event == CAME:
        turn.do(*(TemplateCame(one["id"], one["template"], one["trouble"]) for one in notices))
    else:
        turn.do(*(AcceptTemplate(one["template"], one["on"]) for one in notices))
