"""A thousand access keys against a million: look-ups, decisions per second, memory, and time to start.

    python -m bench.keys [--keys N] [--postgres] [--seconds N] [--rounds N]

**Look-ups** are what a door does for a key, without a network, in microseconds of this process's own time, by turns
from both stores: for its first request, when it is read from the store (always another key), and for later ones, from
the process's memory. **Services**, one on each store: the time from start until ready; decisions per second about
a thousand keys that are known (wrk, 64 kept connections, by turns; on a core of its own); and memory of the larger
one, with ``max_cached_keys`` at 5,000, after as many keys were met once, after twice and after four times as many.

Stores are SQLite files, or, with ``--postgres``, databases of a server of the benchmark's own.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.decision import HOST, LOAD_CORE
from bench.stock import API, asked, fill, ids
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.sealing import Sealer, load_or_create_sealing_key_file
from sealstamp.keys.snapshot import AcceptedScheme, take_snapshot
from sealstamp.stores.sql import open_store
from tests.postgres import Postgres, running
from tests.server.service import Service, free_port, serving
from tests.valkey import running as running_valkey

FEW = 1_000
CACHED = 5_000
LOOKED_UP = 200
"""Keys that a round looks up in each store."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000_000, help="how many keys the larger store has")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round of decisions")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running()) if given.postgres else None
        shared = {"replay_store": stack.enter_context(running_valkey()).url} if given.postgres else {}
        stocks = [Stock(folder / str(keys), keys, server, shared) for keys in (FEW, given.keys)]
        look_ups(stocks, given.rounds)
        starts(stocks, given.rounds)
        decisions(stocks, given.rounds, given.seconds)
        memory(stocks[-1])


class Stock:
    """A store with keys, and the service on it."""

    def __init__(self, folder: Path, keys: int, server: Postgres | None, shared: Mapping[str, str]) -> None:
        self.keys = keys
        self.ids = ids(keys)
        self.decisions = free_port()
        more = dict(shared) if server is None else {"store": server.url(server.make_database()), **shared}
        self.service = Service(
            folder, decision_listen=f"{HOST}:{self.decisions}", max_cached_keys=CACHED, log_level="warning", **more
        )
        self.url = more.get("store", f"sqlite:///{self.service.store}")
        self.sealer = Sealer(load_or_create_sealing_key_file(folder / "sealing.key"))
        fill(self.url, self.sealer, keys)
        if server is not None:
            server.run("ANALYZE", self.url.rpartition("/")[2])

    @contextmanager
    def accepted(self) -> Iterator[AcceptedScheme]:
        """A scheme of an API, as a process has it, with no key in memory."""
        store = open_store(self.url)
        yield take_snapshot(store, self.sealer, KeyCache(self.keys)).by_name[API].accepted[0]
        store.close()


def compare(what: str, unit: str, rows: Iterable[Sequence[float]], digits: int = 1) -> None:
    """Print the medians of both columns, and of the second to the first."""
    few, many = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{what:36}{few:12,.{digits}f}{many:12,.{digits}f} {unit:4}{many / few:8.2f}", flush=True)


def look_ups(stocks: Sequence[Stock], rounds: int) -> None:
    heading = "".join(f"{stock.keys:12,}" for stock in stocks)
    print(f"\n{'access keys':36}{heading}{'ratio':>13}")
    new: list[list[float]] = []
    known: list[list[float]] = []
    for at in range(rounds + 1):
        row = [looked_up(stock, at) for stock in stocks]
        if at:  # the first round is to warm up
            new.append([first for first, _ in row])
            known.append([later for _, later in row])
    compare("look-up of a new key", "µs", new)
    compare("look-up of a known key", "µs", known, 3)


def looked_up(stock: Stock, at: int) -> tuple[float, float]:
    """Return how long it takes to find a key in the store, and in memory."""
    step = stock.keys // LOOKED_UP
    names = [name.encode() for name in stock.ids[at % step :: step]]
    with stock.accepted() as accepted:
        first = statistics.median(took(accepted.find_key, [name]) for name in names)
        return first, took(accepted.find_cached, names * 10)


def took(find: Callable[[bytes], object], names: Sequence[bytes]) -> float:
    """Return microseconds for each."""
    began = time.thread_time_ns()
    found = [find(name) for name in names]
    ended = time.thread_time_ns()
    assert None not in found
    return (ended - began) / 1000 / len(names)


def starts(stocks: Sequence[Stock], rounds: int) -> None:
    def ready_after(service: Service) -> float:
        began = time.monotonic()
        with serving(service):
            return time.monotonic() - began

    compare("start until ready", "s", [[ready_after(stock.service) for stock in stocks] for _ in range(rounds)], 2)


def decisions(stocks: Sequence[Stock], rounds: int, seconds: float) -> None:
    with serving(stocks[0].service), serving(stocks[-1].service):
        for stock in stocks:
            asyncio.run(meet(stock, stock.ids[:FEW]))
        rows = [[per_second(stock, stock.ids[:FEW], seconds) for stock in stocks] for _ in range(rounds)]
    compare("decisions", "/s", rows, 0)


def per_second(stock: Stock, names: Sequence[str], seconds: float) -> float:
    """Let wrk ask about these keys. Raises SystemExit if an answer was not a 2xx."""
    folder = stock.service.folder
    (folder / "asked").write_bytes(b"\0".join(asked(name) for name in names))
    script = folder / "asked.lua"
    script.write_text(_ASK.format(path=folder / "asked"))
    words = f"-t1 -c64 -d{seconds:g}s -s {script} http://{HOST}:{stock.decisions}/"
    done = subprocess.run(["taskset", "-c", LOAD_CORE, "wrk", *words.split()], check=True, capture_output=True)
    said = done.stdout.decode()
    if "Non-2xx" in said:
        raise SystemExit(f"not every request was accepted:\n{said}")
    found = re.search(r"Requests/sec:\s*([\d.]+)", said)
    assert found
    return float(found[1])


_ASK = """
local file = io.open("{path}", "rb")
local whole, asked, used = file:read("*a"), {{}}, 0
for one in whole:gmatch("[^%z]+") do asked[#asked + 1] = one end
request = function()
  used = used % #asked + 1
  return asked[used]
end
"""


def memory(stock: Stock) -> None:
    with serving(stock.service):
        print(f"\n{'memory, of a service that was started':44}{stock.service.resident_bytes() / 1e6:8.1f} MB")
        met = 0
        for more in (CACHED, CACHED, 2 * CACHED):
            names = stock.ids[met : met + more]
            asyncio.run(meet(stock, names))
            met += len(names)
            print(f"{f'and has met {met:,} keys':44}{stock.service.resident_bytes() / 1e6:8.1f} MB", flush=True)


async def meet(stock: Stock, names: Sequence[str]) -> None:
    """Ask about each key once, over several connections. Raises SystemExit unless every one is accepted."""
    waiting = iter(names)

    async def ask() -> None:
        reader, writer = await asyncio.open_connection(HOST, stock.decisions)
        for name in waiting:
            writer.write(asked(name))
            head = await reader.readuntil(b"\r\n\r\n")
            if head.split(b" ", 2)[1] != b"204":
                raise SystemExit(f"a key was refused:\n{head.decode()}")
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(ask() for _ in range(8)))


if __name__ == "__main__":
    main()
