"""Carries out what changes a customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bridge.apply.scene import Scene, handles
from bridge.live.endpoints import endpoints
from bridge.models import Conversation, Customer, Fact, Message, Tag
from bridge.models.endpoints import title_of
from bridge.observe import alarms
from bridge.pipeline import actions
from bridge.values import ways
from bridge.values.agents import directory
from bridge.values.text import short_time
from bridge.values.windows import fields_of, window_of


@handles(actions.UpdateCustomer, plain=True)
def update_customer(scene: Scene, action: actions.UpdateCustomer) -> None:
    """The first event of a customer makes them. A permission to write opens their window, or widens the one that is open."""
    customer = scene.standing.customer
    if is_new := customer is None:
        customer = _new_customer(scene)
    changes: dict[str, object] = {}
    follows = action.subscribed
    turns = follows is not None and customer.subscribed is not follows
    if turns:
        changes |= _turned(customer, action, scene.now)
    if action.scene:
        changes["scene"] = action.scene[:100]
    if action.led_by is not None:
        changes["led_by"] = action.led_by[:64]
    if action.wrote:
        changes["last_message_at"] = scene.now
        if customer.invited_to:
            changes["invited_to"] = 0
    if action.grant:
        window = window_of(customer).opened(action.at or scene.now, action.grant)
        changes |= {**fields_of(window), "window_warned_at": None}
    for name, value in changes.items():
        setattr(customer, name, value)
    if is_new:
        customer.save()
        scene.standing = replace(scene.standing, customer=customer)
    else:
        scene.changed_of_customer(*changes)
    if turns:
        _record(scene, Fact.Kind.FOLLOWED if follows else Fact.Kind.UNFOLLOWED, customer.way)


def _turned(customer: Customer, action: actions.UpdateCustomer, now: datetime) -> dict[str, object]:
    """Return what changes of somebody who begins to follow, or stops: where the event does not say how, the platform is asked."""
    if not action.subscribed:
        return {"subscribed": False, "way_asked_since": None}
    way = action.way[: ways.LONGEST]
    return {"subscribed": True, "way": way, "way_asked_since": None if way else now}


def _record(scene: Scene, kind: Fact.Kind, way: str, **facts: Any) -> None:
    """Keep a fact of following: it belongs to no conversation, and so to no group."""
    scene.journal.fact(kind, detail=way, conversation_id=None, group="", source="", **facts)


@handles(actions.LearnWay)
def learn_way(scene: Scene, action: actions.LearnWay) -> None:
    """It counts at the time when they began to follow. Who has stopped, or begun anew since, is left alone."""
    customer = scene.customer
    if customer.way_asked_since == action.since:
        customer.way, customer.way_asked_since = action.way[: ways.LONGEST], None
        scene.changed_of_customer("way", "way_asked_since")
        _record(scene, Fact.Kind.WAY_LEARNED, customer.way, at=action.since)


def _new_customer(scene: Scene) -> Customer:
    """Return the lane's customer, unsaved."""
    assert scene.turn.account is not None
    account = endpoints.account(scene.turn.account.id)
    assert account is not None
    return Customer(account=account, openid=scene.turn.incoming.sender, im_id=scene.lane, created_at=scene.now)


@handles(actions.Block)
def block(scene: Scene, action: actions.Block) -> None:
    """The conversation is closed by other actions; from the next event on nothing opens one."""
    customer = scene.customer
    customer.blocked_at = scene.now if action.on else None
    customer.blocked_reason = action.reason[:200] if action.on else ""
    customer.save(update_fields=["blocked_at", "blocked_reason"])


@handles(actions.Rename)
def rename(scene: Scene, action: actions.Rename) -> None:
    """Seats read the name in their clients with the next delivery."""
    customer = scene.customer
    customer.remark = action.remark
    customer.save(update_fields=["remark"])


@handles(actions.TagWith)
def tag_with(scene: Scene, action: actions.TagWith) -> Iterable[actions.Action]:
    """A tag of customers is put on the customer, one of conversations on the open conversation, else on the last one."""
    tag = Tag.objects.filter(name=action.name.strip()).first()
    if tag is None:
        return action.then(None, list(Tag.objects.values_list("name", flat=True)[:50]))
    bearer = _bearer(scene, tag)
    if bearer is None:
        return action.then(None, [])
    (bearer.tags.add if action.on else bearer.tags.remove)(tag)
    return action.then(tag.name, [])


def _bearer(scene: Scene, tag: Tag) -> Customer | Conversation | None:
    """Return what the tag is put on: the customer, or the conversation, the last one where none is open."""
    if tag.of == Tag.Of.CUSTOMER:
        return scene.customer
    return scene.standing.conversation or scene.customer.conversations.order_by("-pk").first()


@handles(actions.WarnOfWindow)
def warn_of_window(scene: Scene, action: actions.WarnOfWindow) -> Iterable[actions.Action]:
    """Only where the last word is the customer's; once per window."""
    customer, conversation = scene.customer, scene.conversation
    assert customer is not None
    # Until the customer writes again, which opens a new window, there is nothing more to warn of.
    customer.window_warned_at = scene.now
    customer.save(update_fields=["window_warned_at"])
    talk = Message.objects.filter(conversation=conversation, side__in=(Message.Side.CUSTOMER, Message.Side.SEAT))
    last = talk.order_by("-pk").first()
    if last is None or last.side != Message.Side.CUSTOMER or window_of(customer).refusal(scene.now):
        return []
    assert customer.window_until is not None
    words = _("%(name)s waits for an answer; %(platform)s allows one only until %(until)s.") % {
        "name": customer.im_nick, "platform": title_of(customer.account.platform), "until": short_time(customer.window_until),
    }  # fmt: skip
    agent = scene.turn.conversation.agent if scene.turn.conversation else None
    others = [one for one in directory().supervisors(conversation.group) if agent is None or one.id != agent.id]
    alarms.notify(others, words, scene.post)
    return [actions.Notify(agent, words)] if agent else []
