"""Carries out the bridge's own actions; called by `bridge.apply` inside the event's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bridge import actions, alarms, context
from bridge.agents import directory
from bridge.apply import Applier, handles
from bridge.content import Content, Notice, Typing
from bridge.models import Conversation, Customer, Delivery, InboundEvent, Message
from bridge.permits import WAITED
from bridge.text import short_time
from bridge.windows import fields_of, window_of


@handles(actions.UpdateCustomer)
def update_customer(applier: Applier, action: actions.UpdateCustomer) -> None:
    if applier.customer is None:
        applier.customer = _new_customer(applier)
    changes: dict[str, object] = {}
    if action.subscribed is not None:
        changes["subscribed"] = action.subscribed
    if action.scene:
        changes["scene"] = action.scene[:100]
    if action.wrote:
        changes["last_message_at"] = applier.now
    if action.grant:
        window = window_of(applier.customer).opened(action.at or applier.now, action.grant)
        changes |= {**fields_of(window), "window_warned_at": None}
    for name, value in changes.items():
        setattr(applier.customer, name, value)
    applier.customer.save(update_fields=list(changes))


def _new_customer(applier: Applier) -> Customer:
    assert applier.turn.account is not None
    return Customer.objects.create(
        account_id=applier.turn.account.id,
        openid=applier.turn.incoming.sender,
        im_id=applier.event.lane,
        created_at=applier.now,
    )


@handles(actions.OpenConversation)
def open_conversation(applier: Applier, action: actions.OpenConversation) -> None:
    assert applier.customer is not None
    applier.opened(
        Conversation.objects.create(
            customer=applier.customer,
            open_for=applier.customer,
            mode=action.mode,
            group=action.group,
            opened_at=applier.now,
        )
    )


@handles(actions.CloseConversation)
def close_conversation(applier: Applier, action: actions.CloseConversation) -> None:
    conversation = applier.conversation
    conversation.status = Conversation.Status.CLOSED
    conversation.open_for = None
    conversation.closed_at = applier.now
    conversation.close_reason = action.reason[:100]
    conversation.save(update_fields=["status", "open_for", "closed_at", "close_reason"])
    applier.closed()


@handles(actions.SwitchMode)
def switch_mode(applier: Applier, action: actions.SwitchMode) -> None:
    applier.conversation.mode = action.mode
    applier.conversation.mode_data = dict(action.data)
    applier.conversation.save(update_fields=["mode", "mode_data"])


@handles(actions.Record)
def record(applier: Applier, action: actions.Record) -> None:
    relayed = action.handled or action.side != Message.Side.CUSTOMER
    applier.log(action.content, action.side, action.author, relayed=relayed)


@handles(actions.Relay)
def relay(applier: Applier, action: actions.Relay) -> None:
    message = applier.log(action.content, action.side, action.author, relayed=True)
    if action.agent:
        applier.to_agent(action.agent, action.content, message)
    else:
        applier.to_customer(action.content, message)


@handles(actions.RelayBacklog)
def relay_backlog(applier: Applier, action: actions.RelayBacklog) -> None:
    waiting = _backlog(applier)
    for message in waiting:
        applier.to_agent(action.agent, Content.from_json(message.content), message)
    Message.objects.filter(pk__in=[message.pk for message in waiting]).update(relayed=True)


def _backlog(applier: Applier) -> list[Message]:
    rows = Message.objects.filter(conversation=applier.conversation, side=Message.Side.CUSTOMER, relayed=False)
    return list(rows.order_by("pk"))


@handles(actions.SendContext)
def send_context(applier: Applier, action: actions.SendContext) -> None:
    assert applier.customer is not None
    # What no seat has been handed yet comes as itself, right after; the context is what was said before.
    waiting = {message.pk for message in _backlog(applier)}
    recalled = context.recall(applier.conversation.pk, applier.customer.display_name)
    lines = [line for line in recalled if line.id not in waiting]
    if lines:
        applier.to_agent(action.agent, Notice(context.digest(lines)))


@handles(actions.Answer)
def answer(applier: Applier, action: actions.Answer) -> None:
    # What the product says of itself (a place in line) is no part of the talk that the next seat should read.
    side = Message.Side.SYSTEM if isinstance(action.content, Notice) else Message.Side.BOT
    message = applier.log(action.content, side, action.author, relayed=True)
    applier.to_customer(action.content, message)


@handles(actions.Notify)
def notify(applier: Applier, action: actions.Notify) -> None:
    message = None
    if applier.has_conversation:
        message = applier.log(Notice(action.text), Message.Side.SYSTEM, action.agent.name, relayed=True)
    applier.to_agent(action.agent, Notice(action.text), message)


@handles(actions.ReleaseHeld)
def release_held(applier: Applier, action: actions.ReleaseHeld) -> None:
    customer = applier.customer
    if customer and customer.has_held:
        held = Delivery.objects.filter(lane=applier.event.lane, state=Delivery.State.HELD)
        held.update(state=Delivery.State.QUEUED, due_at=applier.now, chances=[WAITED])
        customer.has_held = False
        customer.save(update_fields=["has_held"])
        applier.owes = True


@handles(actions.Recall)
def recall(applier: Applier, action: actions.Recall) -> Iterable[actions.Action]:
    """WeChat takes nothing back, so only what has not left yet can be recalled."""
    event = InboundEvent.objects.filter(dedup=action.dedup, lane=applier.event.lane).first()
    waiting = Delivery.objects.filter(
        lane=applier.event.lane,
        direction=Delivery.Direction.CUSTOMER,
        message__event_id=event.pk if event else None,
        state__in=(Delivery.State.QUEUED, Delivery.State.HELD),
    )
    taken = waiting.update(state=Delivery.State.DROPPED, reason=_("recalled by the seat"), finished_at=applier.now)
    return action.then(bool(event and taken))


@handles(actions.MarkRead)
def mark_read(applier: Applier, action: actions.MarkRead) -> None:
    applier.conversation.seat_read_at = action.at
    applier.conversation.save(update_fields=["seat_read_at"])


@handles(actions.ShowTyping)
def show_typing(applier: Applier, action: actions.ShowTyping) -> None:
    applier.to_customer(Typing(action.typing))


@handles(actions.WarnOfWindow)
def warn_of_window(applier: Applier, action: actions.WarnOfWindow) -> Iterable[actions.Action]:
    """Only where the last word is the customer's; once per window."""
    customer, conversation = applier.customer, applier.conversation
    assert customer is not None
    # Until the customer writes again, which opens a new window, there is nothing more to warn of.
    customer.window_warned_at = applier.now
    customer.save(update_fields=["window_warned_at"])
    talk = Message.objects.filter(conversation=conversation, side__in=(Message.Side.CUSTOMER, Message.Side.SEAT))
    last = talk.order_by("-pk").first()
    if last is None or last.side != Message.Side.CUSTOMER or window_of(customer).refusal(applier.now):
        return []
    assert customer.window_until is not None
    words = _("%(name)s waits for an answer; WeChat allows one only until %(until)s.") % {
        "name": customer.im_nick, "until": short_time(customer.window_until),
    }  # fmt: skip
    agent = applier.turn.conversation.agent if applier.turn.conversation else None
    others = [one for one in directory().supervisors(conversation.group) if agent is None or one.id != agent.id]
    alarms.tell(others, words, applier.post)
    return [actions.Notify(agent, words)] if agent else []


@handles(actions.SendDue)
def send_due(applier: Applier, action: actions.SendDue) -> None:
    Delivery.objects.filter(lane=applier.event.lane, state=Delivery.State.QUEUED).update(due_at=applier.now)
    applier.owes = True


RESENDABLE = (Delivery.State.FAILED, Delivery.State.UNKNOWN)


@handles(actions.Resend)
def resend(applier: Applier, action: actions.Resend) -> Iterable[actions.Action]:
    """Send again as new deliveries, behind what already waits, so that the old ones keep their history."""
    again = Delivery.objects.filter(lane=applier.event.lane, state__in=RESENDABLE)
    if action.ids:
        again = again.filter(pk__in=action.ids)
    else:
        again = again.filter(conversation=applier.conversation, direction=Delivery.Direction.CUSTOMER)
    rows = list(again.order_by("pk"))
    for row in rows:
        applier.owe_again(row)
    return action.then(len(rows))
