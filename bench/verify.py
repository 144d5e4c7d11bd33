"""Compiled verify and sign against the hand-written floor, per seed scheme: ratios of medians in one run.

    make bench            (all benchmarks)
    python -m bench.verify [--rounds N]

Two floors for each verify: one that is handed a ready dict of headers or parameters (Sealstamp is handed a Request
that was made, and its query parsed, before), and one that starts from what a server delivers (the ASGI header list, or
the raw target), as Sealstamp does then too. Sealstamp's side is the whole verifier: strict parsing, doubles, other
spellings, window, key look-up, signature, key state.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable
from functools import partial

from bench import floor
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.schemes import get_scheme

NOW_MS = 1_612_149_637_000
ID, SECRET = "975988f45090561684b7d8f4e45b85c2", "957f23f2d6435e37d4ac21f3e9a67d45"
USUAL_HEADERS = [
    (b"host", b"api.example.com"),
    (b"user-agent", b"client/1.0"),
    (b"accept", b"*/*"),
    (b"content-type", b"application/json"),
    (b"content-length", b"2"),
]
Call = Callable[[], object]


def signed(name: str) -> Request:
    request = Request(b"POST", b"/orders?page=2", list(USUAL_HEADERS))
    signer = Signer(get_scheme(name), Credential.of(ID, SECRET))
    return signer.sign(request, time_ms=NOW_MS, nonce="5f1c9a02").apply(request)


def verify_pairs(name: str) -> dict[str, tuple[Call, Call]]:
    """Return (Sealstamp, floor) calls from a ready look-up and from what a server delivers."""
    request = signed(name)
    verifier = Verifier(get_scheme(name))
    key = verifier.bind(Credential.of(ID if verifier.names_key else "", SECRET), consumer="bench")
    bound = {ID.encode(): key, b"": key}
    plain = {ID.encode(): SECRET.encode(), b"": SECRET.encode()}
    by_hand = getattr(floor, f"verify_{name.partition('-')[0]}")
    in_query = name == "bbx"
    lookup = floor.query_as_dict(request.query) if in_query else dict(request.headers)
    _ = request.query_fields

    def ready() -> object:
        return verifier.verify(request, NOW_MS, bound.get)

    def raw() -> object:
        fresh = Request(request.method, request.target, request.headers)
        return verifier.verify(fresh, NOW_MS, bound.get)

    def floor_raw() -> object:
        fields = floor.query_as_dict(request.target.partition(b"?")[2]) if in_query else dict(request.headers)
        return by_hand(fields, plain, NOW_MS)

    pairs = {"verify, ready": (ready, partial(by_hand, lookup, plain, NOW_MS)), "verify, raw": (raw, floor_raw)}
    assert all(call() for pair in pairs.values() for call in pair)
    return pairs


def sign_pair(name: str) -> tuple[Call, Call]:
    request = Request(b"POST", b"/orders?page=2", list(USUAL_HEADERS))
    signer = Signer(get_scheme(name), Credential.of(ID, SECRET))
    by_hand = {
        "stardust": partial(floor.sign_stardust, ID, SECRET, NOW_MS),
        "cdnetworks-api-shield": partial(floor.sign_cdnetworks, SECRET, NOW_MS),
        "taurusx": partial(floor.sign_taurusx, ID, SECRET, NOW_MS),
        "bbx": partial(floor.sign_bbx, ID, SECRET, "5f1c9a02", NOW_MS),
    }[name]
    return lambda: signer.sign(request, time_ms=NOW_MS, nonce="5f1c9a02"), by_hand


def nanoseconds(call: Call, times: int) -> float:
    """Return what a call takes of the processor's time: what else runs on this machine is not counted."""
    begin = time.process_time_ns()
    for _ in range(times):
        call()
    return (time.process_time_ns() - begin) / times


def compare(ours: Call, theirs: Call, rounds: int, times: int = 4_000) -> tuple[float, float, float]:
    """Interleave rounds of both; return both medians and the median of the rounds' ratios."""
    results = [(nanoseconds(ours, times), nanoseconds(theirs, times)) for _ in range(rounds)]
    mine, floors = zip(*results, strict=True)
    ratio = statistics.median(a / b for a, b in results)
    return statistics.median(mine), statistics.median(floors), ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    pgo = "PGO" if "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "") else "no PGO"
    print(f"{platform.python_implementation()} {platform.python_version()}, {pgo}, {sys.platform}; {rounds} rounds")
    print(f"{'scheme':24}{'what':16}{'sealstamp ns':>14}{'floor ns':>10}{'ratio':>7}")
    for name in ("stardust", "cdnetworks-api-shield", "taurusx", "bbx"):
        for what, (ours, theirs) in {**verify_pairs(name), "sign": sign_pair(name)}.items():
            mine, by_hand, ratio = compare(ours, theirs, rounds)
            print(f"{name:24}{what:16}{mine:14.0f}{by_hand:10.0f}{ratio:7.2f}")


if __name__ == "__main__":
    main()
