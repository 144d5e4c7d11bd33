"""What Prometheus reads: decisions by API, scheme and reason, and how long they took.

The hot path adds to plain integers; Prometheus's own types are made from them when somebody scrapes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

BOUNDS_NS: Final = (5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000, 25_000_000, 100_000_000)
"""Upper bounds of the duration buckets, in nanoseconds."""


class Metrics(Collector):
    """Counts decisions. One per worker process."""

    def __init__(self, born_seconds: float) -> None:
        self._counts: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self._buckets = [0] * (len(BOUNDS_NS) + 1)
        self._total_ns = 0
        self._born_seconds = born_seconds
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def decided(self, api: str, scheme: str, reason: str, nanoseconds: int) -> None:
        """Count one decision and the time it took."""
        self._counts[api, scheme, reason] += 1
        self._buckets[bisect_left(BOUNDS_NS, nanoseconds)] += 1
        self._total_ns += nanoseconds

    def collect(self) -> Iterable[Metric]:
        """Make Prometheus's types of what was counted."""
        decisions = CounterMetricFamily(
            "sealstamp_decisions", "Decisions taken at the door.", labels=("api", "scheme", "reason")
        )
        for labels, count in list(self._counts.items()):
            decisions.add_metric(labels, count)
        yield decisions
        yield HistogramMetricFamily(
            "sealstamp_decision_duration_seconds",
            "Time to a decision, waiting for the store included.",
            buckets=list(self._cumulated()),
            sum_value=self._total_ns / 1e9,
        )
        yield GaugeMetricFamily(
            "sealstamp_start_time_seconds", "When this process began, in Unix seconds.", value=self._born_seconds
        )

    def _cumulated(self) -> Iterable[tuple[str, float]]:
        running = 0
        for bound, count in zip([*(str(bound / 1e9) for bound in BOUNDS_NS), "+Inf"], self._buckets, strict=True):
            running += count
            yield bound, running

    def render(self) -> bytes:
        """Write the exposition text, version 0.0.4."""
        return generate_latest(self._registry)
