"""The replay guard in Valkey: once over all nodes, and never again, whatever becomes of the server."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from sealstamp.core.timing import NEVER_MS
from sealstamp.core.verifier import Claim
from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.lives import Life, LifeState
from sealstamp.stores.sql import SqlStore, open_store
from sealstamp.stores.valkey import keeper
from tests.stores.nodes import BEFORE_BIRTH, MADE, SEEN, WINDOW_MS, Node, fresh, hammered, nodes, now_ms, until
from tests.valkey import Valkey, running

RACERS = 16


@pytest.fixture
def register(tmp_path: Path) -> Iterator[SqlStore]:
    """The key store that the nodes share."""
    store = open_store(f"sqlite:///{tmp_path / 'keys.db'}")
    yield store
    store.close()


@pytest.fixture
def own() -> Iterator[Valkey]:
    """A server of the test's own, to be mistreated."""
    with running() as server:
        yield server


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


async def race(among: list[Node], claim: Claim, racers: int = RACERS) -> Counter[Any]:
    return Counter(await asyncio.gather(*(among[number % len(among)].claim(claim) for number in range(racers))))


async def many(node: Node, ahead_ms: int = 0) -> list[Claim]:
    """Claims that were made. On a busy machine a node may be too late for some."""
    made: list[Claim] = []
    for _ in range(200):
        claims = [fresh(ahead_ms) for _ in range(20 - len(made))]
        answers = await asyncio.gather(*map(node.claim, claims))
        assert set(answers) <= {MADE, None}
        made += [claim for claim, answer in zip(claims, answers, strict=True) if answer is MADE]
        if len(made) == 20:
            return made
        await asyncio.sleep(0.01)
    raise AssertionError(node.problem())


async def never_again(among: list[Node], claims: list[Claim]) -> None:
    """Claims that were made are not made by anybody, from now until all nodes are ready again, and then."""
    tried = 0
    while True:
        ready = all(node.is_ready() for node in among)
        answers = Counter([await node.claim(claim) for claim in claims for node in among])
        assert MADE not in answers
        tried += 1
        if ready and tried > 3 and None not in answers:
            return
        assert tried < 2_000, [node.problem() for node in among]
        await asyncio.sleep(0.01)


def test_of_racers_one_makes_a_claim(valkey: Valkey, register: SqlStore) -> None:
    """Over three nodes, again and again; also where the request is stamped ahead."""

    async def scene() -> None:
        async with nodes(*[valkey.url] * 3, store=register) as three:
            for number in range(200):
                claim = fresh(5_000 if number % 50 == 0 else 0)
                assert await race(three, claim) == {MADE: 1, SEEN: RACERS - 1}
            assert [event for node in three for event, _ in node.told.events] == ["replay_life_opened"]

    play(scene())


def test_claims_of_concurrent_requests_go_together(valkey: Valkey, register: SqlStore) -> None:
    """A thousand claims cost the server some tens of scripts."""

    async def scene() -> None:
        async with nodes(valkey.url, store=register) as (node,):
            before = valkey.client.info("commandstats")["cmdstat_eval"]["calls"]
            answers = await asyncio.gather(*(node.claim(fresh()) for _ in range(1_000)))
            assert answers == [MADE] * 1_000
            assert valkey.client.info("commandstats")["cmdstat_eval"]["calls"] - before < 40

    play(scene())


def test_a_claim_stays_until_its_window_is_over(valkey: Valkey, register: SqlStore) -> None:
    """And a little longer, for clocks that differ; then the server forgets it."""

    async def scene() -> None:
        async with nodes(valkey.url, store=register) as (node,):
            before = set(valkey.client.scan_iter())
            await many(node)
            keys = set(valkey.client.scan_iter()) - before
            assert len(keys) >= 20
            assert all(WINDOW_MS < valkey.client.pttl(key) < WINDOW_MS + 15_000 for key in keys)
            assert await node.claim(Claim(b"late", now_ms() - 50_000, now_ms() - 1)) in (None, BEFORE_BIRTH)

    play(scene())


def test_numbers_only_count_up(valkey: Valkey, register: SqlStore) -> None:
    """The key store decides, for all nodes."""

    async def scene() -> None:
        async with nodes(valkey.url, valkey.url, store=register) as (one, other):
            key = secrets.token_bytes(8)

            def number(value: int) -> Claim:
                return Claim(key, NEVER_MS, NEVER_MS, value)

            assert await race([one, other], number(7)) == {MADE: 1, SEEN: RACERS - 1}
            assert [await node.claim(number(6)) for node in (one, other)] == [SEEN, SEEN]
            assert [await node.claim(number(8)) for node in (other, one)] == [MADE, SEEN]

    play(scene())


@pytest.mark.parametrize("misfortune", ["flushed", "its life deleted", "restarted empty", "restarted from an old copy"])
def test_a_server_that_forgot(misfortune: str, own: Valkey, register: SqlStore) -> None:
    """What was accepted before is refused after, what was stamped ahead too; and the nodes go on by themselves."""

    async def scene() -> None:
        async with nodes(own.url, own.url, store=register) as (one, other), hammered(one, other):
            claims, mark = await many(one, ahead_ms=10_000), register.lives()[0].mark
            if misfortune == "restarted from an old copy":
                own.ask("SAVE")
            claims += await many(other)
            if misfortune == "flushed":
                own.ask("FLUSHALL")
            elif misfortune == "its life deleted":
                assert own.ask("DEL", one.shards[0].life_key) == 1
            else:
                own.kill()
                assert await one.claim(fresh()) is None
                own.start()
                assert (own.ask("DBSIZE") > 0) == (misfortune == "restarted from an old copy")
            await never_again([one, other], claims)
            await until(lambda: register.lives()[0].mark != mark and one.is_ready() and other.is_ready())
            await never_again([one, other], claims)
            assert await race([one, other], fresh()) == {MADE: 1, SEEN: RACERS - 1}

    play(scene())


def test_a_server_that_is_gone(own: Valkey, register: SqlStore) -> None:
    """Every request is refused in time, however many there are; and none any more when it is there again."""

    async def scene() -> None:
        async with nodes(own.url, store=register) as (node,):
            claims = await many(node)
            own.kill()
            for _ in range(20):
                answers = await asyncio.wait_for(asyncio.gather(*(node.claim(fresh()) for _ in range(10))), 5)
                assert answers == [None] * 10
            own.start()
            await never_again([node], claims)
            assert await node.claim(fresh()) is MADE

    play(scene())


def test_a_server_that_says_nothing(own: Valkey, register: SqlStore) -> None:
    """Requests are refused in time; afterwards all is as it was, for nothing was forgotten."""

    async def scene() -> None:
        async with nodes(own.url, store=register) as (node,):
            claims = await many(node)
            mark = register.lives()[0].mark
            own.pause()
            assert await asyncio.wait_for(node.claim(fresh()), 5) is None
            own.resume()
            await never_again([node], claims)
            assert register.lives()[0].mark == mark

    play(scene())


def test_two_primaries(own: Valkey, register: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica is promoted, and the old primary goes on: no claim is made at both, and each node works at times."""
    monkeypatch.setattr(keeper, "_LOST_S", 1.2)

    async def scene(replica: Valkey) -> None:
        replica.follow(own)
        async with nodes(own.url, replica.url, store=register, ready=False) as (old, new):
            await until(old.is_ready)
            claims = await many(old)
            assert new.problem().endswith("is not a primary")
            replica.ask("REPLICAOF", "NO", "ONE")
            made: Counter[str] = Counter()
            while min(made["old"], made["new"]) < 100:
                claim = fresh()
                at_old, at_new = await asyncio.gather(old.claim(claim), new.claim(claim))
                assert (at_old, at_new) != (MADE, MADE)
                await asyncio.sleep(0.001)
                made.update(old=at_old is MADE, new=at_new is MADE)
                assert MADE not in [await node.claim(claim) for node in (old, new) for claim in claims[:2]]
            assert made["old"] >= 100

    with running() as replica:
        play(scene(replica))


def test_a_node_that_cannot_read_the_register(
    own: Valkey, register: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not know of a new life, and its old server answers; so it stops by itself before the new one opens."""
    monkeypatch.setattr(keeper, "_LOST_S", 0.2)

    async def scene(replica: Valkey) -> None:
        replica.follow(own)
        cut_off = open_store(f"sqlite:///{tmp_path / 'keys.db'}")
        async with (
            nodes(own.url, store=cut_off, patience_ms=1_500) as (old,),
            nodes(replica.url, store=register, patience_ms=1_500, ready=False) as (new,),
        ):
            monkeypatch.setattr(cut_off, "lives", _unreachable)
            replica.ask("REPLICAOF", "NO", "ONE")
            while not new.is_ready():
                claim = fresh()
                answers = await asyncio.gather(old.claim(claim), new.claim(claim))
                assert answers != [MADE, MADE]
                await asyncio.sleep(0.001)
            assert await old.claim(fresh()) is None
            assert await new.claim(fresh()) is MADE
        cut_off.close()

    with running() as replica:
        play(scene(replica))


def _unreachable() -> Any:
    raise StoreUnavailableError("the database cannot answer")


def test_what_nobody_foresaw(valkey: Valkey, register: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node refuses and says so, and goes on by itself when it is over."""

    async def scene() -> None:
        async with nodes(valkey.url, store=register) as (node,):
            with monkeypatch.context() as patch:
                patch.setattr(register, "lives", lambda: 1 / 0)
                await until(lambda: "has not answered" in node.problem(), node.problem)
                assert await node.claim(fresh()) is None
            await until(node.is_ready, node.problem)
            assert await node.claim(fresh()) is MADE
            told = {facts["problem"] for event, facts in node.told.events if event == "replay_store_problem"}
            assert "the replay store cannot be looked after: ZeroDivisionError" in told

    play(scene())


def test_a_clock_that_is_wrong(valkey: Valkey, register: SqlStore) -> None:
    """Its node accepts nothing, and says why; the others go on."""

    async def scene() -> None:
        async with nodes(valkey.url, valkey.url, store=register) as (right, wrong):
            wrong.clock_ms = 5_000
            assert await wrong.claim(fresh(5_000)) is None
            await until(lambda: "clock is" in wrong.problem(), wrong.problem)
            assert await right.claim(fresh()) is MADE
            wrong.clock_ms = 0
            await until(wrong.is_ready)

    play(scene())


def test_a_server_that_may_evict(own: Valkey, register: SqlStore) -> None:
    """It is not used as long as it might forget, for want of memory, what it was told."""

    async def scene() -> None:
        async with nodes(own.url, store=register) as (node,):
            own.client.config_set("maxmemory", "100mb")
            own.client.config_set("maxmemory-policy", "volatile-ttl")
            await until(lambda: "noeviction" in node.problem(), node.problem)
            assert await node.claim(fresh()) is None
            own.client.config_set("maxmemory-policy", "noeviction")
            await until(node.is_ready)
            own.client.config_set("maxmemory", "1mb")
            assert await node.claim(fresh()) is None

    play(scene())


def test_an_opener_that_died(valkey: Valkey, register: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody opens its life in its stead, for that could be done twice; another life begins."""
    monkeypatch.setattr(keeper, "_LATE_S", 0.2)
    dead = Life(0, 1, "ab" * 8, LifeState.OPENING, now_ms(), 0, 300)
    assert register.replace_life(None, dead)

    async def scene() -> None:
        async with nodes(valkey.url, valkey.url, store=register) as (one, other):
            assert register.lives()[0].mark != dead.mark
            assert await race([one, other], fresh()) == {MADE: 1, SEEN: RACERS - 1}

    play(scene())


def test_a_patient_node_among_others(valkey: Valkey, register: SqlStore) -> None:
    """The next life waits for the one that may be the last to know that this one is over."""

    async def scene() -> None:
        async with (
            nodes(valkey.url, store=register, patience_ms=200),
            nodes(valkey.url, store=register, patience_ms=600),
        ):
            (life,) = register.lives()
            assert (life.patience_ms, life.follow("next").wait_ms) == (600, 600)

    play(scene())
