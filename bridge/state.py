"""Loads the state that an event meets. All of it belongs to the event's lane, so it cannot change while we hold that."""

from __future__ import annotations

from bridge import clock
from bridge.agents import directory
from bridge.endpoints import wechat_accounts
from bridge.models import Conversation, Customer, InboundEvent, WeChatAccount
from bridge.turn import (
    AccountState,
    ClosedConversation,
    ConversationState,
    CustomerState,
    EventState,
    Turn,
    Watcher,
)


def account_state(row: WeChatAccount) -> AccountState:
    """Return an account as filters and bots see it."""
    rules, texts = row.window_rules, row.texts
    rest = (row.opening_keys, texts, row.reopen_minutes, row.bots)
    return AccountState(row.pk, row.name, row.group, row.first_mode, row.kind, rules, *rest)


def _customer(row: Customer) -> CustomerState:
    return CustomerState(row.display_name, row.im_id, blocked=row.blocked_at is not None)


def _conversation(row: Conversation | None) -> ConversationState | None:
    if row is None:
        return None
    agent = directory().assigned(row.pk) if row.status == Conversation.Status.ASSIGNED else None
    silence = (row.unanswered_since, row.last_message_at)
    return ConversationState(row.pk, row.mode, row.group, row.status, row.mode_data, agent, watchers_of(row), *silence)


def watchers_of(row: Conversation) -> tuple[Watcher, ...]:
    """Return the supervisors who read the conversation along."""
    return tuple(Watcher.from_json(stored) for stored in row.watchers)


def _recent(customer: Customer) -> ClosedConversation | None:
    row = customer.conversations.order_by("-pk").first()
    if row is None or row.closed_at is None:
        return None
    agent = directory().last_assigned(row.pk)
    return ClosedConversation(row.pk, row.group, row.closed_at, agent, row.surveyed_at, row.score)


def load_customer(lane: str) -> Customer | None:
    """Return the customer whose lane this is, with the open conversation, and the account as a worker remembers it."""
    customer = Customer.objects.select_related("open_conversation").filter(im_id=lane).first()
    if customer and (account := wechat_accounts.get(str(customer.account_id))):
        customer.account = account
    return customer


def open_conversation(customer: Customer | None) -> Conversation | None:
    """Return the customer's open conversation; None where there is none."""
    return getattr(customer, "open_conversation", None)


def load_turn(event: InboundEvent, customer: Customer | None) -> Turn:
    """Return the turn of `event`, before any filter has seen it."""
    account = customer.account if customer else None
    if account is None and event.account_id:
        account = wechat_accounts.get(str(event.account_id))
    return Turn(
        event=EventState(event.platform, event.kind, event.body, event.lane, event.received_at),
        now=clock.now(),
        account=account_state(account) if account else None,
        customer=_customer(customer) if customer else None,
        conversation=_conversation(open_conversation(customer)),
        recent=_recent(customer) if customer and not open_conversation(customer) else None,
        find_agent=directory().find,
        roles_of=directory().roles,
    )
