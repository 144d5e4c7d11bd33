"""Access keys that were met, ready to verify: those of all APIs of a process, and no more of them than it is allowed.

Ids that no key has are remembered too, in a place of their own, so that who asks for them again costs no look-up, and
crowds no key out. One leaves when a key with that id is made.

A key that has changed leaves. So that none comes back behind its own revocation, whoever reads a key from the store
notes ``generation`` before; it is counted up whenever something leaves, and what was read before that is not put in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Set as AbstractSet
from threading import Lock
from typing import Final

from sealstamp.core.verifier import BoundKey
from sealstamp.keys.changes import Kind, News

MAX_STRANGERS: Final = 20_000
"""So many ids that no key has are remembered."""


class KeyShelf:
    """The keys of one scheme at one API, by id; and all of its keys, where the scheme names none.

    They are read without a lock, and changed by the cache alone.
    """

    def __init__(self) -> None:
        self.keys: dict[bytes, BoundKey] = {}
        self.candidates: tuple[BoundKey, ...] | None = None
        """Every key of the API, for a scheme that names none, once they have been read."""
        self.is_open = True
        """Nothing is put on a shelf that was taken away; a request that came before may still read from it."""

    def is_touched(self, ids: AbstractSet[str], consumers: AbstractSet[str]) -> bool:
        """Tell whether one of the candidates, or who holds it, is among these."""
        principals = [key.principal for key in self.candidates or ()]
        return any(one.access_key_id in ids or one.consumer in consumers for one in principals)


class KeyCache:
    """At most ``limit`` keys on shelves; the one that came first leaves first. Candidates are few, and not counted.

    Safe to share between threads.
    """

    def __init__(self, limit: int) -> None:
        self.generation = 0
        self._limit = limit
        self._order: OrderedDict[tuple[KeyShelf, bytes], None] = OrderedDict()
        self._strangers: OrderedDict[tuple[KeyShelf, bytes], None] = OrderedDict()
        self._shelves: dict[str, list[KeyShelf]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._order)

    def add_shelf(self, api: str, shelf: KeyShelf) -> None:
        """Have a shelf for the API with this name."""
        with self._lock:
            self._shelves.setdefault(api, []).append(shelf)

    def put(self, shelf: KeyShelf, access_key_id: bytes, key: BoundKey, generation: int) -> None:
        """Put in a key that was read after ``generation`` was noted, unless something has left since."""
        with self._lock:
            if generation == self.generation and shelf.is_open:
                order, limit, other = self._order, self._limit, self._strangers
                if key.is_stranger:
                    order, limit, other = self._strangers, MAX_STRANGERS, self._order
                other.pop((shelf, access_key_id), None)
                shelf.keys[access_key_id] = key
                order[shelf, access_key_id] = None
                if len(order) > limit:
                    (oldest, named), _ = order.popitem(last=False)
                    del oldest.keys[named]

    def put_candidates(self, shelf: KeyShelf, candidates: tuple[BoundKey, ...], generation: int) -> None:
        """Put in all keys of a shelf, as ``put`` does one."""
        with self._lock:
            if generation == self.generation and shelf.is_open:
                shelf.candidates = candidates

    @property
    def has_candidates(self) -> bool:
        """Tell whether there are candidates on any shelf."""
        return any(shelf.candidates is not None for shelves in list(self._shelves.values()) for shelf in shelves)

    def forget(self, news: News, apis: AbstractSet[str]) -> None:
        """Let go of what has changed, and of the candidates of ``apis``."""
        ids, consumers, gone = (news.names(kind) for kind in (Kind.ACCESS_KEY, Kind.CONSUMER, Kind.API))
        with self._lock:
            self.generation += 1
            self._forget_keys(ids)
            if consumers:
                self._forget_keys_of(consumers)
            for name in self._shelves.keys() & gone:
                self._take_away(self._shelves.pop(name))
            for name, shelves in self._shelves.items():
                for shelf in shelves:
                    if shelf.candidates is not None and (name in apis or shelf.is_touched(ids, consumers)):
                        shelf.candidates = None

    def clear(self) -> None:
        """Let go of every key; shelves stay."""
        with self._lock:
            self.generation += 1
            for shelf in [shelf for of_api in self._shelves.values() for shelf in of_api]:
                self._empty(shelf)

    def forget_all(self) -> None:
        """Let go of everything, shelves too."""
        with self._lock:
            self.generation += 1
            for shelves in self._shelves.values():
                self._take_away(shelves)
            self._shelves.clear()

    def _forget_keys(self, ids: AbstractSet[str]) -> None:
        shelves = [shelf for of_api in self._shelves.values() for shelf in of_api]
        for named in [access_key_id.encode() for access_key_id in ids]:
            for shelf in shelves:
                self._remove(shelf, named)

    def _remove(self, shelf: KeyShelf, named: bytes) -> None:
        if shelf.keys.pop(named, None) is not None:
            self._order.pop((shelf, named), None)
            self._strangers.pop((shelf, named), None)

    def _forget_keys_of(self, consumers: AbstractSet[str]) -> None:
        for shelf, named in [one for one in self._order if one[0].keys[one[1]].principal.consumer in consumers]:
            del shelf.keys[named]
            del self._order[shelf, named]

    def _take_away(self, shelves: list[KeyShelf]) -> None:
        for shelf in shelves:
            shelf.is_open = False
            self._empty(shelf)

    def _empty(self, shelf: KeyShelf) -> None:
        for named in list(shelf.keys):
            self._remove(shelf, named)
        shelf.candidates = None
