"""Carries out in memory what bots want done. Without database, time-outs and races it is short, and no promise hangs on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from django.utils.timezone import localtime

from bridge.conversation.context import Line, digest
from bridge.conversation.preview import in_words
from bridge.pipeline import actions, surveys
from bridge.pipeline.actions import Action
from bridge.pipeline.turn import CustomerState, Turn, Watcher
from bridge.values.agents import Agent
from bridge.values.content import Content, Notice
from chatbots.testing.world import LANE, Message, PlayedConversation, World

A = TypeVar("A", bound=Action)
Hand = Callable[["Hands", A], Iterable[Action] | None]
_hands: dict[type[Action], Hand[Any]] = {}


def does(action: type[A]) -> Callable[[Hand[A]], Hand[A]]:
    """Register the decorated function as what carries out actions of this class in scripts.

    What is registered for no class is written down in the script's `actions` and has no effect.
    """

    def register(hand: Hand[A]) -> Hand[A]:
        _hands[action] = hand
        return hand

    return register


class Hands:
    """Carries out the actions of one event, each with what follows from it before the next. `done` are all of them."""

    def __init__(self, world: World, turn: Turn) -> None:
        self.world, self.turn = world, turn
        self.done: list[Action] = []

    @property
    def conversation(self) -> PlayedConversation:
        """The open conversation. RuntimeError where none is open: the product would fail too."""
        if self.world.open_conversation is None:
            raise RuntimeError("no conversation is open")
        return self.world.open_conversation

    def run(self, wanted: Iterable[Action]) -> None:
        """Carry out what is wanted."""
        waiting = deque(wanted)
        while waiting:
            action = waiting.popleft()
            self.done.append(action)
            hand = _hands.get(type(action))
            more = hand(self, action) if hand else None
            waiting.extendleft(reversed(list(more or ())))

    def log(self, content: Content, side: str, author: str, *, handed: bool) -> None:
        """Write a message down, and who waits for whom since when."""
        conversation, now = self.conversation, self.world.now
        conversation.log.append(Message(content, side, author, handed, now))
        if side == "customer":
            conversation.unanswered_since = conversation.unanswered_since or now
        if side == "seat":
            conversation.unanswered_since = None
        if side in ("customer", "seat"):
            conversation.last_message_at = now


@does(actions.UpdateCustomer)
def _customer(hands: Hands, action: actions.UpdateCustomer) -> None:
    known = hands.world.customer or CustomerState("customer", LANE)
    hands.world.customer = known if action.led_by is None else replace(known, led_by=action.led_by)


@does(actions.Block)
def _block(hands: Hands, action: actions.Block) -> None:
    assert hands.world.customer is not None
    hands.world.customer = replace(hands.world.customer, blocked=action.on)


@does(actions.Rename)
def _rename(hands: Hands, action: actions.Rename) -> None:
    assert hands.world.customer is not None
    hands.world.customer = replace(hands.world.customer, name=action.remark)


@does(actions.TagWith)
def _tag(hands: Hands, action: actions.TagWith) -> Iterable[Action]:
    known = action.name in hands.world.tags
    return action.then(action.name if known else None, hands.world.tags)


@does(actions.Summarize)
def _summarize(hands: Hands, action: actions.Summarize) -> None:
    if hands.world.conversation and hands.world.conversation.id == action.conversation:
        hands.world.conversation.summary = action.text


@does(actions.OpenConversation)
def _open(hands: Hands, action: actions.OpenConversation) -> None:
    before = hands.world.conversation.id if hands.world.conversation else 0
    hands.world.conversation = PlayedConversation(before + 1, action.mode, action.group)


@does(actions.ReopenConversation)
def _reopen(hands: Hands, action: actions.ReopenConversation) -> None:
    conversation = hands.world.conversation
    assert conversation is not None
    conversation.closed_at, conversation.mode, conversation.status, conversation.data = None, action.mode, "bot", {}


@does(actions.CloseConversation)
def _close(hands: Hands, action: actions.CloseConversation) -> None:
    conversation = hands.conversation
    conversation.closed_at, conversation.close_reason, conversation.watchers = hands.world.now, action.reason, []
    conversation.wake_at = None


@does(actions.SwitchMode)
def _switch(hands: Hands, action: actions.SwitchMode) -> None:
    conversation = hands.conversation
    conversation.wake_at = conversation.wake_at if action.mode == conversation.mode else None
    conversation.mode, conversation.data = action.mode, dict(action.data)
    if action.group in hands.world.groups:
        conversation.group = action.group


@does(actions.Wake)
def _wake(hands: Hands, action: actions.Wake) -> None:
    hands.conversation.wake_at = None if action.after is None else hands.world.now + action.after


@does(actions.AskScore)
def _ask_score(hands: Hands, action: actions.AskScore) -> None:
    conversation = hands.conversation
    asks = hands.world.survey and any(one.side == "seat" for one in conversation.log)
    if asks and conversation.surveyed_at is None and (menu := surveys.menu(hands.world.account.texts, conversation.id)):
        conversation.surveyed_at = hands.world.now
        hands.world.reads("", menu)


@does(actions.Score)
def _score(hands: Hands, action: actions.Score) -> Iterable[Action]:
    conversation = hands.world.conversation
    counts = (
        conversation is not None
        and conversation.id == action.conversation
        and bool(conversation.surveyed_at)
        and conversation.score is None
    )
    if conversation and counts:
        conversation.score = action.value
    return action.then(actions.Effect.DONE if counts else actions.Effect.NONE)


@does(actions.Watch)
def _watch(hands: Hands, action: actions.Watch) -> None:
    others = [one for one in hands.conversation.watchers if one.agent.id != action.agent.id]
    hands.conversation.watchers = [*others, *([Watcher(action.agent, action.speaks)] if action.on else [])]


@does(actions.Record)
def _record(hands: Hands, action: actions.Record) -> None:
    hands.log(action.content, action.side, action.author, handed=action.handled or action.side != "customer")
    if action.side == "customer":
        _read_along(hands, action.content, action.author)


@does(actions.Relay)
def _relay(hands: Hands, action: actions.Relay) -> None:
    hands.log(action.content, action.side, action.author, handed=True)
    hands.world.reads(action.agent.im_id if action.agent else "", action.content)
    _read_along(hands, action.content, action.author, action.agent)


def _read_along(hands: Hands, content: Content, author: str, reader: Agent | None = None) -> None:
    state = hands.turn.conversation
    for agent in state.others(hands.turn.sender, reader) if state else []:
        hands.world.reads(agent.im_id, Notice(f"{author}：{in_words(content)}") if author else content)


@does(actions.RelayBacklog)
def _backlog(hands: Hands, action: actions.RelayBacklog) -> None:
    for message in hands.conversation.log:
        if not message.handed:
            hands.world.reads(action.agent.im_id, message.content)
            message.handed = True


@does(actions.SendContext)
def _context(hands: Hands, action: actions.SendContext) -> None:
    said = [one for one in hands.conversation.log if (one.handed or action.waiting) and one.side != "system"]
    name = hands.world.customer.name if hands.world.customer else ""
    lines = [
        Line(0, f"{localtime(one.at):%H:%M}", name if one.side == "customer" else one.author, in_words(one.content))
        for one in said
    ]
    if lines:
        hands.world.reads(action.agent.im_id, Notice(digest(lines)))


@does(actions.Answer)
def _answer(hands: Hands, action: actions.Answer) -> None:
    if hands.world.open_conversation:
        side = "system" if isinstance(action.content, Notice) else "bot"
        hands.log(action.content, side, action.author, handed=True)
    hands.world.reads("", action.content)
    if not isinstance(action.content, Notice):
        _read_along(hands, action.content, action.author)


@does(actions.Notify)
def _notify(hands: Hands, action: actions.Notify) -> None:
    hands.world.reads(action.agent.im_id, Notice(action.text))


@does(actions.Reply)
def _reply(hands: Hands, action: actions.Reply) -> Iterable[Action]:
    if action.refused:
        hands.turn.drop(action.text)
    if hands.turn.sender:
        return [] if hands.turn.quiet else [actions.Notify(hands.turn.sender, action.text)]
    return [actions.Answer(Notice(action.text), "command")] if hands.world.open_conversation else []


@does(actions.Whisper)
def _whisper(hands: Hands, action: actions.Whisper) -> None:
    hands.log(Notice(action.text), "note", action.author.name, handed=True)
    for agent in hands.conversation.state().others(action.author):
        hands.world.reads(agent.im_id, Notice(f"【{action.author.name}】{action.text}"))


@does(actions.PassOn)
def _pass_on(hands: Hands, action: actions.PassOn) -> Iterable[Action]:
    known = hands.world.conversation.id if hands.world.conversation else 0
    return action.then([number for number in action.conversations if number != known])


@does(actions.Resend)
def _resend(hands: Hands, action: actions.Resend) -> Iterable[Action]:
    return action.then(0)


@does(actions.Recall)
def _recall(hands: Hands, action: actions.Recall) -> Iterable[Action]:
    return action.then(actions.Effect.NONE)


@does(actions.Erase)
def _erase(hands: Hands, action: actions.Erase) -> None:
    hands.world.customer, hands.world.conversation = None, None
