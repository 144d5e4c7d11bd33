"""Whether time tells an access key that does not exist from one that does, with a wrong signature for either.

    python -m bench.unknown_key [--samples N]

Requests of both kinds in random order, at the door, without a network, which would only hide a difference: first each
id for the first time, when it is looked up in the store, then ids that were met before. Printed are quantiles in
microseconds, and a two-sample test of Mann and Whitney: z is how many standard deviations the ranks are off, and
``sooner`` how often one at random of the unknown ones came before one at random of the known ones; 0.5 is a coin's.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import secrets
import statistics
import tempfile
import time
from pathlib import Path

from bench.doors import bench, signed
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.server.answers import Answered
from sealstamp.server.door import Door

KINDS = ("known", "unknown")
Sample = tuple[str, Request]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_500, help="ids of each kind")
    samples = parser.parse_args().samples
    with tempfile.TemporaryDirectory() as name, bench(Path(name)) as made:
        for at in range(samples):
            made.add_key(f"known---{at:06}")
        door, guarded = made.open()
        asyncio.run(compare(door, guarded, samples))


async def compare(door: Door, guarded: GuardedApi, samples: int) -> None:
    warm = [wrong("unknown", at) for at in range(samples, samples + 200)]
    await measure(door, guarded, warm)
    asked = [wrong(kind, at) for at in range(samples) for kind in KINDS]
    secrets.SystemRandom().shuffle(asked)
    print(f"{'':12}{'kind':>10}{'1%':>9}{'25%':>9}{'50%':>9}{'75%':>9}{'99%':>9}")
    show("first time", await measure(door, guarded, asked))
    again = [one for one in asked for _ in range(3)]
    secrets.SystemRandom().shuffle(again)
    show("met before", await measure(door, guarded, again))


def wrong(kind: str, number: int) -> Sample:
    return kind, signed(Credential.of(f"{kind:-<8}{number:06}", "not the secret"))


async def measure(door: Door, guarded: GuardedApi, asked: list[Sample]) -> dict[str, list[float]]:
    """Return microseconds by kind."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    gc.disable()
    for kind, request in asked:
        began = time.perf_counter_ns()
        try:
            await door.admit(guarded, request, "1")
        except Answered:
            times[kind].append((time.perf_counter_ns() - began) / 1000)
    gc.enable()
    return times


def show(what: str, times: dict[str, list[float]]) -> None:
    for kind in KINDS:
        cut = statistics.quantiles(times[kind], n=100)
        print(f"{what:12}{kind:>10}" + "".join(f"{cut[at - 1]:9.1f}" for at in (1, 25, 50, 75, 99)))
    z, sooner = mann_whitney(times["unknown"], times["known"])
    medians = [statistics.median(times[kind]) for kind in ("unknown", "known")]
    print(f"{'':12}medians {medians[0] / medians[1]:.3f}, z {z:+.1f}, sooner {sooner:.3f}\n")


def mann_whitney(first: list[float], second: list[float]) -> tuple[float, float]:
    """Return z, and how often one of ``first`` is below one of ``second``. Times hardly ever tie."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, kind) in enumerate(ranked, 1) if kind == 0)
    many, others = len(first), len(second)
    above = ranks - many * (many + 1) / 2
    deviation = (many * others * (many + others + 1) / 12) ** 0.5
    return (above - many * others / 2) / deviation, 1 - above / (many * others)


if __name__ == "__main__":
    main()
