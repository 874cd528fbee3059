"""How a worker reads what the broker has for it."""

from __future__ import annotations

from celery.worker import consumer


class Consumer(consumer.Consumer):
    """A worker's reading, without the 28 queues in which RabbitMQ keeps tasks for a later time where queues are on several.

    No task here is for later (`bridge.lanes.nudges`), and each new connection would wait for every RabbitMQ that is away.
    """

    class Blueprint(consumer.Consumer.Blueprint):
        """The steps by which a worker begins to read."""

        default_steps = [one for one in consumer.Consumer.Blueprint.default_steps if "DelayedDelivery" not in str(one)]
