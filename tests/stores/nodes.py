"""Nodes that verify, without the HTTP around them: each a replay guard with a keeper of its own, in one event loop."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from sealstamp.core.verifier import Claim, ClaimResult
from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.sql import SqlStore
from sealstamp.stores.valkey.opening import open_valkey
from sealstamp.stores.valkey.shard import Rules, Shard

WINDOW_MS = 30_000
MADE, SEEN, BEFORE_BIRTH = ClaimResult.MADE, ClaimResult.SEEN, ClaimResult.BEFORE_BIRTH
Outcome = ClaimResult | None
"""None is: nobody can tell."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def fresh(ahead_ms: int = 0) -> Claim:
    """A claim of a request that is signed now, or by a clock that is ahead."""
    stamped_ms = now_ms() + ahead_ms
    return Claim(secrets.token_bytes(12), stamped_ms, stamped_ms + WINDOW_MS)


class Told:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def warning(self, event: str, **facts: object) -> None:
        self.events.append((event, facts))

    error = warning


class Node:
    """One node. Its clock may be wrong by ``clock_ms``."""

    def __init__(self, url: str, store: SqlStore, *, patience_ms: int, distance_ms: int) -> None:
        self.clock_ms = 0
        self.told = Told()
        rules = Rules(lambda: now_ms() + self.clock_ms, distance_ms, 0, patience_ms)
        self.guard, self.rates, self.keeper = open_valkey(url, store, rules, self.told, 1.0)

    async def claim(self, claim: Claim) -> Outcome:
        try:
            answer = self.guard.claim(claim, now_ms() + self.clock_ms)
            return answer if isinstance(answer, ClaimResult) else await answer
        except StoreUnavailableError:
            return None

    @property
    def shards(self) -> Sequence[Shard]:
        return list(self.keeper._shards)

    def is_ready(self) -> bool:
        """Every shard takes claims of requests that are signed now."""
        with suppress(StoreUnavailableError):
            self.guard.check()
            newest_ms = max(shard.trusted_from_ms for shard in self.shards)
            return not any(shard.problem for shard in self.shards) and now_ms() > newest_ms
        return False

    def problem(self) -> str:
        try:
            self.guard.check()
        except StoreUnavailableError as error:
            return str(error)
        return ""


@asynccontextmanager
async def nodes(
    *urls: str, store: SqlStore, patience_ms: int = 300, distance_ms: int = 100, ready: bool = True
) -> AsyncIterator[list[Node]]:
    """Run a node for each URL. ``patience_ms`` and ``distance_ms`` are short, for tests wait for them."""
    made = [Node(url, store, patience_ms=patience_ms, distance_ms=distance_ms) for url in urls]
    async with AsyncExitStack() as stack:
        for node in made:
            task = asyncio.create_task(node.keeper.keep(50))
            stack.push_async_callback(_ended, task)
        if ready:
            await until(lambda: all(node.is_ready() for node in made), lambda: [node.problem() for node in made])
        yield made


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def hammered(*among: Node, make: Callable[[], Claim] = fresh) -> AsyncIterator[None]:
    """Have all nodes claim the same all the time, and earlier claims again: none is ever made twice."""
    made: list[Claim] = []
    stop = asyncio.Event()

    async def hammer() -> None:
        while not stop.is_set():
            claim = make()
            answers = await asyncio.gather(*(node.claim(claim) for node in among))
            assert answers.count(MADE) <= 1
            if MADE in answers:
                made.append(claim)
                earlier = secrets.choice(made)
                assert MADE not in await asyncio.gather(*(node.claim(earlier) for node in among))
            await asyncio.sleep(0.001)

    hammering = asyncio.create_task(hammer())
    try:
        yield
    finally:
        stop.set()
        await hammering
    assert made


async def until(look: Any, told: Any = "", patience: float = 20.0) -> Any:
    """Look again and again, until something is found."""
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, told() if callable(told) else told
        await asyncio.sleep(0.005)
