"""What an event owes: deliveries to the customer and to seats, written together at the end of its transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from bridge.models import Delivery, Message
from bridge.outbox import deliveries
from bridge.outbox.permit import join_pause
from bridge.values.agents import Agent
from bridge.values.content import Content, Text

if TYPE_CHECKING:
    from bridge.apply.scene import Scene


@dataclass
class Outgoing:
    """Collects deliveries in the order in which they are to go out."""

    _scene: Scene
    _owed: list[Delivery] = field(default_factory=list)

    def to_customer(self, content: Content, message: Message | None = None, **fields: Any) -> None:
        """Owe `content` to the customer; `fields` are the delivery's."""
        customer = self._scene.customer
        ends: dict[str, Any] = {"recipient": customer.openid, **self._where(message), **fields}
        if isinstance(content, Text) and (pause := join_pause(customer, message.side if message else "")):
            ends["due_at"] = self._scene.now + timedelta(seconds=pause)
        self._owed += deliveries.to_customer(content, customer.account, self._scene.now, **ends)

    def to_agent(self, agent: Agent, content: Content, message: Message | None = None) -> None:
        """Owe `content` to a seat, in the chat with this customer, or with the app's own account where there is none."""
        customer = self._scene.standing.customer
        ends = {"sender": customer.im_id if customer else "", "recipient": agent.im_id}
        self._owed += deliveries.to_seat(content, self._scene.now, **self._where(message), **ends)

    def mirror(self, agent: Agent, content: Content, message: Message) -> None:
        """Owe what a seat has written elsewhere to its own clients, as its own words in the chat with this customer."""
        ends = {"sender": agent.im_id, "recipient": self._scene.customer.im_id}
        self._owed += deliveries.to_seat(content, self._scene.now, **self._where(message), **ends)

    def _where(self, message: Message | None) -> dict[str, Any]:
        return {"lane": self._scene.lane, "conversation": self._scene.standing.conversation, "message": message}

    def again(self, old: Delivery) -> None:
        """Owe once more what `old` did not bring over; `old` ends as dropped, saying so."""
        self._owed.append(deliveries.copy_of(old, self._scene.now))
        Delivery.objects.filter(pk=old.pk).update(state=Delivery.State.DROPPED, reason=_("sent again"))

    def forget(self) -> None:
        """Owe nothing of all this."""
        self._owed = []

    def write(self) -> None:
        """Write the deliveries."""
        Delivery.objects.bulk_create(self._owed)

    @property
    def owes(self) -> bool:
        """Tell whether anything is owed."""
        return bool(self._owed)

    @property
    def has_notice(self) -> bool:
        """Tell whether the product says something to the customer, which may go out as a passive reply."""
        return any(delivery.notice for delivery in self._owed)
