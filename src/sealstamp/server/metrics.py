"""What Prometheus reads: decisions by API, scheme and reason, and how long they took.

The hot path adds to integers in memory that the workers share; Prometheus's own types are made from them when somebody
scrapes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sealstamp.stores.host.counters import HostCounters

BOUNDS_NS: Final = (5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000, 25_000_000, 100_000_000)
"""Upper bounds of the duration buckets, in nanoseconds."""


_DECIDED, _BUCKET, _TOTAL_NS, _TALLY = "decided", "bucket", "nanoseconds", "tally"


class Tally(StrEnum):
    """What else is counted."""

    USAGE_WRITTEN = "usage_written"
    USAGE_DROPPED = "usage_dropped"
    USAGE_FAILURES = "usage_write_failures"
    QUOTA_ASKS = "quota_asks"
    QUOTA_FAILURES = "quota_ask_failures"


_ABOUT: Final = {
    Tally.USAGE_WRITTEN: "Requests whose usage is in the store.",
    Tally.USAGE_DROPPED: "Requests that are counted nowhere, because the store took nothing for too long.",
    Tally.USAGE_FAILURES: "Times that the store did not take usage.",
    Tally.QUOTA_ASKS: "Times that the store was asked for shares of quotas.",
    Tally.QUOTA_FAILURES: "Times that it could not answer.",
}


class Metrics(Collector):
    """Counts decisions, each worker for itself; tells what all workers have counted."""

    def __init__(self, counters: HostCounters, born_seconds: float) -> None:
        self._counters = counters
        self._values = counters.values
        self._places: dict[tuple[str, str, str], int] = {}
        self._buckets = [counters.place(_name(_BUCKET, str(bound))) for bound in (*BOUNDS_NS, "")]
        self._total_ns = counters.place(_name(_TOTAL_NS))
        self._tallies = {tally: counters.place(_name(_TALLY, tally)) for tally in Tally}
        self._born_seconds = born_seconds
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def decided(self, api: str, scheme: str, reason: str, nanoseconds: int) -> None:
        """Count one decision and the time it took."""
        place = self._places.get((api, scheme, reason))
        if place is None:
            place = self._places[api, scheme, reason] = self._counters.place(_name(_DECIDED, api, scheme, reason))
        values = self._values
        values[place] += 1
        values[self._buckets[bisect_left(BOUNDS_NS, nanoseconds)]] += 1
        values[self._total_ns] += nanoseconds

    def add(self, tally: Tally, amount: int = 1) -> None:
        """Count what is not a decision."""
        self._values[self._tallies[tally]] += amount

    def collect(self) -> Iterable[Metric]:
        """Make Prometheus's types of what was counted."""
        totals = self._counters.totals()
        decisions = CounterMetricFamily(
            "sealstamp_decisions", "Decisions taken at the door.", labels=("api", "scheme", "reason")
        )
        for name, count in totals.items():
            family, *labels = name.decode().split("\0")
            if family == _DECIDED and count:
                decisions.add_metric(labels, count)
        yield decisions
        yield HistogramMetricFamily(
            "sealstamp_decision_duration_seconds",
            "Time to a decision, waiting for the store included.",
            buckets=list(_cumulated(totals)),
            sum_value=totals[_name(_TOTAL_NS)] / 1e9,
        )
        for tally, about in _ABOUT.items():
            yield CounterMetricFamily(f"sealstamp_{tally}", about, value=totals[_name(_TALLY, tally)])
        yield GaugeMetricFamily(
            "sealstamp_start_time_seconds", "When the service began, in Unix seconds.", value=self._born_seconds
        )

    def render(self) -> bytes:
        """Write the exposition text, version 0.0.4."""
        return generate_latest(self._registry)


def _name(family: str, *labels: str) -> bytes:
    return "\0".join((family, *labels)).encode()


def _cumulated(totals: Mapping[bytes, int]) -> Iterable[tuple[str, float]]:
    running = 0
    for bound in BOUNDS_NS:
        running += totals[_name(_BUCKET, str(bound))]
        yield str(bound / 1e9), running
    yield "+Inf", running + totals[_name(_BUCKET, "")]
