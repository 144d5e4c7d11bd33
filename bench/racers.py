"""Racers with one nonce over three nodes that share claims in Valkey: of each round's, exactly one must win.

    python -m bench.racers [--rounds N]

Sixteen connections, spread over three service processes, send the same signed request at once. Prints how many rounds
there were, how many were accepted twice and how many not at all, and fails unless both are 0.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from bench.decision import HOST, prepare, server
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.valkey import running

NODES, RACERS, SCHEME = 3, 16, "bbx"
Racer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10_000)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        valkey = stack.enter_context(running())
        config, pairs = prepare(folder)
        variables = {"SEALSTAMP_CONFIG": str(config), "SEALSTAMP_REPLAY_STORE": valkey.url}
        target = ["sealstamp.server.app:create_app"]
        ports = [stack.enter_context(server(target, variables)) for _ in range(NODES)]
        winners = asyncio.run(race(ports, pairs[SCHEME], arguments.rounds))
    doubles = sum(count for won, count in winners.items() if won > 1)
    print(
        f"rounds {arguments.rounds}, racers {RACERS}, nodes {NODES}: {doubles} double accepts, {winners[0]} without one"
    )
    if doubles or winners[0]:
        raise SystemExit(1)


async def race(ports: list[int], pair: Credential, rounds: int) -> Counter[int]:
    """Return how many rounds had how many winners."""
    signer = Signer(get_scheme(SCHEME), pair)
    request = Request(b"POST", f"/{SCHEME}/orders".encode(), [(b"host", b"api.example.com")])
    racers = [await asyncio.open_connection(HOST, ports[number % len(ports)]) for number in range(RACERS)]
    winners: Counter[int] = Counter()
    began = time.monotonic()
    for number in range(rounds):
        now_ms = time.time_ns() // 1_000_000
        signed = signer.sign(request, time_ms=now_ms, nonce=f"{now_ms:x}-{number:x}").apply(request)
        line = b"X-Original-Method: POST\r\nX-Original-URI: %b\r\n" % signed.target
        asked = b"GET /decide HTTP/1.1\r\nHost: api.example.com\r\n%b\r\n" % line
        for _, writer in racers:
            writer.write(asked)
        statuses = await asyncio.gather(*(status_of(reader) for reader, _ in racers))
        winners[statuses.count(204)] += 1
        if number % 1_000 == 999:
            print(f"{number + 1} rounds, {time.monotonic() - began:.0f} s", flush=True)
    for _, writer in racers:
        writer.close()
    return winners


async def status_of(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.partition(b":")[2]))
    return int(head.split(b" ", 2)[1])


if __name__ == "__main__":
    main()
