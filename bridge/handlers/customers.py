"""Carries out what changes a customer."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bridge import actions, alarms
from bridge.agents import directory
from bridge.apply import Applier, handles
from bridge.models import Conversation, Customer, Message, Tag
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


@handles(actions.Block)
def block(applier: Applier, action: actions.Block) -> None:
    assert applier.customer is not None
    applier.customer.blocked_at = applier.now if action.on else None
    applier.customer.blocked_reason = action.reason[:200] if action.on else ""
    applier.customer.save(update_fields=["blocked_at", "blocked_reason"])


@handles(actions.Rename)
def rename(applier: Applier, action: actions.Rename) -> None:
    assert applier.customer is not None
    applier.customer.remark = action.remark
    applier.customer.save(update_fields=["remark"])


@handles(actions.TagWith)
def tag_with(applier: Applier, action: actions.TagWith) -> Iterable[actions.Action]:
    assert applier.customer is not None
    tag = Tag.objects.filter(name=action.name.strip()).first()
    if tag is None:
        return action.then(None, list(Tag.objects.values_list("name", flat=True)[:50]))
    bearer = _bearer(applier, tag)
    if bearer is None:
        return action.then(None, [])
    (bearer.tags.add if action.on else bearer.tags.remove)(tag)
    return action.then(tag.name, [])


def _bearer(applier: Applier, tag: Tag) -> Customer | Conversation | None:
    """Return what the tag is put on: the customer, or the conversation, the last one where none is open."""
    assert applier.customer is not None
    if tag.of == Tag.Of.CUSTOMER:
        return applier.customer
    return applier.conversation if applier.has_conversation else applier.customer.conversations.order_by("-pk").first()


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
