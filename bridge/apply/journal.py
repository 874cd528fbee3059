"""The journal: records what an event brings, in the message log and for the reports, and how long people are silent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.conversation import changes, context, search
from bridge.conversation.preview import in_words
from bridge.models import Conversation, Fact, Message, SearchText
from bridge.values.content import Content, Signal

if TYPE_CHECKING:
    from bridge.apply.scene import Scene

_COUNTED = {Message.Side.CUSTOMER.value: Fact.Kind.RECEIVED, Message.Side.BOT.value: Fact.Kind.BOT}


@dataclass
class Journal:
    """Messages are written at once, as others point to them; all else with `write`, or with `publish` after the commit."""

    _scene: Scene
    _facts: list[Fact] = field(default_factory=list)
    _bot_answered: bool = False
    _changes: list[changes.Change] = field(default_factory=list)
    _lines: list[context.Line] = field(default_factory=list)
    _searchable: list[SearchText] = field(default_factory=list)
    _closed: list[int] = field(default_factory=list)

    def message(self, content: Content, side: str, author: str, *, relayed: bool) -> Message:
        """Write a message to the log of the open conversation. `relayed`: a seat need not be handed it any more."""
        scene, words = self._scene, in_words(content)
        conversation, sender = scene.conversation, scene.turn.sender
        message = Message.objects.create(
            conversation=conversation,
            side=side,
            author=author,
            seat_id=sender.id if sender and side == Message.Side.SEAT else None,
            content=content.to_json(),
            preview=words[:200],
            relayed=relayed,
            event_id=scene.event_id,
            created_at=scene.now,
        )
        self._changes.append(changes.Change(conversation.pk, (message.pk,)))
        counts = not isinstance(content, Signal)
        if counts:
            self._count(side)
        if side in (Message.Side.CUSTOMER, Message.Side.SEAT):
            self._break_silence(message, asks=counts)
        self._bot_answered = self._bot_answered or side == Message.Side.BOT
        if side != Message.Side.SYSTEM:
            self._searchable += search.of_message(message, content)
            self._lines.append(context.line_of(message, words, scene.customer))
        return message

    def _count(self, side: str) -> None:
        """Count a message for the reports. Whether a seat's is an answer is known once it arrives: see `bridge.outbox.answers`."""
        turn = self._scene.turn
        if side == Message.Side.SEAT:
            self.fact(Fact.Kind.ANSWERED, seat_id=turn.sender.id if turn.sender else 0)
        elif kind := _COUNTED.get(side):
            agent = turn.conversation.agent if turn.conversation else None
            self.fact(kind, seat_id=agent.id if agent else 0)

    def _break_silence(self, message: Message, *, asks: bool) -> None:
        """Customer or seat has said something. `asks`: of a customer, it is a message that wants an answer, and no signal."""
        scene = self._scene
        conversation, now = scene.conversation, scene.now
        if message.side == Message.Side.CUSTOMER:
            conversation.unanswered_since = conversation.unanswered_since or now
            conversation.asked_since = conversation.asked_since or (now if asks else None)
            conversation.seat_reminded_at = None
            scene.changed("unanswered_since", "seat_reminded_at")
        else:
            # A seat that answers has read what was there. The customer waits until it arrives: see `bridge.outbox.answers`.
            conversation.read_to = message.pk
            scene.changed("read_to")
        conversation.last_message_at = now
        conversation.customer_reminded_at = None
        scene.changed("asked_since", "last_message_at", "customer_reminded_at")

    def fact(self, kind: Fact.Kind, *, began_at: datetime | None = None, **facts: Any) -> None:
        """Keep that this happened just now, in the open conversation if there is one; see the model for `facts`.

        `began_at`: when what ends with it began.
        """
        scene = self._scene
        own: dict[str, Any] = {"account_id": scene.standing.customer.account_id} if scene.standing.customer else {}
        if conversation := scene.standing.conversation:
            own |= {"conversation_id": conversation.pk, "group": conversation.group, "source": conversation.source}
        if began_at:
            own |= {"began_at": began_at, "seconds": max(0.0, (scene.now - began_at).total_seconds())}
        self._facts.append(Fact(kind=kind, at=scene.now, **{**own, **facts}))

    def add(self, fact: Fact) -> None:
        """Keep a fact that is complete already."""
        self._facts.append(fact)

    def last(self, kind: Fact.Kind) -> Fact | None:
        """Return the last fact of this kind that this event has brought."""
        return next((fact for fact in reversed(self._facts) if fact.kind == kind), None)

    def moved(self, before: Conversation | None) -> None:
        """The open conversation stands elsewhere now, or `before`, which was open; with none open, the last one does."""
        recent = self._scene.turn.recent
        current = self._scene.standing.conversation or before
        if number := current.pk if current else recent.id if recent else 0:
            self._changes.append(changes.Change(number, moved=True))

    def seat_changed(self, seat: int) -> None:
        """The seat with this id is there, away or busy otherwise than before: its desks show it."""
        self._changes.append(changes.Change(0, seat=seat))

    def forget(self, conversation: int) -> None:
        """A closed conversation needs no context for its next seat."""
        self._closed.append(conversation)

    def forget_lines(self) -> None:
        """What was said is erased, so it is no context either."""
        self._lines = []
        self._searchable = []

    def write(self) -> None:
        """Write the facts; a bot's answer ends the silence."""
        conversation = self._scene.standing.conversation
        if self._bot_answered and conversation and conversation.status == Conversation.Status.BOT:
            # Where the customer waits for a person by now, the bot's word was no answer.
            conversation.unanswered_since = conversation.asked_since = None
            self._scene.changed("unanswered_since", "asked_since")
        if self._facts:
            Fact.objects.bulk_create(self._facts)
        if self._searchable:
            SearchText.objects.bulk_create(self._searchable)

    def publish(self) -> None:
        """After the commit: keep the context, and tell those who look on."""
        conversation = self._scene.standing.conversation
        if self._lines and conversation:
            context.remember(conversation.pk, self._lines)
        for number in self._closed:
            context.forget(number)
        changes.announce(self._changes)
