"""From a URL to what is kept there, and the keeper that must run beside it."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Final, NamedTuple

from redis.asyncio import Connection
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.stores.valkey.keeper import Keeper, Register, Telling
from sealstamp.stores.valkey.links import Links
from sealstamp.stores.valkey.rates import ValkeyRates
from sealstamp.stores.valkey.replay import ValkeyReplayGuard
from sealstamp.stores.valkey.shard import Rules, Shard
from sealstamp.stores.valkey.shards import Shards
from sealstamp.stores.valkey.topology import TAGS, make_connect, make_topology
from sealstamp.stores.valkey.urls import Kind, ValkeyUrl, parse_valkey_url

OLDEST: Final = 7
"""The oldest version of Redis that will do; every Valkey says that it is at least as new."""


class Opened(NamedTuple):
    """What is kept in Valkey. Both refuse until the keeper keeps."""

    replay: ValkeyReplayGuard
    rates: ValkeyRates
    keeper: Keeper


def open_valkey(url: str, register: Register, rules: Rules, log: Telling, timeout_s: float) -> Opened:
    """Return what is kept there, and its keeper. Connects to nothing yet. Raises ConfigurationError."""
    parsed = parse_valkey_url(url)
    topology = make_topology(parsed, timeout_s)
    shards = Shards([Shard(number, TAGS[number], rules) for number in range(topology.shards)])
    links = Links(topology, make_connect(parsed, timeout_s), shards, timeout_s)
    keeper = Keeper(shards, links, register, rules, log)
    guard = ValkeyReplayGuard(shards, register, rules, keeper.hurry)
    return Opened(guard, ValkeyRates(shards, keeper.hurry), keeper)


async def check_valkey(url: str, timeout_s: float) -> None:
    """Ask every primary whether it will do. Raises ConfigurationError, StoreUnavailableError."""
    parsed = parse_valkey_url(url)
    connect = make_connect(parsed, timeout_s)
    try:
        async with asyncio.timeout(5 * timeout_s):
            if parsed.kind is not Kind.SENTINEL:
                await _check(parsed, connect(parsed.hosts[0]))
            places = await make_topology(parsed, timeout_s).places()
            for place in sorted({place for place in places if place is not None}):
                await _check(parsed, connect(place))
    except (AuthenticationError, NoPermissionError) as error:
        problem = f"the server refuses: {type(error).__name__}"
        raise ConfigurationError(str(parsed), problem, "give user and password, and allow what is needed") from None
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(f"the replay store {parsed} does not answer: {type(error).__name__}") from None


async def _check(url: ValkeyUrl, connection: Connection) -> None:
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
        await connection.send_command("INFO")
        facts = dict(re.findall(r"^(\w+):(.*?)\r?$", bytes(await connection.read_response()).decode(), re.MULTILINE))
    finally:
        with suppress(RedisError, OSError):
            await connection.disconnect(nowait=True)
    version = facts.get("redis_version", "0")
    if int(version.partition(".")[0]) < OLDEST:
        raise ConfigurationError(str(url), f"the server's version is {version}", f"use Valkey, or Redis {OLDEST}")
    if (facts.get("cluster_enabled") == "1") != (url.kind is Kind.CLUSTER):
        problem, hint = "the server is part of a cluster", "write valkey+cluster://…"
        if url.kind is Kind.CLUSTER:
            problem, hint = "the server is not part of a cluster", "write valkey://… or valkey+sentinel://…"
        raise ConfigurationError(str(url), problem, hint)
    if facts.get("maxmemory", "0") != "0" and facts.get("maxmemory_policy") != "noeviction":
        problem = "the server forgets keys when its memory is full"
        raise ConfigurationError(str(url), problem, "set its maxmemory-policy to noeviction")
