"""Where the servers are that take the writes: always one and the same, what Sentinels say, or a cluster's primaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from redis.asyncio import Connection, Sentinel, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import ClusterError, RedisError

from sealstamp.stores.valkey.urls import Kind, ValkeyUrl

SHARDS: Final = 16
"""Into how many parts what is claimed is divided in a cluster. Part of the data's form: never change it."""
TAGS: Final = (
    *("ss60", "ss42", "ss2", "ss20", "ss61", "ss43", "ss3", "ss21"),
    *("ss62", "ss40", "ss0", "ss22", "ss63", "ss41", "ss1", "ss23"),
)
"""A hash tag for each shard. They are chosen so that each is in a sixteenth of the slots of its own."""

Place = tuple[str, int]
Connect = Callable[[Place], Connection]


class Topology(Protocol):
    """Finds the primary of each shard."""

    shards: int

    async def places(self) -> Sequence[Place | None]:
        """Return where each shard's primary is, as far as there is one, asked anew. Raises RedisError, OSError."""


def make_topology(url: ValkeyUrl, timeout_s: float) -> Topology:
    """Return the topology of what ``url`` names. ``timeout_s`` (seconds) is for each connection and answer."""
    if url.kind is Kind.SENTINEL:
        return _Sentinels(url, timeout_s)
    return _Cluster(url, timeout_s) if url.kind is Kind.CLUSTER else _Single(url)


def make_connect(url: ValkeyUrl, timeout_s: float) -> Connect:
    """Return what makes a connection to a place, not yet connected."""
    options = _options(url, timeout_s)

    def connect(place: Place) -> Connection:
        kind = SSLConnection if url.tls else Connection
        return kind(host=place[0], port=place[1], db=url.database, **options)

    return connect


class _Single:
    shards = 1

    def __init__(self, url: ValkeyUrl) -> None:
        self._place = url.hosts[0]

    async def places(self) -> Sequence[Place | None]:
        return [self._place] * self.shards


class _Sentinels:
    shards = 1

    def __init__(self, url: ValkeyUrl, timeout_s: float) -> None:
        self._url = url
        own = {**_options(url, timeout_s), "username": url.sentinel_username, "password": None}
        if url.sentinel_password is not None:
            own["password"] = url.sentinel_password.reveal().decode()
        self._own = {**own, "ssl": True} if url.tls else own

    async def places(self) -> Sequence[Place | None]:
        sentinels = Sentinel(self._url.hosts, sentinel_kwargs=self._own)  # type: ignore[no-untyped-call]
        try:
            host, port = await sentinels.discover_master(self._url.service)
        finally:
            for sentinel in sentinels.sentinels:
                await sentinel.aclose()
        return [(str(host), int(port))]


class _Cluster:
    """Asks one node for the slots, another one each time: one that is cut off may know nothing new."""

    shards = SHARDS

    def __init__(self, url: ValkeyUrl, timeout_s: float) -> None:
        self._connect = make_connect(url, timeout_s)
        self._hosts = url.hosts
        self._known: Sequence[Place] = ()
        self._turn = 0

    async def places(self) -> Sequence[Place | None]:
        nodes = list(dict.fromkeys([*self._hosts, *self._known]))
        first, self._turn = self._turn % len(nodes), self._turn + 1
        failed: Exception = ClusterError()
        for node in [*nodes[first:], *nodes[:first]]:
            try:
                primaries = _primaries(await ask(self._connect(node), "CLUSTER", "SLOTS"), node[0])
            except (RedisError, OSError) as error:
                failed = error
                continue
            self._known = sorted({place for _, place in primaries})
            return [_primary(primaries, key_slot(tag.encode())) for tag in TAGS]
        raise failed


async def ask(connection: Connection, *words: str | int) -> Any:
    """Connect, ask, read the answer and disconnect. Raises RedisError, OSError."""
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
        await connection.send_command(*words)
        return await connection.read_response()
    finally:
        with suppress(RedisError, OSError):
            await connection.disconnect()


def _primaries(slots: object, asked: str) -> list[tuple[range, Place]]:
    """Read which node has which slots; one that does not know its own name is at the host that was asked."""
    try:
        return [
            (range(first, last + 1), ((node[0] or b"").decode() or asked, int(node[1])))
            for first, last, node, *_ in slots  # type: ignore[attr-defined]
        ]
    except (TypeError, ValueError, LookupError, AttributeError):
        raise ClusterError from None


def _primary(primaries: Sequence[tuple[range, Place]], slot: int) -> Place | None:
    return next((place for slots, place in primaries if slot in slots), None)


def _options(url: ValkeyUrl, timeout_s: float) -> dict[str, Any]:
    options: dict[str, Any] = {
        "username": url.username,
        "password": None if url.password is None else url.password.reveal().decode(),
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        # Never again by itself: what was sent may have been done, and to do it twice could bring a lost life back.
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    return {**options, **_tls(url.files)} if url.tls else options


def _tls(files: Mapping[str, str]) -> dict[str, Any]:
    names = {"ca_file": "ssl_ca_certs", "cert_file": "ssl_certfile", "key_file": "ssl_keyfile"}
    named = {names[name]: path for name, path in files.items()}
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True, **named}
