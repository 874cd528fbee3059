"""A first-in-first-out queue in the broker from which nothing goes before its reader says so: for RabbitMQ and for Redis.

Celery's own queues can't be used: a task that is tried again comes after those behind it, and with Redis, what a killed
worker had taken out comes back an hour later.
"""

from __future__ import annotations

from typing import Any, Protocol

import amqp
from kombu import Connection

WAIT = 0.2  # seconds without a message after which RabbitMQ is asked whether there is any
CONFIRM = 2.0  # seconds for RabbitMQ to say that it has a message on its disk


class BusyError(Exception):
    """Another process is emptying the queue."""


class SpillQueue(Protocol):
    """What the spill asks of a broker. The transport's own errors may come of each call."""

    def put(self, text: str) -> None:
        """Keep `text` at the end of the queue; returns once the broker has it."""

    def count(self) -> int:
        """Return how many are in the queue; where a reader may hold some, at least one."""

    def read(self, most: int) -> list[str]:
        """Return up to `most` from the queue's head, [] where it is empty. They stay in it. Raises: BusyError."""

    def remove(self, texts: list[str]) -> None:
        """Take out what `read` has returned."""


class RedisQueue:
    """A list. Readers hold nothing: what two of them read is stored by either, and taken out by both."""

    def __init__(self, connection: Connection, name: str) -> None:
        channel: Any = connection.default_channel
        self._redis = channel.client
        self._name = name

    def put(self, text: str) -> None:
        self._redis.rpush(self._name, text)

    def count(self) -> int:
        return int(self._redis.llen(self._name))

    def read(self, most: int) -> list[str]:
        return [one.decode() if isinstance(one, bytes) else one for one in self._redis.lrange(self._name, 0, most - 1)]

    def remove(self, texts: list[str]) -> None:
        # By value and not by number: another reader may have taken some of them out already.
        with self._redis.pipeline(transaction=False) as pipe:
            for text in texts:
                pipe.lrem(self._name, 1, text)
            pipe.execute()


class AmqpQueue:
    """A durable queue with confirmed publishing. There is one reader at a time, its exclusive consumer.

    A reader that is frozen keeps the others out until RabbitMQ misses its heartbeats. Then what it held is back in its place.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._channel: Any = connection.default_channel
        self._name = name
        self._reads = False
        self._messages: list[Any] = []
        self._returned = 0  # how many of them `read` has returned

    def _declare(self) -> Any:
        return self._channel.queue_declare(queue=self._name, durable=True, auto_delete=False)

    def put(self, text: str) -> None:
        self._declare()
        self._publish(text)

    def _publish(self, text: str) -> None:
        message = amqp.Message(text, content_type="application/json", content_encoding="utf-8", delivery_mode=2)
        self._channel.basic_publish_confirm(message, exchange="", routing_key=self._name, confirm_timeout=CONFIRM)

    def count(self) -> int:
        found = self._declare()
        return int(found.message_count) + int(found.consumer_count)

    def read(self, most: int) -> list[str]:
        if not self._reads:
            self._become_reader(most)
        while len(self._messages) < most:
            try:
                self._connection.drain_events(timeout=WAIT)
            except TimeoutError:
                break
        self._connection.heartbeat_check()
        self._returned = len(self._messages)
        return [one.body.decode() if isinstance(one.body, bytes) else one.body for one in self._messages]

    def _become_reader(self, most: int) -> None:
        self._declare()
        self._channel.basic_qos(prefetch_size=0, prefetch_count=most, a_global=False)
        try:
            self._consume()
        except (amqp.AccessRefused, amqp.ResourceLocked) as error:
            raise BusyError from error
        self._reads = True

    def _consume(self) -> None:
        self._channel.basic_consume(queue=self._name, exclusive=True, callback=self._messages.append)

    def remove(self, texts: list[str]) -> None:
        self._channel.basic_ack(self._messages[self._returned - 1].delivery_tag, multiple=True)
        del self._messages[: self._returned]
