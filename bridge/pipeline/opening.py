"""How a customer's conversation begins, and how a tap on the account's menu leads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.pipeline.actions import Action, Answer, OpenConversation, Record, ReopenConversation, SwitchMode
from bridge.pipeline.bots import LAST, greeters, known_mode
from bridge.pipeline.turn import AccountState, ConversationState, SourceState, Turn
from bridge.values.content import Content, Signal, Text
from bridge.values.taps import BOT, Tap

AUTHOR = "menu"  # of answers to taps


def opened(turn: Turn, account: AccountState, source: SourceState, came_by: str = "", way: str = "") -> Action:
    """Open a conversation with whom the source names, else with the account's first bot and group."""
    mode = LAST if source.seat else source.mode or greeters(account.bots, account.first_mode)[0]
    group = source.group or account.group
    turn.conversation = ConversationState(None, mode, group, data={"to": source.seat} if source.seat else {})
    return OpenConversation(mode, group, came_by, way)


def reopened(turn: Turn) -> Action | None:
    """A seat's conversation goes on, with the same seat if that can be; None where there is none.

    It was closed a moment ago, or a notice has called the customer back to it.
    """
    recent, account, customer = turn.recent, turn.account, turn.customer
    if recent is None or account is None or recent.agent is None:
        return None
    invited = customer is not None and customer.invited_to == recent.id
    if not invited and turn.now - recent.closed_at >= timedelta(minutes=account.reopen_minutes):
        return None
    turn.conversation = ConversationState(recent.id, LAST, recent.group, data={"to": recent.agent.id})
    return ReopenConversation(recent.id, LAST)


def said_at(turn: Turn, tap: Tap) -> list[Action]:
    """Answer the tap; where a conversation is open, whoever has it reads what was tapped and what was said."""
    seen: list[Action] = [Record(_signal(tap), "customer", handled=True)] if turn.conversation else []
    return [*seen, Answer(tap.answer, AUTHOR)] if tap.answer else seen


def lead(turn: Turn, tap: Tap, account: AccountState) -> None:
    """Lead the customer to the tap's bot or group. Who waits or is served already stays there, and the seat reads of the tap."""
    state, mode = turn.conversation, known_mode(tap.bot) if tap.does == BOT else LAST
    content: Content = Text(tap.words) if tap.does == BOT else _signal(tap)
    if state is None:
        back = reopened(turn) if tap.does != BOT and _same_group(turn, tap) else None
        turn.do(back or opened(turn, account, SourceState(tap.group, mode=mode)))
    elif state.status == "bot":
        turn.conversation = replace(state, mode=mode, group=tap.group or state.group, data={})
        turn.do(SwitchMode(mode, group=tap.group))
    else:
        content = _signal(tap)
    turn.incoming = replace(turn.incoming, event="", contents=(content,))


def _same_group(turn: Turn, tap: Tap) -> bool:
    return turn.recent is not None and tap.group in ("", turn.recent.group)


def _signal(tap: Tap) -> Signal:
    return Signal("click", tap.name)
