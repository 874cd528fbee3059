"""Carries out what changes a conversation itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from bridge import actions, alarms, surveys
from bridge.agents import directory
from bridge.apply import Applier, handles
from bridge.models import Conversation, Fact, Message
from bridge.turn import Watcher

LOW_SCORE = 2


@handles(actions.OpenConversation)
def open_conversation(applier: Applier, action: actions.OpenConversation) -> None:
    assert applier.customer is not None
    applier.opened(
        Conversation.objects.create(
            customer=applier.customer,
            open_for=applier.customer,
            mode=action.mode,
            group=action.group,
            source=applier.turn.incoming.trigger or "message",
            opened_at=applier.now,
        )
    )
    applier.note(Fact.Kind.OPENED, value=int(applier.turn.recent is not None))


@handles(actions.ReopenConversation)
def reopen_conversation(applier: Applier, action: actions.ReopenConversation) -> None:
    conversation = Conversation.objects.get(pk=action.id, customer=applier.customer)
    conversation.open_for = applier.customer
    conversation.status = Conversation.Status.BOT
    conversation.mode, conversation.mode_data = action.mode, {}
    conversation.closed_at, conversation.close_reason = None, ""
    conversation.reopened += 1
    conversation.save()
    applier.opened(conversation)
    applier.note(Fact.Kind.REOPENED)


@handles(actions.CloseConversation)
def close_conversation(applier: Applier, action: actions.CloseConversation) -> None:
    conversation = applier.conversation
    conversation.status = Conversation.Status.CLOSED
    conversation.open_for = None
    conversation.closed_at = applier.now
    conversation.close_reason = action.reason[:100]
    conversation.watchers = []
    conversation.save(update_fields=["status", "open_for", "closed_at", "close_reason", "watchers"])
    _note_close(applier)
    applier.closed()


def _note_close(applier: Applier) -> None:
    conversation = applier.conversation
    seat = directory().last_assigned(conversation.pk)
    waited = applier.noted(Fact.Kind.WAITED)
    how = "served" if seat else waited.detail if waited else "bot"
    account = applier.customer.account_id if applier.customer else None
    applier.note(
        Fact.Kind.CLOSED,
        began_at=conversation.opened_at,
        seat_id=seat.id if seat else 0,
        detail=how,
        working=directory().working_seconds(account, conversation.group, conversation.opened_at, applier.now),
    )


@handles(actions.SwitchMode)
def switch_mode(applier: Applier, action: actions.SwitchMode) -> None:
    applier.conversation.mode = action.mode
    applier.conversation.mode_data = dict(action.data)
    applier.conversation.save(update_fields=["mode", "mode_data"])


@handles(actions.MarkRead)
def mark_read(applier: Applier, action: actions.MarkRead) -> None:
    conversation = applier.conversation
    conversation.seat_read_at = action.at
    # The client says up to when, the desk up to which message; what was said in the same second counts as read.
    said = conversation.messages.filter(side=Message.Side.CUSTOMER, created_at__lt=action.at + timedelta(seconds=1))
    newest = said.order_by("-pk").values_list("pk", flat=True).first() or 0
    conversation.read_to = max(conversation.read_to, newest)
    conversation.save(update_fields=["seat_read_at", "read_to"])


@handles(actions.Reminded)
def reminded(applier: Applier, action: actions.Reminded) -> None:
    field = f"{action.side}_reminded_at"
    setattr(applier.conversation, field, applier.now)
    applier.conversation.save(update_fields=[field])


@handles(actions.Watch)
def watch(applier: Applier, action: actions.Watch) -> None:
    others = [one for one in applier.conversation.watchers if one[0] != action.agent.id]
    own = [Watcher(action.agent, action.speaks).to_json()] if action.on else []
    applier.conversation.watchers = [*others, *own]
    applier.conversation.save(update_fields=["watchers"])


@handles(actions.Summarize)
def summarize(applier: Applier, action: actions.Summarize) -> None:
    mine = Conversation.objects.filter(pk=action.conversation, customer=applier.customer)
    mine.update(summary=action.text[:1000])


@handles(actions.AskScore)
def ask_score(applier: Applier, action: actions.AskScore) -> None:
    """Once per conversation, and only where somebody has answered: else there is nothing to judge."""
    conversation, customer = applier.conversation, applier.customer
    assert customer is not None
    if conversation.surveyed_at or not customer.account.survey:
        return
    if not conversation.messages.filter(side=Message.Side.SEAT).exists():
        return
    if menu := surveys.menu(customer.account.texts, conversation.pk):
        conversation.surveyed_at = applier.now
        conversation.save(update_fields=["surveyed_at"])
        message = applier.log(menu, Message.Side.SYSTEM, "survey", relayed=True)
        applier.to_customer(menu, message, notice=True)
        _note_survey(applier, Fact.Kind.ASKED, conversation)


@handles(actions.Score)
def score(applier: Applier, action: actions.Score) -> Iterable[actions.Action]:
    asked = Conversation.objects.filter(
        pk=action.conversation, customer=applier.customer, surveyed_at__isnull=False, score=None
    )
    counts = bool(asked.update(score=action.value, scored_at=applier.now))
    if counts:
        _note_survey(applier, Fact.Kind.SCORED, Conversation.objects.get(pk=action.conversation), value=action.value)
    if not counts:
        applier.turn.drop(_("this was asked of somebody else, or answered already"))
    elif action.value <= LOW_SCORE:
        _tell_of_low_score(applier, action)
    return action.then(counts)


def _note_survey(applier: Applier, kind: Fact.Kind, conversation: Conversation, value: int | None = None) -> None:
    seat = directory().last_assigned(conversation.pk)
    whose: dict[str, Any] = {
        "conversation_id": conversation.pk,
        "group": conversation.group,
        "source": conversation.source,
    }
    applier.note(kind, seat_id=seat.id if seat else 0, value=value, **whose)


def _tell_of_low_score(applier: Applier, action: actions.Score) -> None:
    conversation = Conversation.objects.get(pk=action.conversation)
    seat = directory().last_assigned(conversation.pk)
    words = _("Conversation %(id)d with %(customer)s (%(seat)s) was given %(score)d of 5.") % {
        "id": conversation.pk,
        "customer": applier.customer.im_nick if applier.customer else "",
        "seat": seat.name if seat else "-",
        "score": action.value,
    }
    alarms.tell(directory().supervisors(conversation.group), words, applier.post)
