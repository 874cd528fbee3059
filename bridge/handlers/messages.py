"""Carries out what is written, relayed and said."""

from __future__ import annotations

from collections.abc import Iterable

from bridge import actions, context
from bridge.agents import Agent
from bridge.apply import Applier, handles
from bridge.content import Content, Notice
from bridge.models import Conversation, Message
from bridge.preview import in_words


@handles(actions.Record)
def record(applier: Applier, action: actions.Record) -> None:
    relayed = action.handled or action.side != Message.Side.CUSTOMER
    applier.log(action.content, action.side, action.author, relayed=relayed)


@handles(actions.Relay)
def relay(applier: Applier, action: actions.Relay) -> None:
    """To the other side, and to whoever reads along."""
    message = applier.log(action.content, action.side, action.author, relayed=True)
    if action.agent:
        applier.to_agent(action.agent, action.content, message)
    else:
        applier.to_customer(action.content, message)
    sender = applier.turn.sender
    if sender and sender.im_id and applier.turn.quiet:
        applier.mirror(sender, action.content, message)
    for agent in _listeners(applier, action.agent):
        said = Notice(f"{action.author}：{in_words(action.content)}") if action.author else action.content
        applier.to_agent(agent, said)


def _listeners(applier: Applier, but: Agent | None) -> list[Agent]:
    """Return the agents in the conversation who have neither written this nor get it anyway."""
    state = applier.turn.conversation
    if state is None:
        return []
    others = state.others(applier.turn.sender)
    return [agent for agent in others if but is None or agent.im_id != but.im_id]


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
    message = None
    if applier.has_conversation:
        message = applier.log(action.content, side, action.author, relayed=True)
    applier.to_customer(action.content, message)


@handles(actions.Notify)
def notify(applier: Applier, action: actions.Notify) -> None:
    message = None
    if applier.has_conversation:
        message = applier.log(Notice(action.text), Message.Side.SYSTEM, action.agent.name, relayed=True)
    applier.to_agent(action.agent, Notice(action.text), message)


@handles(actions.Reply)
def reply(applier: Applier, action: actions.Reply) -> Iterable[actions.Action]:
    """On IM to an agent, as a notice to a customer; whoever reads the answer elsewhere finds it with the event."""
    turn = applier.turn
    if action.refused:
        turn.drop(action.text)
    else:
        applier.said = action.text
    if turn.quiet:
        return []
    if turn.sender:
        return [actions.Notify(turn.sender, action.text)] if turn.sender.im_id else []
    return [actions.Answer(Notice(action.text), "command")] if applier.has_conversation else []


@handles(actions.Whisper)
def whisper(applier: Applier, action: actions.Whisper) -> None:
    applier.log(Notice(action.text), Message.Side.NOTE, action.author.name, relayed=True)
    state = applier.turn.conversation
    for agent in state.others(action.author) if state else []:
        applier.to_agent(agent, Notice(f"【{action.author.name}】{action.text}"))


@handles(actions.PassOn)
def pass_on(applier: Applier, action: actions.PassOn) -> Iterable[actions.Action]:
    found = Conversation.objects.filter(pk__in=action.conversations)
    lanes = dict(found.values_list("pk", "customer__im_id"))
    turn = applier.turn
    given = {"actor": action.actor.to_json(), "site": turn.site, "quiet": turn.quiet, "name": action.name}
    for number in action.conversations:
        if number in lanes:
            facts = {**given, "conversation": number, "arguments": dict(action.arguments)}
            applier.post(lanes[number], "command", facts)
    return action.then([number for number in action.conversations if number not in lanes])
