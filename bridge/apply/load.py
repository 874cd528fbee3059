"""Loads the state that an event meets. All of it belongs to the event's lane, so it cannot change while we hold that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bridge.apply.standing import Standing
from bridge.base import clock
from bridge.base.prepared import Given, Select
from bridge.live.endpoints import endpoints
from bridge.live.parameters import stored, texts_of
from bridge.models import Account, Conversation, Customer, Delivery, InboundEvent, MenuKey, Message, Source
from bridge.pipeline.bots import bots
from bridge.pipeline.turn import (
    AccountState,
    ClosedConversation,
    ConversationState,
    CustomerState,
    EventState,
    Known,
    NotLoadedError,
    SourceState,
    Turn,
    Watcher,
)
from bridge.platforms.registry import get_platform
from bridge.values.agents import Agent, directory
from bridge.values.incoming import INTERNAL
from bridge.values.taps import Tap
from bridge.values.windows import window_of

_LANES: list[Any] = [Given("lanes")]
_CUSTOMERS = Select(Customer.objects.select_related("open_conversation").filter(im_id__in=_LANES))
# The last state of each account, with the row and the site's parameters that it was made of.
_states: dict[int, tuple[Account, Any, AccountState]] = {}


def account_state(row: Account) -> AccountState:
    """Return an account as filters and bots see it; made anew where the row or the site's parameters were read anew."""
    site = stored.get()
    known = _states.get(row.pk)
    if known and known[0] is row and known[1] is site:
        return known[2]
    rules, texts = row.window_rules, texts_of(row.texts)
    rest = (row.opening_keys, texts, row.reopen_minutes, row.bots)
    state = AccountState(row.pk, row.name, row.group, row.first_mode, row.kind, rules, *rest)
    _states[row.pk] = (row, site, state)
    return state


def _conversation(standing: Standing) -> ConversationState | None:
    row, known = standing.conversation, standing.assigned
    if row is None:
        return None
    agent = None
    if row.status == Conversation.Status.ASSIGNED:
        agent = known[row.pk] if row.pk in known else directory().assigned(row.pk)
    times = (row.unanswered_since, row.last_message_at, row.wake_at)
    return ConversationState(row.pk, row.mode, row.group, row.status, row.mode_data, agent, watchers_of(row), *times)


def _customer(row: Customer, now: datetime) -> CustomerState:
    refusal = window_of(row).refusal(now)
    return CustomerState(row.display_name, row.im_id, row.blocked_at is not None, refusal, row.led_by, row.invited_to)


def watchers_of(row: Conversation) -> tuple[Watcher, ...]:
    """Return the supervisors who read the conversation along."""
    return tuple(Watcher.from_json(stored) for stored in row.watchers)


def _recent(customer: Customer) -> ClosedConversation | None:
    row = customer.conversations.order_by("-pk").first()
    if row is None or row.closed_at is None:
        return None
    agent = directory().last_assigned(row.pk)
    return ClosedConversation(row.pk, row.group, row.closed_at, agent, row.surveyed_at, row.score)


def load_standing(lane: str) -> Standing:
    """Return the lane's customer, with the account as a worker remembers it, and their open conversation."""
    return _standing(_CUSTOMERS.first(lanes=[lane]), {})


def load_standings(lanes: Sequence[str]) -> dict[str, Standing]:
    """The same of many lanes, with who has the conversations; lanes that have no customer yet are left out."""
    rows = _CUSTOMERS.all(lanes=lanes)
    open_ = [row.open_conversation.pk for row in rows if hasattr(row, "open_conversation")]
    assigned = directory().assigned_of(open_)
    return {row.im_id: _standing(row, assigned) for row in rows}


def _standing(customer: Customer | None, assigned: Mapping[int, Agent | None]) -> Standing:
    if customer and (account := endpoints.account(customer.account_id)):
        customer.account = account
    # None has no such attribute, nor has a customer without an open conversation.
    return Standing(customer, getattr(customer, "open_conversation", None), assigned)


def load_turn(event: InboundEvent, standing: Standing) -> Turn:
    """Return the turn of `event`, before any filter has seen it."""
    customer = standing.customer
    account = customer.account if customer else None
    if account is None and event.account_id:
        account = endpoints.account(event.account_id)
    now = clock.now()
    conversation = _conversation(standing)
    agent = conversation.agent if conversation else None
    return Turn(
        event=EventState(event.platform, event.kind, event.body, event.lane, event.received_at),
        now=now,
        platform=get_platform(event.platform) if event.platform != INTERNAL else None,
        account=account_state(account) if account else None,
        customer=_customer(customer, now) if customer else None,
        conversation=conversation,
        recent=_recent(customer) if customer and not standing.conversation else None,
        # Most of what seats write is of the one that has the conversation, who need not be looked up again.
        known=Known(agents={agent.im_id: agent} if agent and agent.active else {}),
    )


def is_answering(conversation_id: int) -> bool:
    """Tell whether words of a seat are still to be sent to the customer, and wait for nothing."""
    under_way = (Delivery.State.QUEUED, Delivery.State.SENDING)
    rows = Delivery.objects.filter(conversation_id=conversation_id, direction=Delivery.Direction.CUSTOMER)
    return rows.filter(state__in=under_way, message__side=Message.Side.SEAT).exists()


def _source(turn: Turn, scene: str) -> SourceState | None:
    row = Source.objects.filter(account=turn.account.id if turn.account else None, scene=scene)
    found = row.select_related("welcome").prefetch_related("tags").first()
    if found is None:
        return None
    tags, welcome = tuple(tag.name for tag in found.tags.all()), found.welcome
    said = welcome.said if welcome else None
    return SourceState(found.group, found.seat_id, found.mode, found.opens, tags, said)


def tap_at(account: AccountState | None, key: str) -> Tap | None:
    """Return what a tap on the account's menu item with this key brings about; None where it has no such key."""
    rows = MenuKey.objects.filter(account=account.id if account else None, key=key).select_related("answer")
    row = rows.first()
    return row.tap if row else None


def load(lack: NotLoadedError) -> Any:
    """Return what a decision turned out to need."""
    return _LOAD[lack.where](lack)


_LOAD: dict[str, Callable[[NotLoadedError], Any]] = {
    "agents": lambda lack: directory().find(lack.key),
    "roles": lambda lack: directory().roles(lack.key),
    "bots": lambda lack: bots()[lack.key].load(lack.turn),
    "answering": lambda lack: is_answering(lack.key),
    "sources": lambda lack: _source(lack.turn, lack.key),
    "taps": lambda lack: tap_at(lack.turn.account, lack.key),
}
