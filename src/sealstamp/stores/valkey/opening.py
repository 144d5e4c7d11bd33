"""From a URL to what is kept there, and the keeper that must run beside it."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from typing import Final, NamedTuple

from redis.asyncio import Connection
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.stores.valkey.keeper import Keeper, Register, Telling
from sealstamp.stores.valkey.links import Links
from sealstamp.stores.valkey.rates import ValkeyRates
from sealstamp.stores.valkey.replay import ValkeyReplayGuard
from sealstamp.stores.valkey.scripts import PROBE
from sealstamp.stores.valkey.shard import Rules, Shard
from sealstamp.stores.valkey.shards import Shards
from sealstamp.stores.valkey.topology import TAGS, ask, make_connect, make_topology
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


async def check_valkey(url: str, now_ms: Callable[[], int], timeout_s: float) -> int:
    """Ask every primary whether it will do, and try to write there; return how far its clock is, in milliseconds.

    Raises ConfigurationError, StoreUnavailableError.
    """
    parsed = parse_valkey_url(url)
    if parsed.tls:
        _check_files(parsed)
    try:
        async with asyncio.timeout(5 * timeout_s):
            return await _check_all(parsed, now_ms, timeout_s)
    except (RedisError, OSError) as error:
        if _is_refusal(error):
            problem = f"the server refuses: {type(error).__name__}"
            raise ConfigurationError(str(parsed), problem, "give user and password, and allow what is needed") from None
        if _is_about_trust(error):
            problem = "the server's certificate is not trusted here, or is another host's"
            raise ConfigurationError(str(parsed), problem, "give the file of who signed it: ?ca_file=…") from None
        raise StoreUnavailableError(f"the replay store {parsed} does not answer: {type(error).__name__}") from None


async def _check_all(url: ValkeyUrl, now_ms: Callable[[], int], timeout_s: float) -> int:
    connect = make_connect(url, timeout_s)
    if url.kind is not Kind.SENTINEL:
        await _check(url, connect(url.hosts[0]))
    places = await make_topology(url, timeout_s).places()
    tags = {place: tag for place, tag in zip(places, TAGS, strict=False) if place is not None}
    if not tags:
        raise StoreUnavailableError(f"the replay store {url} has no primary")
    distances_ms = []
    for place, tag in tags.items():
        await _check(url, connect(place))
        distances_ms.append(await _try(connect(place), f"{{{tag}}}probe", now_ms))
    return max(distances_ms)


async def _try(connection: Connection, key: str, now_ms: Callable[[], int]) -> int:
    """Do there what claims do; return how far its clock is at least. Where it is no primary, that is told later."""
    before_ms = now_ms()
    reply = await ask(connection, "EVAL", PROBE, 1, key)
    theirs_ms = reply[1] if isinstance(reply, list) and len(reply) > 1 else before_ms
    return max(theirs_ms - now_ms(), before_ms - theirs_ms, 0)


def _check_files(url: ValkeyUrl) -> None:
    """Load what TLS needs, as each connection does later. Raises ConfigurationError."""
    for name, path in url.files.items():
        try:
            context = ssl.create_default_context()
            if name == "ca_file":
                context.load_verify_locations(path)
            else:
                context.load_cert_chain(url.files["cert_file"], url.files.get("key_file"))
        except OSError as error:
            problem = f"{name} {path} cannot be used: {error.strerror or type(error).__name__}"
            raise ConfigurationError(str(url), problem, "name a file in PEM form that the service may read") from None


def _is_refusal(error: Exception) -> bool:
    """Tell whether the server does not let this user do something. Other answers, of a cluster that is down, pass."""
    # What a script may not do has no class of its own.
    return isinstance(error, AuthenticationError | NoPermissionError) or type(error) is ResponseError


def _is_about_trust(error: BaseException | None) -> bool:
    """Tell whether an error comes from a certificate that does not hold."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


async def _check(url: ValkeyUrl, connection: Connection) -> None:
    facts = dict(re.findall(r"^(\w+):(.*?)\r?$", bytes(await ask(connection, "INFO")).decode(), re.MULTILINE))
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
