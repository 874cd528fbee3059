"""Carries out what changes a conversation itself."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from bridge.apply.scene import Scene, handles
from bridge.conversation import search
from bridge.live.parameters import texts_of
from bridge.models import Conversation, Fact, Message
from bridge.observe import alarms
from bridge.pipeline import actions, surveys
from bridge.pipeline.turn import Watcher
from bridge.values.agents import directory
from bridge.values.content import Text
from bridge.values.incoming import Incoming
from bridge.values.ways import LONGEST

LOW_SCORE = 2
DETAIL, FIRST_WORDS = 64, 20  # characters that are kept of what opened a conversation

logger = logging.getLogger(__name__)


@handles(actions.OpenConversation)
def open_conversation(scene: Scene, action: actions.OpenConversation) -> None:
    """Note as well whether the customer had been here before. Who came by a code counts as having scanned it just now."""
    customer = scene.customer
    scene.opened(
        Conversation.objects.create(
            customer=customer,
            open_for=customer,
            mode=action.mode,
            group=action.group,
            source="scan" if action.came_by else scene.turn.incoming.trigger or "message",
            source_detail=action.came_by or _detail_of(scene.turn.incoming),
            opened_at=scene.now,
        ),
        is_new=True,
    )
    way = action.way or customer.way
    scene.journal.fact(Fact.Kind.OPENED, value=int(scene.turn.recent is not None), detail=way[:LONGEST])


def _detail_of(incoming: Incoming) -> str:
    """Return what the reports tell conversations apart by: a menu's key, a code's scene, else the first words."""
    if key := str(incoming.facts.get("key") or ""):
        return " ".join(key.split())[:DETAIL]
    words = next((content.text for content in incoming.contents if isinstance(content, Text)), "")
    return " ".join(words.split())[:FIRST_WORDS]


@handles(actions.ReopenConversation)
def reopen_conversation(scene: Scene, action: actions.ReopenConversation) -> None:
    """It is nobody's at first: the bot of the mode finds the seat again. What was emptied stays so; what is said now is not."""
    # As it is now: the purge may be at it at this moment.
    conversation = Conversation.objects.select_for_update().get(pk=action.id, customer=scene.customer)
    conversation.open_for = scene.customer
    conversation.status = Conversation.Status.BOT
    conversation.mode, conversation.mode_data = action.mode, {}
    conversation.closed_at, conversation.close_reason, conversation.purged_at = None, "", None
    conversation.asked_since = None
    conversation.reopened += 1
    conversation.reopened_at = scene.now
    conversation.save()
    scene.opened(conversation, is_new=False)
    seat = directory().last_assigned(conversation.pk)
    scene.journal.fact(Fact.Kind.REOPENED, seat_id=seat.id if seat else 0)


@handles(actions.CloseConversation)
def close_conversation(scene: Scene, action: actions.CloseConversation) -> None:
    """Nobody reads along any more, and its context is forgotten after the commit."""
    conversation = scene.conversation
    conversation.status = Conversation.Status.CLOSED
    conversation.open_for = None
    conversation.closed_at = scene.now
    conversation.close_reason = action.reason[:100]
    conversation.watchers = []
    conversation.wake_at = None
    # Nobody waits for an answer any more: should it go on, that begins with what is written then.
    # An answer that is still on its way is counted when it arrives, so `asked_since` stays until it is opened again.
    conversation.unanswered_since = conversation.seat_reminded_at = None
    scene.changed("unanswered_since", "seat_reminded_at")
    scene.changed("status", "open_for", "closed_at", "close_reason", "watchers", "wake_at")
    _record_close(scene)
    scene.closed()


def _record_close(scene: Scene) -> None:
    conversation = scene.conversation
    seat = directory().last_assigned(conversation.pk)
    waited = scene.journal.last(Fact.Kind.WAITED)
    how = "served" if seat else waited.detail if waited else "bot"
    account = scene.account_id
    scene.journal.fact(
        Fact.Kind.CLOSED,
        began_at=conversation.opened_at,
        seat_id=seat.id if seat else 0,
        detail=how,
        working=directory().working_seconds(account, conversation.group, conversation.opened_at, scene.now),
    )


@handles(actions.SwitchMode)
def switch_mode(scene: Scene, action: actions.SwitchMode) -> None:
    """What the mode before kept in its data is gone, and another bot is not woken for it."""
    conversation = scene.conversation
    if action.mode != conversation.mode:
        conversation.wake_at = None
    conversation.mode = action.mode
    conversation.mode_data = dict(action.data)
    if action.group:
        _move_to_group(conversation, action.group)
    scene.changed("mode", "mode_data", "wake_at", "group")


def _move_to_group(conversation: Conversation, group: str) -> None:
    if group in dict(directory().groups()):
        conversation.group = group
    else:
        logger.warning("a chatbot hands conversation %s over to the group %r, which is not there", conversation, group)


@handles(actions.Wake)
def wake(scene: Scene, action: actions.Wake) -> None:
    """The timer finds it when it is due."""
    scene.conversation.wake_at = None if action.after is None else scene.now + action.after
    scene.changed("wake_at")


@handles(actions.MarkRead)
def mark_read(scene: Scene, action: actions.MarkRead) -> None:
    """Up to when its client says so; up to which message its desk shows, which never goes back."""
    conversation = scene.conversation
    conversation.seat_read_at = action.at
    # The client says up to when, the desk up to which message; what was said in the same second counts as read.
    said = conversation.messages.filter(side=Message.Side.CUSTOMER, created_at__lt=action.at + timedelta(seconds=1))
    newest = said.order_by("-pk").values_list("pk", flat=True).first() or 0
    conversation.read_to = max(conversation.read_to, newest)
    scene.changed("seat_read_at", "read_to")


@handles(actions.Reminded)
def reminded(scene: Scene, action: actions.Reminded) -> None:
    """Of one side, until the next message; see the model."""
    field = f"{action.side}_reminded_at"
    setattr(scene.conversation, field, scene.now)
    scene.changed(field)


@handles(actions.Watch)
def watch(scene: Scene, action: actions.Watch) -> None:
    """Those who read along already do so as the action says from now on."""
    others = [one for one in scene.conversation.watchers if one[0] != action.agent.id]
    own = [Watcher(action.agent, action.speaks).to_json()] if action.on else []
    scene.conversation.watchers = [*others, *own]
    scene.changed("watchers")


@handles(actions.Summarize)
def summarize(scene: Scene, action: actions.Summarize) -> None:
    """At most 1000 characters; of this customer's conversations only."""
    mine = Conversation.objects.filter(pk=action.conversation, customer=scene.standing.customer)
    if mine.update(summary=action.text[:1000]):
        search.summarized(action.conversation, action.text[:1000])


@handles(actions.AskScore)
def ask_score(scene: Scene, action: actions.AskScore) -> None:
    """Once per conversation, and only where somebody has answered: else there is nothing to judge."""
    conversation, customer = scene.conversation, scene.customer
    assert customer is not None
    if conversation.surveyed_at or not customer.account.survey:
        return
    if not conversation.messages.filter(side=Message.Side.SEAT).exists():
        return
    if menu := surveys.menu(texts_of(customer.account.texts), conversation.pk):
        conversation.surveyed_at = scene.now
        scene.changed("surveyed_at")
        message = scene.journal.message(menu, Message.Side.SYSTEM, "survey", relayed=True)
        scene.outgoing.to_customer(menu, message, notice=True)
        _record_survey(scene, Fact.Kind.ASKED, conversation)


@handles(actions.Score)
def score(scene: Scene, action: actions.Score) -> Iterable[actions.Action]:
    """Once per conversation, and only where it was asked. A low one is told to the supervisors."""
    asked = Conversation.objects.filter(
        pk=action.conversation, customer=scene.standing.customer, surveyed_at__isnull=False, score=None
    )
    if not asked.update(score=action.value, scored_at=scene.now):
        scene.turn.drop(_("this was asked of somebody else, or answered already"))
        return action.then(actions.Effect.NONE)
    _record_survey(scene, Fact.Kind.SCORED, Conversation.objects.get(pk=action.conversation), value=action.value)
    if action.value <= LOW_SCORE:
        _notify_of_low_score(scene, action)
    return action.then(actions.Effect.DONE)


def _record_survey(scene: Scene, kind: Fact.Kind, conversation: Conversation, value: int | None = None) -> None:
    seat = directory().last_assigned(conversation.pk)
    whose: dict[str, Any] = {
        "conversation_id": conversation.pk,
        "group": conversation.group,
        "source": conversation.source,
    }
    scene.journal.fact(kind, seat_id=seat.id if seat else 0, value=value, **whose)


def _notify_of_low_score(scene: Scene, action: actions.Score) -> None:
    conversation = Conversation.objects.get(pk=action.conversation)
    seat = directory().last_assigned(conversation.pk)
    words = _("Conversation %(id)d with %(customer)s (%(seat)s) was given %(score)d of 5.") % {
        "id": conversation.pk,
        "customer": scene.standing.customer.im_nick if scene.standing.customer else "",
        "seat": seat.name if seat else "-",
        "score": action.value,
    }
    alarms.notify(directory().supervisors(conversation.group), words, scene.post)
