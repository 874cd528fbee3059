"""Carries out what is written, relayed and said."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from bridge.apply.scene import Scene, handles
from bridge.conversation import context
from bridge.conversation.preview import in_words
from bridge.inbox.events import CommandGiven
from bridge.models import Conversation, Message
from bridge.pipeline import actions
from bridge.values.agents import Agent, directory
from bridge.values.content import Content, Notice


@handles(actions.Record, plain=True)
def record(scene: Scene, action: actions.Record) -> None:
    """A customer's message waits in the log for the seat that gets the conversation, unless it was handled."""
    customers = action.side == Message.Side.CUSTOMER
    scene.journal.message(action.content, action.side, action.author, relayed=action.handled or not customers)
    if customers:
        _read_along(scene, action.content, action.author)


@handles(actions.Relay, plain=True)
def relay(scene: Scene, action: actions.Relay) -> None:
    """To the other side, and to whoever reads along."""
    message = scene.journal.message(action.content, action.side, action.author, relayed=True)
    if action.agent:
        scene.outgoing.to_agent(action.agent, action.content, message)
    else:
        scene.outgoing.to_customer(action.content, message)
    sender = scene.turn.sender
    if sender and sender.im_id and scene.turn.quiet:
        scene.outgoing.mirror(sender, action.content, message)
    _read_along(scene, action.content, action.author, action.agent)


def _read_along(scene: Scene, content: Content, author: str, reader: Agent | None = None) -> None:
    """Send what was said to all agents in the conversation but who said it, and but `reader`, who gets it as it is."""
    state = scene.turn.conversation
    for agent in state.others(scene.turn.sender, reader) if state else ():
        said = Notice(f"{author}：{in_words(content)}") if author else content
        scene.outgoing.to_agent(agent, said)


@handles(actions.RelayBacklog)
def relay_backlog(scene: Scene, action: actions.RelayBacklog) -> None:
    """Each as a delivery of its own, in order; after that they count as handed over."""
    waiting = list(_backlog(scene).order_by("pk"))
    for message in waiting:
        scene.outgoing.to_agent(action.agent, Content.from_json(message.content), message)
    if waiting:
        Message.objects.filter(pk__in=[message.pk for message in waiting]).update(relayed=True)


def _backlog(scene: Scene) -> QuerySet[Message]:
    return Message.objects.filter(conversation=scene.conversation, side=Message.Side.CUSTOMER, relayed=False)


@handles(actions.SendContext)
def send_context(scene: Scene, action: actions.SendContext) -> None:
    """One message of at most CONTEXT_LENGTH lines, as the conversation was before; nothing where nothing was said."""
    if scene.is_new:
        return
    waiting = set() if action.waiting else set(_backlog(scene).values_list("pk", flat=True))
    lines = [line for line in context.recall(scene.conversation.pk, scene.customer) if line.id not in waiting]
    if lines:
        scene.outgoing.to_agent(action.agent, Notice(context.digest(lines)))


@handles(actions.Answer, plain=True)
def answer(scene: Scene, action: actions.Answer) -> None:
    # What the product says of itself (a place in line) is no part of what the next seat should read.
    """With no conversation open it is sent all the same, and stands in no log. It may be the passive reply to the push."""
    side = Message.Side.SYSTEM if isinstance(action.content, Notice) else Message.Side.BOT
    message = None
    if scene.standing.conversation:
        message = scene.journal.message(action.content, side, action.author, relayed=True)
    scene.outgoing.to_customer(action.content, message, passive_for=scene.push)
    if side == Message.Side.BOT:
        _read_along(scene, action.content, action.author)


@handles(actions.Notify, plain=True)
def notify(scene: Scene, action: actions.Notify) -> None:
    """It stands in the log of the open conversation as the product's own word, unless it answers one whose it is not."""
    message = None
    if scene.standing.conversation and not _is_stranger(scene, action.agent):
        message = scene.journal.message(Notice(action.text), Message.Side.SYSTEM, action.agent.name, relayed=True)
    scene.outgoing.to_agent(action.agent, Notice(action.text), message, kept=not scene.turn.names_others)


def _is_stranger(scene: Scene, agent: Agent) -> bool:
    """Tell whether the agent is who wrote this, and neither has the conversation, nor reads it along, nor oversees it."""
    turn, state = scene.turn, scene.turn.conversation
    if turn.sender is None or turn.sender.id != agent.id or state is None:
        return False
    own = agent.id in [one.id for one in state.others(None)]
    return not own and not turn.site and not directory().roles(agent.id).oversees(state.group)


@handles(actions.Reply)
def reply(scene: Scene, action: actions.Reply) -> Iterable[actions.Action]:
    """On IM to an agent, as a notice to a customer; whoever reads the answer elsewhere finds it with the event.

    What an agent reads on IM may name other customers, so it stands neither in the log nor with the event.
    """
    turn = scene.turn
    if action.refused:
        turn.drop(action.text)
    elif turn.quiet or not turn.sender:
        scene.said = action.text
    if turn.quiet:
        return []
    if turn.sender:
        if turn.sender.im_id:
            scene.outgoing.to_agent(turn.sender, Notice(action.text), kept=False)
        return []
    return [actions.Answer(Notice(action.text), "command")] if scene.standing.conversation else []


@handles(actions.Whisper)
def whisper(scene: Scene, action: actions.Whisper) -> None:
    """It stands in the log as a note, and goes to each of them as a notice."""
    scene.journal.message(Notice(action.text), Message.Side.NOTE, action.author.name, relayed=True)
    state = scene.turn.conversation
    for agent in state.others(action.author) if state else []:
        scene.outgoing.to_agent(agent, Notice(f"【{action.author.name}】{action.text}"))


@handles(actions.PassOn)
def pass_on(scene: Scene, action: actions.PassOn) -> Iterable[actions.Action]:
    """Each lane decides on its own whether the sender may give it the command."""
    found = Conversation.objects.filter(pk__in=action.conversations)
    lanes = dict(found.values_list("pk", "customer__im_id"))
    author = scene.turn.author
    for number in action.conversations:
        if number in lanes:
            scene.post(lanes[number], CommandGiven(author, action.name, action.arguments, number))
    return action.then([number for number in action.conversations if number not in lanes])
