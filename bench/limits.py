"""What limits cost a decision: the door without them, against the door with each, as ratios in one run.

    python -m bench.limits [--rounds N]

Also one hit of a rate limit alone, against one of the library ``limits`` in memory, whose window decides alike.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from limits import RateLimitItemPerMinute, storage, strategies

from bench.doors import Bench, bench, now_ms, signed
from sealstamp.core.request import Request
from sealstamp.keys.addresses import client_address
from sealstamp.keys.limits import MemoryRates, RateLimit
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.server.door import Door
from sealstamp.stores.host.rates import HostRates
from sealstamp.stores.host.table import HostTable, make_table

CALLS = 1_000
TERMS: dict[str, dict[str, object]] = {
    "no terms": {},
    "networks": {"networks": ("10.0.0.0/8", "203.0.113.0/24")},
    "rate limit": {"rate_limit": "1000000000/day"},
    "quota a day": {"quota_day": 1_000_000_000},
    "all, and a quota a month": {
        "networks": ("203.0.113.0/24",),
        "rate_limit": "1000000000/day",
        "quota_day": 1_000_000_000,
        "quota_month": 1_000_000_000,
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name, bench(Path(name)) as made:
        make_table(Path(name) / "table", 100_000, now_ms())
        with closing(HostTable(Path(name) / "table")) as table:
            asyncio.run(decisions(made, HostRates(table), rounds))
            hits(HostRates(table), rounds)


async def decisions(made: Bench, shared: HostRates, rounds: int) -> None:
    pairs = {name: made.add_key(f"key-{at}", **terms) for at, (name, terms) in enumerate(TERMS.items())}
    alone, together = made.open(), made.open(shared)
    cases = {name: (*alone, signed(pair)) for name, pair in pairs.items()}
    cases["rate limit, shared by workers"] = (*together, signed(pairs["rate limit"]))
    times: dict[str, list[float]] = {name: [] for name in cases}
    for at in range(rounds + 1):
        for name, case in cases.items():
            took = await decide(*case)
            if at:  # the first round is to warm up
                times[name].append(took)
    base = times["no terms"]
    print(f"{'a decision':32}{'µs':>8}{'ratio':>8}")
    for name, row in times.items():
        ratio = statistics.median(mine / plain for mine, plain in zip(row, base, strict=True))
        print(f"{name:32}{statistics.median(row):8.1f}{ratio:8.2f}")


async def decide(door: Door, guarded: GuardedApi, request: Request) -> float:
    """Return microseconds for a decision."""
    address = client_address("203.0.113.7")
    began = time.perf_counter()
    for _ in range(CALLS):
        await door.admit(guarded, request, "1", address)
    return (time.perf_counter() - began) / CALLS * 1e6


def hits(shared: HostRates, rounds: int) -> None:
    limit, item = RateLimit(1_000_000_000, 60_000), RateLimitItemPerMinute(1_000_000_000)
    memory, theirs = MemoryRates(10), strategies.SlidingWindowCounterRateLimiter(storage.MemoryStorage())
    cases: dict[str, Callable[[], object]] = {
        "in memory": lambda: memory.hit("key", limit, now_ms()),
        "shared by workers": lambda: shared.hit("key", limit, now_ms()),
        "the library limits, in memory": lambda: theirs.hit(item, "key"),
    }
    times = {name: [hit(act) for _ in range(rounds)] for name, act in cases.items()}
    print(f"\n{'a hit':32}{'µs':>8}{'ratio':>8}")
    medians = {name: statistics.median(row) for name, row in times.items()}
    for name, median in medians.items():
        print(f"{name:32}{median:8.2f}{median / medians['in memory']:8.1f}")


def hit(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        act()
    return (time.perf_counter() - began) / CALLS * 1e6


if __name__ == "__main__":
    main()
