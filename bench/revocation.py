"""From a revocation to its refusal by every node: three services on one PostgreSQL, where each knows the key.

    python -m bench.revocation [--keys N]

Half of the keys are revoked through the first node's management API, and the nodes hear of it at once. Of the others
no node hears: they are revoked in the database without NOTIFY, as if every message were lost, and found by looking
every ``refresh_interval``, which is as it comes. The time is that from the call's beginning until a node has refused;
a node is asked again a millisecond after its last answer. Fails where one took longer than a second.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import sealstamp
from bench.stock import asked, fill, ids
from sealstamp.keys.acts.access_keys import revoke
from sealstamp.keys.operators import Role
from sealstamp.keys.sealing import Sealer, load_or_create_sealing_key_file
from sealstamp.stores.sql import SqlStore, open_store
from tests.acting import act_on
from tests.postgres import running
from tests.server.managing import MANAGED, Manager, add_operator
from tests.server.service import Service, serving
from tests.valkey import running as running_valkey

NODES = 3
LONGEST_MS = 1_000.0
Revoke = Callable[[str], Awaitable[object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=2_000)
    keys = ids(parser.parse_args().keys)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running())
        url = server.url(server.make_database())
        replays = stack.enter_context(running_valkey()).url
        nodes = [Node(folder / str(number), store=url, replay_store=replays) for number in range(NODES)]
        sealer = Sealer(load_or_create_sealing_key_file(folder / "sealing.key"))
        fill(url, sealer, len(keys))
        operator = add_operator(nodes[0], "bench", Role.ADMIN)
        for node in nodes:
            stack.enter_context(serving(node))
        half = len(keys) // 2
        print(f"{'ms on each of ' + str(NODES) + ' nodes':32}{'median':>9}{'99%':>9}{'longest':>9}")
        heard = asyncio.run(through_a_node(operator, nodes, keys[:half]))
        silent = stack.enter_context(closing(open_store(url)))
        silent._database = replace(silent._database, notify="")
        looked = asyncio.run(in_the_database(silent, sealer, nodes, keys[half:]))
    show("through a node, heard of", heard)
    show("in the database, not heard of", looked)
    if max(heard + looked) > LONGEST_MS:
        raise SystemExit(1)


class Node(Service):
    """A service on a database that others use too."""

    def __init__(self, folder: Path, **urls: str) -> None:
        self._url = urls["store"]
        mine = {"sealing_key_file": f"{folder.parent}/sealing.key", "decision_listen": f"unix:{folder}/decide.sock"}
        super().__init__(folder, **{"log_level": "error", **mine, **urls, **MANAGED})

    @contextmanager
    def opened_store(self) -> Iterator[SqlStore]:
        with closing(open_store(self._url)) as store:
            yield store

    def _sealer(self) -> Sealer:
        return Sealer(load_or_create_sealing_key_file(self.folder.parent / "sealing.key"))


def show(what: str, times: Sequence[float]) -> None:
    at = statistics.quantiles(times, n=100)
    print(f"{what:32}{statistics.median(times):9.1f}{at[98]:9.1f}{max(times):9.1f}", flush=True)


async def through_a_node(operator: Manager, nodes: Sequence[Node], keys: Sequence[str]) -> list[float]:
    pair = operator.pair
    async with sealstamp.AsyncClient(operator.service.origin, pair.access_key_id, pair.secret) as client:
        return await revoke_each(client.revoke_access_key, nodes, keys)


async def in_the_database(store: SqlStore, sealer: Sealer, nodes: Sequence[Node], keys: Sequence[str]) -> list[float]:
    def call(key: str) -> object:
        return revoke(act_on(store, sealer), key)

    return await revoke_each(lambda key: asyncio.to_thread(call, key), nodes, keys)


async def revoke_each(call: Revoke, nodes: Sequence[Node], keys: Sequence[str]) -> list[float]:
    """Revoke one key after the other; return milliseconds until each node refused it."""
    doors = [await asyncio.open_unix_connection(node.decisions) for node in nodes]
    times: list[float] = []
    for key in keys:
        request = asked(key)
        for reader, writer in doors:
            if await status_of(reader, writer, request) != 204:
                raise SystemExit("a key was refused before it was revoked")
        began = time.monotonic()
        *refused, _ = await asyncio.gather(*(refused_at(*door, request) for door in doors), call(key))
        times += [(at - began) * 1000 for at in refused]
    for _, writer in doors:
        writer.close()
    return times


async def refused_at(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> float:
    while await status_of(reader, writer, request) == 204:
        await asyncio.sleep(0.001)
    return time.monotonic()


async def status_of(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.partition(b":")[2]))
    return int(head.split(b" ", 2)[1])


if __name__ == "__main__":
    main()
