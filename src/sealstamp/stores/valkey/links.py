"""The connections of one node: one to each primary that has a shard."""

from __future__ import annotations

import asyncio

from redis.exceptions import RedisError

from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.valkey.link import Link
from sealstamp.stores.valkey.shards import Shards
from sealstamp.stores.valkey.topology import Connect, Place, Topology


class Links:
    """Finds the primaries, and leads each shard's link to its own."""

    def __init__(self, topology: Topology, connect: Connect, shards: Shards, timeout_s: float) -> None:
        self._topology = topology
        self._connect = connect
        self._shards = shards
        self._timeout_s = timeout_s
        self._links: dict[Place, Link] = {}
        self._work: dict[Place, asyncio.Task[None]] = {}

    async def find(self) -> None:
        """Ask anew where the primaries are. Raises StoreUnavailableError where nobody knows."""
        try:
            async with asyncio.timeout(2 * self._timeout_s):
                places = await self._topology.places()
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(f"nobody says where the primary is: {type(error).__name__}") from None
        for shard, place in zip(self._shards, places, strict=True):
            shard.lead(None if place is None else self._link(place))
        for place in self._links.keys() - set(places):
            await self._end(place)

    async def close(self) -> None:
        """End every connection."""
        for place in list(self._links):
            await self._end(place)

    def _link(self, place: Place) -> Link:
        if place not in self._links:
            link = Link(f"{place[0]}:{place[1]}", lambda: self._connect(place))
            self._links[place] = link
            self._work[place] = asyncio.create_task(link.work())
        return self._links[place]

    async def _end(self, place: Place) -> None:
        del self._links[place]
        work = self._work.pop(place)
        work.cancel()
        await asyncio.wait([work])  # not the work itself: its cancellation could not be told from our own
