"""What an event owes: deliveries to the customer and to seats, written together at the end of its transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from bridge.models import Delivery, Message
from bridge.outbox import broadcasts, deliveries
from bridge.outbox.permit import join_pause
from bridge.values.agents import Agent
from bridge.values.content import Content, Text

if TYPE_CHECKING:
    from bridge.apply.scene import Scene


@dataclass
class Outgoing:
    """Collects deliveries in the order in which they are to go out."""

    _scene: Scene
    owed: list[Delivery] = field(default_factory=list)

    def to_customer(self, content: Content, message: Message | None = None, **fields: Any) -> None:
        """Owe `content` to the customer; `fields` are the delivery's."""
        customer = self._scene.customer
        ends: dict[str, Any] = {"recipient": customer.openid, **self._where(message), **fields}
        if isinstance(content, Text) and (pause := join_pause(customer, message.side if message else "")):
            ends["due_at"] = self._scene.now + timedelta(seconds=pause)
        self.owed += deliveries.to_customer(content, customer.account, self._scene.now, **ends)

    def to_agent(self, agent: Agent, content: Content, message: Message | None = None, *, kept: bool = True) -> None:
        """Owe `content` to a seat, in the chat with this customer, or with the app's own account where there is none.

        `kept` as the delivery's: False where the words may name other customers.
        """
        customer = self._scene.standing.customer
        ends = {"sender": customer.im_id if customer else "", "recipient": agent.im_id, "kept": kept}
        self.owed += deliveries.to_seat(content, self._scene.now, **self._where(message), **ends)

    def mirror(self, agent: Agent, content: Content, message: Message) -> None:
        """Owe what a seat has written elsewhere to its own clients, as its own words in the chat with this customer."""
        ends = {"sender": agent.im_id, "recipient": self._scene.customer.im_id}
        self.owed += deliveries.to_seat(content, self._scene.now, **self._where(message), **ends)

    def _where(self, message: Message | None) -> dict[str, Any]:
        """A message that waited for a seat still belongs to the event that brought it, and not to the one that found the seat."""
        scene = self._scene
        event = (message.event_id if message else None) or scene.event_id
        return {"lane": scene.lane, "event_id": event, "conversation": scene.standing.conversation, "message": message}

    def again(self, old: Delivery) -> None:
        """Owe once more what `old` did not bring over; `old` ends as dropped, saying so."""
        broadcasts.count([old], by=-1)
        self.owed.append(deliveries.copy_of(old, self._scene.now))
        Delivery.objects.filter(pk=old.pk).update(state=Delivery.State.DROPPED, reason=_("sent again"))

    def forget(self) -> None:
        """Owe nothing of all this."""
        self.owed = []

    @property
    def may_be_passive(self) -> bool:
        """Tell whether something is said to the customer that may go out as a passive reply."""
        return any(delivery.passive_for for delivery in self.owed)
