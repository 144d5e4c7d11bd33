"""Keeps the shards of one node: reads the register, looks at the store, and begins a new life where one was lost.

Every node does the same, at the same time; the register lets one of them do each step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from time import monotonic
from typing import Final, Protocol

from sealstamp.errors import SealstampError, StoreUnavailableError
from sealstamp.keys.lives import Life, LifeState
from sealstamp.keys.ports import LifeRegister, ReplayLedger
from sealstamp.stores.valkey.calls import MOST, Reply, Script
from sealstamp.stores.valkey.links import Links
from sealstamp.stores.valkey.scripts import FILL, LOOK
from sealstamp.stores.valkey.shard import BEGINS, LEASE_MS, Rules, Shard
from sealstamp.stores.valkey.shards import Shards, digest_of

_REST_S: Final = 0.02
"""Two rounds are never closer together, however often somebody hurries."""
_LOST_S: Final = 2.0
"""A life that this node has never seen is given up after this long; another node may know where it is."""
_FIND_S: Final = 0.2
"""Primaries are not looked for more often than this."""
_LATE_S: Final = 5.0
"""One node opens a life in far less; after this long beyond its wait, another life is begun."""


class Register(LifeRegister, ReplayLedger, Protocol):
    """The key store, as far as it is needed here."""


class Telling(Protocol):
    """Where to say what happened."""

    def warning(self, event: str, **facts: object) -> object:
        """Say what somebody should look at."""

    def error(self, event: str, **facts: object) -> object:
        """Say what does not work."""


class Keeper:
    """Keeps ``shards`` for as long as ``keep`` runs."""

    def __init__(
        self,
        shards: Shards,
        links: Links,
        register: Register,
        rules: Rules,
        log: Telling,
    ) -> None:
        self._shards = shards
        self._links = links
        self._register = register
        self._rules = rules
        self._log = log
        self.has_begun = asyncio.Event()
        self._wake = asyncio.Event()
        self._must_find = True
        self._found_at = -_FIND_S
        self._is_new = True
        self._told: set[str] = set()

    def hurry(self, problem: str) -> None:
        """Look at once: something was not as it should be."""
        self._must_find = True
        self._wake.set()

    async def keep(self, interval_ms: int) -> None:
        """Do a round every ``interval_ms`` for ever, and at once when somebody hurries."""
        try:
            while True:
                await self._round_or_problem()
                self.has_begun.set()
                await asyncio.sleep(_REST_S)
                # Not wait_for, which before Python 3.12 may lose a cancellation: the service would not end.
                with suppress(TimeoutError):
                    async with asyncio.timeout(interval_ms / 1000):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            await self._links.close()

    async def _round_or_problem(self) -> None:
        try:
            await self._round()
        except SealstampError as error:
            self._tell({str(error)})
        except Exception as error:  # whatever it is, the next round may do better; without rounds nothing is accepted
            self._tell({f"the replay store cannot be looked after: {type(error).__name__}"})

    async def _round(self) -> None:
        asked_at = monotonic()
        lives = {life.shard: life for life in await asyncio.to_thread(self._register.lives)}
        if any(life.shards != len(self._shards) for life in lives.values()):
            await self._divide(list(lives.values()))
            return
        seen_at = monotonic()  # not asked_at: what was read may have been written after that
        for shard in self._shards:
            shard.see(lives.get(shard.number), seen_at)
        self._shards.fresh_until = asked_at + self._rules.patience_ms / 1000
        problems = await self._find() if self._must_find and seen_at > self._found_at + _FIND_S else set()
        await asyncio.gather(*(self._keep(shard) for shard in self._shards))
        self._is_new = False
        self._tell(problems | {shard.problem for shard in self._shards})

    async def _find(self) -> set[str]:
        """Ask where the primaries are; where nobody says, those that were known may still do."""
        self._must_find, self._found_at = False, monotonic()
        try:
            await self._links.find()
        except StoreUnavailableError as error:
            self._must_find = True
            return {str(error)}
        return set()

    async def _divide(self, lives: Sequence[Life]) -> None:
        """Have the store divided as this node does, if it has just begun; those that do not will refuse."""
        if not self._is_new:
            raise StoreUnavailableError("another service divides the replay store in another way; restart this one")
        wait_ms = max(max(life.wait_ms, life.patience_ms) for life in lives)
        new = [replace(self._first(shard), state=LifeState.WAITING, wait_ms=wait_ms) for shard in self._shards]
        await asyncio.to_thread(self._register.replace_lives, lives, new)
        self._wake.set()

    async def _keep(self, shard: Shard) -> None:
        """Look at a shard, and do the step that it needs next, if there is one."""
        try:
            reply = await self._ask(shard, LOOK, [shard.life_key], [LEASE_MS])
            problem = self._problem_of(reply)
        except StoreUnavailableError as error:
            self._must_find = True
            shard.refuse(str(error))
            return
        if problem:
            shard.refuse(problem)
            return
        try:
            await self._step(shard, is_here=reply.word == "here")
        except StoreUnavailableError as error:
            shard.refuse(str(error))

    def _problem_of(self, reply: Reply) -> str:
        """Say why the server cannot be used, whatever life it has."""
        if reply.word not in ("here", "lost"):
            self._must_find |= reply.word == "replica"
            known = {
                "replica": "the server is not a primary",
                "evicts": "the server evicts keys when its memory is full; set maxmemory-policy noeviction",
            }
            return known.get(reply.word, f"the server answers {reply.word!r}")
        distance_ms = int(str(reply.rest)) - self._rules.now_ms()
        if abs(distance_ms) > self._rules.max_distance_ms:
            return f"this node's clock is {abs(distance_ms)} ms from the replay store's"
        return ""

    async def _step(self, shard: Shard, *, is_here: bool) -> None:
        life, for_s = shard.life, monotonic() - shard.since
        if life is None:
            await self._open(shard, None, self._first(shard))
        elif life.state is LifeState.OPEN:
            await self._hold(shard, life, is_here=is_here)
        elif life.state is LifeState.WAITING and for_s >= life.wait_ms / 1000:
            await self._open(shard, life, replace(life, state=LifeState.OPENING))
        elif life.state is LifeState.OPENING and for_s >= life.wait_ms / 1000 + _LATE_S:
            await self._begin(shard, life)

    def _first(self, shard: Shard) -> Life:
        patience_ms = self._rules.patience_ms
        return Life(shard.number, len(self._shards), token_hex(8), LifeState.OPENING, 0, 0, patience_ms)

    async def _hold(self, shard: Shard, life: Life, *, is_here: bool) -> None:
        """Go on with an open life; or give it up where it was lost."""
        if life.patience_ms < self._rules.patience_ms:
            await self._replace(shard, life, replace(life, patience_ms=self._rules.patience_ms))
        elif is_here:
            shard.hold(monotonic())
        else:
            shard.refuse("the store has lost what it knew")
            shard.missed += 1
            self._must_find = True
            # It may be elsewhere: a node that has seen it knows better than one that has not.
            if shard.missed > 1 and (shard.here_at is not None or monotonic() - shard.since > _LOST_S):
                await self._begin(shard, life)

    async def _begin(self, shard: Shard, life: Life) -> None:
        """Write down that there will be another life."""
        if await self._replace(shard, life, life.follow(token_hex(8))):
            self._log.warning("replay_life_lost", shard=shard.number)

    async def _open(self, shard: Shard, before: Life | None, life: Life) -> None:
        """Open a life, if no other node does: with what was stamped ahead and accepted in earlier lives."""
        life = replace(life, born_ms=self._rules.now_ms())
        if not await self._replace(shard, before, life):
            return
        # Another node's clock may be behind this one's.
        claims = await asyncio.to_thread(self._register.unexpired, life.born_ms - 2 * self._rules.max_distance_ms)
        own = [(digest_of(token), expires_ms) for token, expires_ms in claims]
        own = [claim for claim in own if claim[0][0] % len(self._shards) == shard.number]
        held = ""
        # Once and never again: a step that is done twice could hide that the store was emptied in between.
        for chunk in [own[at : at + MOST] for at in range(0, len(own), MOST)]:
            await self._fill(shard, life, chunk, held, "opening")
            held = "opening"
        await self._fill(shard, life, [], held, "open")
        if await self._replace(shard, life, replace(life, state=LifeState.OPEN)):
            shard.hold(monotonic())
            self._log.warning("replay_life_opened", shard=shard.number)

    async def _fill(self, shard: Shard, life: Life, claims: Sequence[tuple[bytes, int]], held: str, holds: str) -> None:
        keys = [shard.life_key, *(shard.claim_key(digest) for digest, _ in claims)]
        stays = [max(expires_ms - life.born_ms, 0) + 2 * LEASE_MS for _, expires_ms in claims]
        reply = await self._ask(shard, FILL, keys, [held, holds, LEASE_MS, *stays])
        if reply.word != "done":
            raise StoreUnavailableError("the replay store has changed while a life was opened")

    async def _replace(self, shard: Shard, old: Life | None, new: Life) -> bool:
        done = await asyncio.to_thread(self._register.replace_life, old, new)
        if done:
            shard.see(new, monotonic())
        else:
            self._wake.set()  # another node was faster: see what it wrote
        return done

    async def _ask(self, shard: Shard, script: str, keys: Sequence[bytes], words: Sequence[str | int]) -> Reply:
        if shard.link is None:
            raise StoreUnavailableError("there is no primary")
        call = Script(shard.link.place, script, keys, words)
        shard.link.put(call)
        return await call.done

    def _tell(self, problems: set[str]) -> None:
        """Say each problem once for as long as it lasts."""
        for problem in sorted(problems - self._told - {"", BEGINS}):
            self._log.error("replay_store_problem", problem=problem)
        self._told = problems
