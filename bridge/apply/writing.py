"""Writing: what events bring goes into the database together, at the end of their transaction: a statement a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from bridge.apply.scene import Scene
from bridge.base.inserting import append, insert
from bridge.base.rows import write_columns
from bridge.conversation import changes, context
from bridge.lanes.leases import LeaseLost
from bridge.models import Conversation, Customer, Delivery, Fact, InboundEvent, Message, SearchText
from bridge.models.inbox import LONGEST_REASON
from bridge.values.wording import in_language


def write(scenes: Sequence[Scene]) -> None:
    """Write all that the events have brought, in their order, and finish them.

    Raises: LeaseLost where one of them was finished meanwhile.
    """
    insert(Message, [entry.message for scene in scenes for entry in scene.journal.entries])
    for scene in scenes:
        scene.journal.flushed()
    append(Fact, [fact for scene in scenes for fact in scene.journal.facts])
    append(SearchText, [row for scene in scenes for row in scene.journal.searchable])
    write_columns(
        Conversation, _columns((scene.standing.conversation, scene.conversation_columns()) for scene in scenes)
    )
    write_columns(Customer, _columns((scene.standing.customer, scene.customer_columns()) for scene in scenes))
    append(Delivery, [delivery for scene in scenes for delivery in scene.outgoing.owed])
    _finish(scenes)


def _columns(rows: Iterable[tuple[Conversation | Customer | None, dict[str, Any]]]) -> dict[int, dict[str, Any]]:
    """Return the columns that change by the rows' ids: what a later event sets counts."""
    found: dict[int, dict[str, Any]] = {}
    for row, columns in rows:
        if row is not None and columns:
            found.setdefault(row.pk, {}).update(columns)
    return found


def _finish(scenes: Sequence[Scene]) -> None:
    """End the events, those that end alike in one statement."""
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for scene in scenes:
        alike.setdefault(tuple(_end(scene).items()), []).append(scene.event_id)
    for end, ids in alike.items():
        waiting = InboundEvent.objects.filter(pk__in=ids, state=InboundEvent.State.NEW)
        if waiting.update(finished_at=scenes[-1].now, **dict(end)) < len(ids):
            # Whoever read it before it was finished must not apply it twice.
            raise LeaseLost(scenes[0].lane)


def _end(scene: Scene) -> dict[str, Any]:
    """Return the columns with which the event ends."""
    turn = scene.turn
    state = InboundEvent.State.FILTERED if turn.filtered else InboundEvent.State.DONE
    reason = in_language(turn.filtered or scene.said, turn.language)[:LONGEST_REASON]
    if not turn.names_others:
        return {"state": state, "reason": reason}
    if turn.filtered and turn.command:
        reason = _("a command that was refused; its sender was told why")
    return {"state": state, "reason": reason, "body": ""}


def publish(scenes: Sequence[Scene]) -> None:
    """After the commit: keep the contexts, and tell those who look on."""
    lines: dict[int, list[context.Line]] = {}
    for scene in scenes:
        if (conversation := scene.standing.conversation) and scene.journal.lines:
            lines.setdefault(conversation.pk, []).extend(scene.journal.lines)
    context.remember(lines)
    for scene in scenes:
        for number in scene.journal.closed:
            context.forget(number)
    changes.announce(change for scene in scenes for change in scene.journal.news)
