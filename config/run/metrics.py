"""/metrics: what Prometheus asks for, with `Authorization: Bearer METRICS_TOKEN`; 404 where no token is set.

docs/operations.md says how; the board and the alerts are in config/monitoring.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from analytics.live.gauges import Gauges
from bridge.observe import counters
from config.run import health

LEVELS = {"ok": 0, "degraded": 1, "down": 2}


class Checks(Collector):
    """What the health page says, as numbers."""

    def collect(self) -> Iterator[Metric]:
        words = "The parts of the health page: 0 in order, 1 degraded, 2 down"
        checks = GaugeMetricFamily("bridge_check", words, labels=["part"])
        for part, outcome in health.outcomes().items():
            checks.add_metric([part], LEVELS[outcome])
        yield checks


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the sums over all processes of this site, and with how things stand now."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("METRICS_TOKEN is not set\n", status=404, content_type="text/plain")
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse("the token is missing or wrong\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    counters.register(registry)
    registry.register(Checks())
    registry.register(Gauges())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
