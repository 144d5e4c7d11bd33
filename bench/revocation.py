"""How long until three nodes refuse a key that was revoked: services on PostgreSQL and Valkey, one key after the other.

    python -m bench.revocation [--keys N]

Each key is accepted by every node first. Then it is revoked, and every node is asked again and again, with a new
signature each time, until it refuses; the delay is from the end of the act to the answer that refuses. Every second
key is revoked without a notification, so that each node has to find out by itself. Fails if a node took a second.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from bench.decision import HOST, server
from bench.racers import Racer, status_of
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.keys.acts.access_keys import import_pair, revoke
from sealstamp.keys.manifest import parse_manifest
from sealstamp.keys.planning import carry_out, plan
from sealstamp.keys.sealing import Sealer, load_or_create_sealing_key_file
from sealstamp.schemes import get_scheme
from sealstamp.stores.sql import SqlStore, open_store
from tests.acting import act_on
from tests.postgres import running as running_postgres
from tests.valkey import running as running_valkey

NODES, SCHEME, BOUND_S = 3, "bbx", 1.0
REQUEST = Request(b"POST", f"/{SCHEME}/orders".encode(), [(b"host", b"api.example.com")])
MANIFEST = f"""
[[consumers]]
name = "bench"
[[apis]]
name = "{SCHEME}"
path_prefix = "/{SCHEME}"
schemes = ["{SCHEME}"]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (store, sealer, ports):
        delays = asyncio.run(revoke_all(store, sealer, ports, arguments.keys))
    print(f"{arguments.keys} keys, {NODES} nodes; ms from the act to a refusal{'median':>10}{'99 %':>8}{'most':>8}")
    for kind, row in delays.items():
        row.sort()
        print(f"{kind:>48}{statistics.median(row):10.0f}{row[len(row) * 99 // 100]:8.0f}{row[-1]:8.0f}")
    if max(map(max, delays.values())) >= BOUND_S * 1_000:
        raise SystemExit(1)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[SqlStore, Sealer, list[int]]]:
    """Run the nodes; yield their store, its sealer and their ports."""
    with ExitStack() as stack:
        postgres, valkey = stack.enter_context(running_postgres()), stack.enter_context(running_valkey())
        url, key_file = postgres.url(postgres.make_database()), folder / "sealing.key"
        store = stack.enter_context(closing(open_store(url)))
        sealer = Sealer(load_or_create_sealing_key_file(key_file))
        declared = parse_manifest(
            MANIFEST, place="bench", directory=folder, check_scheme=lambda *_: None, environment={}
        )
        carry_out(act_on(store, sealer), plan(declared, store, sealer, now_ms=0, prune=False))
        variables = {
            "SEALSTAMP_STORE": url,
            "SEALSTAMP_SEALING_KEY_FILE": str(key_file),
            "SEALSTAMP_REPLAY_STORE": valkey.url,
            "SEALSTAMP_LOG_LEVEL": "error",
            "TMPDIR": str(folder),
        }
        # Nodes of one machine are told apart by where they listen.
        names = [{**variables, "SEALSTAMP_LISTEN": f"{HOST}:{number}"} for number in range(1, NODES + 1)]
        yield store, sealer, [stack.enter_context(server(["sealstamp.server.app:create_app"], own)) for own in names]


async def revoke_all(store: SqlStore, sealer: Sealer, ports: list[int], keys: int) -> dict[str, list[float]]:
    """Return the delays in milliseconds, of every node with every key."""
    silent = SqlStore(replace(store._database, notify=""))
    nodes = [await asyncio.open_connection(HOST, port) for port in ports]
    delays: dict[str, list[float]] = {"told": [], "nobody is told": []}
    for number in range(keys):
        pair = Credential.of(secrets.token_hex(16), secrets.token_hex(16))
        import_pair(act_on(store, sealer), pair, consumer="bench", apis=[SCHEME])
        signer = Signer(get_scheme(SCHEME), pair)
        if {await ask(node, signer) for node in nodes} != {204}:
            raise SystemExit("a node does not accept a good key")
        kind, by = ("told", store) if number % 2 == 0 else ("nobody is told", silent)
        # Not always at the same moment between two looks of the nodes.
        await asyncio.sleep(secrets.randbelow(250) / 1_000)
        revoke(act_on(by, sealer), pair.access_key_id)
        began = time.monotonic()
        delays[kind] += await asyncio.gather(*(refused(node, signer, began) for node in nodes))
        if number % 100 == 99:
            print(f"{number + 1} keys", flush=True)
    for _, writer in nodes:
        writer.close()
    return delays


async def refused(node: Racer, signer: Signer, began: float) -> float:
    """Ask until the key is refused; return the milliseconds from ``began``."""
    while (status := await ask(node, signer)) != 401:
        if status != 204:
            raise SystemExit(f"a node answers {status}")
        await asyncio.sleep(0.001)
    return (time.monotonic() - began) * 1_000


async def ask(node: Racer, signer: Signer) -> int:
    signed = signer.sign(REQUEST, time_ms=time.time_ns() // 1_000_000, nonce=secrets.token_hex(12)).apply(REQUEST)
    line = b"X-Original-Method: POST\r\nX-Original-URI: %b\r\n" % signed.target
    reader, writer = node
    writer.write(b"GET /decide HTTP/1.1\r\nHost: api.example.com\r\n%b\r\n" % line)
    return await status_of(reader)


if __name__ == "__main__":
    main()
