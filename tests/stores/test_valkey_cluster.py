"""Replay claims in a cluster, and behind Sentinels: primaries that change, slots that move."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from redis.crc import key_slot
from redis.exceptions import RedisError

from sealstamp.core.verifier import Claim
from sealstamp.keys.limits import RateLimit
from sealstamp.stores.sql import SqlStore, open_store
from sealstamp.stores.valkey import keeper
from sealstamp.stores.valkey.opening import check_valkey
from sealstamp.stores.valkey.shards import digest_of
from sealstamp.stores.valkey.topology import SHARDS, TAGS, make_topology
from sealstamp.stores.valkey.urls import parse_valkey_url
from tests.server.service import free_port
from tests.server.service import until as wait_until
from tests.stores.nodes import MADE, SEEN, Node, fresh, hammered, nodes, now_ms, until
from tests.stores.test_valkey_replay import RACERS, many, never_again, play, race
from tests.valkey import Cluster, Valkey, cluster, running, sentinel_of


@pytest.fixture(scope="module")
def started() -> Iterator[Cluster]:
    with cluster() as nodes:
        yield nodes


@pytest.fixture
def three(started: Cluster) -> Cluster:
    """A whole cluster, whatever the test before did to it."""
    started.until_ok()
    return started


@pytest.fixture
def register(tmp_path: Path) -> Iterator[SqlStore]:
    """The key store that the nodes share."""
    store = open_store(f"sqlite:///{tmp_path / 'keys.db'}")
    yield store
    store.close()


def shard_of(claim: Claim) -> int:
    return digest_of(claim.token)[0] % SHARDS


def in_shard(number: int) -> Claim:
    return next(claim for claim in iter(fresh, None) if shard_of(claim) == number)


def test_shards_are_spread() -> None:
    """Each is in a sixteenth of the slots of its own, so that primaries with as many slots have as many shards."""
    assert [key_slot(tag.encode()) * SHARDS // 16_384 for tag in TAGS] == list(range(SHARDS))


def test_of_racers_one_makes_a_claim(three: Cluster, register: SqlStore) -> None:
    """Over three nodes and every shard; each primary has some of them."""

    async def scene() -> None:
        await check_valkey(three.url, now_ms, 1.0)
        async with nodes(*[three.url] * 3, store=register) as all_three:
            before = [node.ask("DBSIZE") for node in three.nodes[:3]]
            for number in range(4 * SHARDS):
                claim = in_shard(number % SHARDS)
                assert await race(all_three, claim) == {MADE: 1, SEEN: RACERS - 1}
            more = [node.ask("DBSIZE") - count for node, count in zip(three.nodes, before, strict=False)]
            assert sum(more) == 4 * SHARDS
            assert min(more) >= 4 * 5

    play(scene())


def test_a_user_with_few_rights(three: Cluster) -> None:
    """Those that the documentation names are enough."""
    rights = ["+EVAL", "+GET", "+SET", "+PEXPIRE", "+TIME", "+INFO", "+CLUSTER|SLOTS"]
    for node in three.nodes:
        node.ask("ACL", "SETUSER", "few", "on", ">word", "~{ss*", *rights)
    play(check_few(three.url.replace("//", "//few:word@")))


def test_the_nodes_that_are_named_need_not_live(three: Cluster) -> None:
    """Those that they told of are asked too; and where nobody tells, nobody is made up."""

    async def scene() -> None:
        topology = make_topology(
            parse_valkey_url(three.url.replace("+cluster://", f"+cluster://127.0.0.1:{dead},")), 1.0
        )
        for _ in range(6):  # each of them is asked first some time
            assert set(await topology.places()) == {("127.0.0.1", node.port) for node in three.nodes[:3]}
        alone = make_topology(parse_valkey_url(f"valkey+cluster://127.0.0.1:{dead}"), 1.0)
        with pytest.raises((RedisError, OSError)):
            await alone.places()

    dead = free_port()
    play(scene())


async def check_few(url: str) -> None:
    assert await check_valkey(url, now_ms, 1.0) < 1_000


def test_rates_over_every_shard(three: Cluster, register: SqlStore) -> None:
    """As many get in as the limit says, whichever primary counts them."""

    async def scene() -> None:
        async with nodes(three.url, three.url, store=register) as both:
            limit, now = RateLimit(5, 60_000), now_ms()
            before = list(map(written, three.nodes[:3]))
            for number in range(2 * SHARDS):
                answers = [node.rates.hit(f"key-{number}", limit, now) for node in both for _ in range(4)]
                assert (await asyncio.gather(*answers)).count(0) == 5
            assert all(written(node) > count + 5 for node, count in zip(three.nodes, before, strict=False))

    play(scene())


def written(node: Valkey) -> int:
    """How often anything was set there."""
    return int(node.client.info("commandstats")["cmdstat_set"]["calls"])


def test_a_slot_that_moves(three: Cluster, register: SqlStore) -> None:
    """While it moves its shard refuses, and the others go on; afterwards it begins a new life, and never re-accepts."""
    shard = 2
    tag, source = TAGS[shard], three.owner(TAGS[shard])
    target = (source + 1) % 3

    async def scene() -> None:
        async with (
            nodes(three.url, three.url, store=register) as (one, other),
            hammered(one, other, make=partial(in_shard, shard)),
        ):
            claims = [in_shard(shard) for _ in range(5)]
            assert await asyncio.gather(*map(one.claim, claims)) == [MADE] * 5
            mark = register.lives()[shard].mark
            await asyncio.to_thread(three.begin_move, tag, source, target)
            assert await one.claim(in_shard(shard)) is None
            assert MADE not in [await node.claim(claim) for claim in claims for node in (one, other)]
            assert await other.claim(in_shard(shard + 1)) is MADE
            await asyncio.to_thread(three.end_move, tag, source, target)
            await never_again([one, other], claims)
            await until_accepts(one, shard)
            assert register.lives()[shard].mark != mark
            assert MADE not in [await node.claim(claim) for claim in claims for node in (one, other)]
            assert await race([one, other], in_shard(shard)) == {MADE: 1, SEEN: RACERS - 1}

    try:
        play(scene())
    finally:
        three.begin_move(tag, target, source)
        three.end_move(tag, target, source)


async def until_accepts(node: Node, shard: int) -> None:
    for _ in range(2_000):
        if await node.claim(in_shard(shard)) is MADE:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(node.problem())


def test_a_primary_that_dies(three: Cluster, register: SqlStore) -> None:
    """Its replica takes its place, perhaps without the last writes: its shards begin new lives, the others go on."""

    own = [number for number, tag in enumerate(TAGS) if three.owner(tag) == 0]
    elsewhere = next(number for number, tag in enumerate(TAGS) if three.owner(tag) == 2)

    async def scene() -> None:
        async with (
            nodes(three.url, three.url, store=register) as (one, other),
            hammered(one, other, make=partial(in_shard, own[0])),
        ):
            claims = await many(one)
            before = [life.mark for life in register.lives()]
            three.nodes[0].kill()
            assert await one.claim(in_shard(own[0])) is None
            assert await one.claim(in_shard(elsewhere)) is MADE
            for number in own:
                await until_accepts(other, number)
                await until_accepts(one, number)
            assert MADE not in [await node.claim(claim) for claim in claims for node in (one, other)]
            after = [life.mark for life in register.lives()]
            assert all(before[number] != after[number] for number in own)
            assert before[elsewhere] == after[elsewhere]
            assert await race([one, other], in_shard(own[0])) == {MADE: 1, SEEN: RACERS - 1}

    play(scene())
    three.exchange_first()


def test_a_node_that_divides_the_store_in_another_way(
    valkey: Valkey, register: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest node's way counts, after everybody's patience; those that run refuse."""
    monkeypatch.setattr("sealstamp.stores.valkey.topology._Single.shards", 4)

    async def scene() -> None:
        async with nodes(valkey.url, store=register) as (old,):
            assert {life.shards for life in register.lives()} == {4}
            claims = await many(old)
            monkeypatch.setattr("sealstamp.stores.valkey.topology._Single.shards", 1)
            async with nodes(valkey.url, store=register, ready=False) as (new,):
                while not new.is_ready():
                    claim = fresh()
                    answers = await asyncio.gather(old.claim(claim), new.claim(claim))
                    assert answers != [MADE, MADE]
                    await asyncio.sleep(0.001)
                assert {life.shards for life in register.lives()} == {1}
                assert await old.claim(fresh()) is None
                assert MADE not in [await new.claim(claim) for claim in claims]
                assert await new.claim(fresh()) is MADE

    play(scene())


def test_sentinels_promote_a_replica(register: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nodes ask the Sentinels where the primary is now; what was accepted at the old one is refused at the new."""
    monkeypatch.setattr(keeper, "_LOST_S", 0.3)

    async def scene(primary: Valkey, replica: Valkey, sentinel: Valkey) -> None:
        url = f"valkey+sentinel://127.0.0.1:{sentinel.port}/main"
        await check_valkey(url, now_ms, 1.0)
        async with nodes(url, url, store=register) as (one, other), hammered(one, other):
            claims = await many(one) + await many(other, ahead_ms=10_000)
            sentinel.ask("SENTINEL", "FAILOVER", "main")
            await until(lambda: replica.client.info("replication")["role"] == "master")
            primary.kill()
            while {place_of(node) for node in (one, other)} != {f"127.0.0.1:{replica.port}"}:
                assert MADE not in [await node.claim(claim) for claim in claims[:2] for node in (one, other)]
                await asyncio.sleep(0.01)
            await never_again([one, other], claims)
            assert await race([one, other], fresh()) == {MADE: 1, SEEN: RACERS - 1}

    with running() as primary, running() as replica:
        replica.follow(primary)
        with sentinel_of(tmp_path, primary) as sentinel:
            wait_until(lambda: sentinel.ask("SENTINEL", "REPLICAS", "main"), "the Sentinel to find the replica")
            play(scene(primary, replica, sentinel))


def place_of(node: Node) -> str:
    link = node.shards[0].link
    return "" if link is None else link.place
