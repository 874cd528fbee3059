"""The spill's queue where it stands on several RabbitMQs.

Two things are different from a queue on one:

- RabbitMQ says of a queue whose leader is gone that nothing is in it. So one message that is no event, the seal, stands in
  it at all times. Where not even that is seen, a new one is published: the majority takes it, or it is known that nothing is
  known.
- Such a queue refuses no second consumer. Of several, one is active, and the others are told nothing until it ends.
"""

from __future__ import annotations

from typing import Any

from kombu.exceptions import OperationalError

from bridge.inbox.spill_queues import AmqpQueue, BusyError

SEAL = "seal"  # no event: those are JSON objects
KIND = {
    "x-queue-type": "quorum",
    "x-single-active-consumer": True,
    # RabbitMQ 4 throws away what was returned 20 times, and each try to store it while the database is away returns it.
    "x-delivery-limit": 2**31 - 1,
}


class QuorumQueue(AmqpQueue):
    """A durable queue on several RabbitMQs, with a seal in it."""

    def _declare(self) -> Any:
        return self._channel.queue_declare(queue=self._name, durable=True, auto_delete=False, arguments=KIND)

    def _consume(self) -> None:
        self._channel.basic_consume(queue=self._name, callback=self._messages.append)

    def put(self, text: str) -> None:
        self.count()  # the seal is there before any event
        self._publish(text)

    def count(self) -> int:
        found = self._declare()
        if not (found.message_count or found.consumer_count):
            self._publish(SEAL)
            found = self._declare()
        if found.consumer_count:
            return max(int(found.message_count), 1)
        if not found.message_count:
            raise OperationalError(f"the queue {self._name} has no leader")
        return int(found.message_count) - 1

    def read(self, most: int) -> list[str]:
        found = super().read(most)
        if not found:
            raise BusyError  # not even a seal: another reader is the active one
        texts = [text for text in found if text != SEAL]
        if not texts:
            self._keep_one_seal()
        return texts

    def _keep_one_seal(self) -> None:
        """Take out all but the last of what was read, which are seals: this one is back in its place when the reader ends."""
        self._returned -= 1
        if self._returned > 0:
            super().remove([])

    def remove(self, texts: list[str]) -> None:
        if any(one.body in (SEAL, SEAL.encode()) for one in self._messages[: self._returned]):
            self._publish(SEAL)
        super().remove(texts)
