"""How things stand now, for Prometheus: what waits, for how long, and for whom. Read when it is asked for, from the database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import redis
from django.db import Error
from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.base import clock
from bridge.inbox import spill
from bridge.models import Endpoint, InboundEvent, Lane
from seats.models import QueueEntry, Seat

logger = logging.getLogger(__name__)


def _seconds(since: datetime | None) -> float:
    return max((clock.now() - since).total_seconds(), 0.0) if since else 0.0


def _events() -> Iterator[Metric]:
    waiting = InboundEvent.objects.filter(state=InboundEvent.State.NEW)
    oldest = waiting.order_by("pk").values_list("received_at", flat=True).first()
    counts = waiting.aggregate(events=Count("pk"), lanes=Count("lane", distinct=True))
    yield GaugeMetricFamily(
        "bridge_oldest_event_seconds", "Age of the oldest event that is not processed", _seconds(oldest)
    )
    yield GaugeMetricFamily("bridge_events_waiting", "Events that are not processed", counts["events"])
    yield GaugeMetricFamily("bridge_lanes_waiting", "Customers with events that are not processed", counts["lanes"])


def _deliveries() -> Iterator[Metric]:
    overdue = Lane.objects.filter(wake_at__lt=clock.now()).aggregate(first=Min("wake_at"), lanes=Count("pk"))
    words = "Seconds since the longest overdue delivery was to be sent"
    yield GaugeMetricFamily("bridge_oldest_due_seconds", words, _seconds(overdue["first"]))
    yield GaugeMetricFamily("bridge_lanes_due", "Customers with deliveries that are due", overdue["lanes"])


def _queue() -> Iterator[Metric]:
    entries = QueueEntry.objects.filter(left=False).values_list("group__slug")
    waiting = GaugeMetricFamily("bridge_queue_customers", "Customers who wait for a seat", labels=["group"])
    longest = GaugeMetricFamily("bridge_queue_longest_seconds", "Longest wait of them", labels=["group"])
    for group, count, first in entries.annotate(Count("pk"), Min("enqueued_at")).order_by():
        waiting.add_metric([group], count)
        longest.add_metric([group], _seconds(first))
    yield from (waiting, longest)


def _seats() -> Iterator[Metric]:
    online = Seat.objects.filter(online=True, user__is_active=True)
    states = GaugeMetricFamily(
        "bridge_seats_online", "Seats that are online, by what they say", labels=["availability"]
    )
    for availability, count in online.values_list("availability").annotate(Count("pk")).order_by():
        states.add_metric([availability], count)
    yield states


def _endpoints() -> Iterator[Metric]:
    words = "Accounts and apps that their platform refuses as a whole"
    troubles = GaugeMetricFamily("bridge_endpoints_in_trouble", words, labels=["platform"])
    rows = Endpoint.objects.exclude(trouble="").values_list("platform").annotate(Count("pk")).order_by()
    for platform, count in rows:
        troubles.add_metric([platform], count)
    yield troubles


def _spilled() -> Iterator[Metric]:
    words = "Events that the broker keeps until the database takes them"
    yield GaugeMetricFamily("bridge_waiting_for_database", words, spill.count())


PARTS: tuple[Callable[[], Iterable[Metric]], ...] = (_events, _deliveries, _queue, _seats, _endpoints, _spilled)


class Gauges(Collector):
    """Leaves out what cannot be read, because the database or the broker is away: what is away is told by `bridge_check`."""

    def collect(self) -> Iterator[Metric]:
        for part in PARTS:
            try:
                yield from list(part())
            except (Error, redis.RedisError, *spill.BROKER_ERRORS) as error:
                logger.warning("metrics: %s: %s", part.__name__, type(error).__name__)
