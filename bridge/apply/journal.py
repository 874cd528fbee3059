"""The journal: collects what an event brings for the message log and the reports, and how long people are silent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.base.inserting import insert
from bridge.conversation import changes, context, search
from bridge.conversation.preview import in_words
from bridge.models import Conversation, Customer, Fact, Message, SearchText
from bridge.values.content import Content, Signal, TemplateMessage

if TYPE_CHECKING:
    from bridge.apply.scene import Scene

_COUNTED = {Message.Side.CUSTOMER.value: Fact.Kind.RECEIVED, Message.Side.BOT.value: Fact.Kind.BOT}


@dataclass(frozen=True)
class _Entry:
    """A message that is not written yet: what it says, and the customer whose name goes with it."""

    message: Message
    content: Content
    words: str
    customer: Customer

    def line(self) -> context.Line:
        return context.line_of(self.message, self.words, self.customer)


@dataclass
class Journal:
    """All is collected: messages are written before an action that reads the log, all else with the event.

    `entries`: the messages that were not written yet. `lines`, `news` and `closed` are published after the commit.
    """

    _scene: Scene
    entries: list[_Entry] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    searchable: list[SearchText] = field(default_factory=list)
    lines: list[context.Line] = field(default_factory=list)
    news: list[changes.Change] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    _bot_answered: bool = False

    def message(
        self, content: Content, side: str, author: str, *, relayed: bool, closed: Conversation | None = None
    ) -> Message:
        """Add a message to the log of the open conversation, or of a `closed` one. `relayed`: a seat need not be handed it.

        It has no id yet, but others may point to it: it is written before them.
        """
        scene, words = self._scene, in_words(content)
        conversation, sender = closed or scene.conversation, scene.turn.sender
        message = Message(
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
        self.entries.append(_Entry(message, content, words, scene.customer))
        counts = not isinstance(content, Signal | TemplateMessage)
        if counts:
            self._count(side)
        if side in (Message.Side.CUSTOMER, Message.Side.SEAT):
            self._break_silence(message, asks=counts)
        self._bot_answered = self._bot_answered or (side == Message.Side.BOT and counts)
        return message

    def flush(self) -> None:
        """Write the messages so far, for those who read the log."""
        insert(Message, [entry.message for entry in self.entries])
        self.flushed()

    def flushed(self) -> None:
        """The messages so far are written, and have their ids."""
        for entry in self.entries:
            message = entry.message
            self.news.append(changes.Change(message.conversation_id, (message.pk,)))
            if message.side == Message.Side.SEAT:
                # A seat that answers has read what was there.
                self._scene.conversation.read_to = message.pk
                self._scene.changed("read_to")
            if message.side != Message.Side.SYSTEM:
                self.searchable += search.of_message(message, entry.content)
                self.lines.append(entry.line())
        self.entries = []

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
        # After a seat's answer the customer waits until it arrives: see `bridge.outbox.answers`.
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
        self.facts.append(Fact(kind=kind, **{"at": scene.now, **own, **facts}))

    def add(self, fact: Fact) -> None:
        """Keep a fact that is complete already."""
        self.facts.append(fact)

    def last(self, kind: Fact.Kind) -> Fact | None:
        """Return the last fact of this kind that this event has brought."""
        return next((fact for fact in reversed(self.facts) if fact.kind == kind), None)

    def moved(self, before: Conversation | None) -> None:
        """The open conversation stands elsewhere now, or `before`, which was open; with none open, the last one does."""
        recent = self._scene.turn.recent
        current = self._scene.standing.conversation or before
        if number := current.pk if current else recent.id if recent else 0:
            self.news.append(changes.Change(number, moved=True))

    def seat_changed(self, seat: int) -> None:
        """The seat with this id is there, away or busy otherwise than before: its desks show it."""
        self.news.append(changes.Change(0, seat=seat))

    def forget(self, conversation: int) -> None:
        """A closed conversation needs no context for its next seat."""
        self.closed.append(conversation)

    def forget_lines(self) -> None:
        """What was said is erased, so it is no context either."""
        self.entries, self.lines, self.searchable = [], [], []

    def end(self) -> None:
        """The event's actions are carried out: a bot's answer ends the silence."""
        conversation = self._scene.standing.conversation
        if self._bot_answered and conversation and conversation.status == Conversation.Status.BOT:
            # Where the customer waits for a person by now, the bot's word was no answer.
            conversation.unanswered_since = conversation.asked_since = None
            self._scene.changed("unanswered_since", "asked_since")
