"""Keys in memory: no more than allowed, and none that somebody has been told of."""

from __future__ import annotations

import pytest

from sealstamp.core.verifier import BoundKey, Principal
from sealstamp.keys import key_cache
from sealstamp.keys.changes import Change, Kind, News
from sealstamp.keys.key_cache import KeyCache, KeyShelf


def key(name: str, consumer: str = "acme") -> BoundKey:
    return BoundKey(Principal(name, consumer, "bbx"), lambda presented, request: True)


def shelves(cache: KeyCache, *apis: str) -> list[KeyShelf]:
    made = [KeyShelf() for _ in apis]
    for api, shelf in zip(apis, made, strict=True):
        cache.add_shelf(api, shelf)
    return made


def put(cache: KeyCache, shelf: KeyShelf, *names: str, consumer: str = "acme") -> None:
    for name in names:
        cache.put(shelf, name.encode(), key(name, consumer), cache.generation)


def forget(cache: KeyCache, *changes: Change) -> None:
    cache.forget(News(1, set(changes)), set())


def test_the_first_leaves_first_over_all_shelves() -> None:
    """The limit is one for all; a key that is put again keeps its place."""
    cache = KeyCache(3)
    one, other = shelves(cache, "one", "other")
    put(cache, one, "a", "b", "a")
    put(cache, other, "a", "c")
    assert (list(one.keys), list(other.keys), len(cache)) == ([b"b"], [b"a", b"c"], 3)
    put(cache, other, "d", "e")
    assert (list(one.keys), list(other.keys), len(cache)) == ([], [b"c", b"d", b"e"], 3)


def test_what_was_read_before_something_left_is_not_put_in() -> None:
    """Whatever it was that left: nobody knows in which order reading and changing were."""
    cache = KeyCache(3)
    (shelf,) = shelves(cache, "one")
    noted = cache.generation
    forget(cache, Change(Kind.ACCESS_KEY, "a"))
    cache.put(shelf, b"a", key("a"), noted)
    cache.put_candidates(shelf, (key("a"),), noted)
    assert (shelf.keys, shelf.candidates, len(cache)) == ({}, None, 0)


def test_forgotten_keys_make_room() -> None:
    """By id on all shelves, or by who holds them; the others stay, and the count is right."""
    cache = KeyCache(4)
    one, other = shelves(cache, "one", "other")
    put(cache, one, "a", "b")
    put(cache, other, "a")
    put(cache, other, "c", consumer="umbrella")
    forget(cache, Change(Kind.ACCESS_KEY, "a"), Change(Kind.ACCESS_KEY, "unknown"))
    assert (list(one.keys), list(other.keys), len(cache)) == ([b"b"], [b"c"], 2)
    forget(cache, Change(Kind.CONSUMER, "umbrella"))
    assert (list(one.keys), list(other.keys), len(cache)) == ([b"b"], [], 1)
    put(cache, other, "x", "y", "z")
    assert (len(one.keys), len(other.keys), len(cache)) == (1, 3, 4)


def test_a_shelf_that_was_taken_away() -> None:
    """It is empty, and nothing comes onto it any more."""
    cache = KeyCache(4)
    one, other = shelves(cache, "one", "other")
    put(cache, one, "a")
    put(cache, other, "a")
    forget(cache, Change(Kind.API, "one"))
    put(cache, one, "b")
    assert (one.is_open, list(one.keys), list(other.keys), len(cache)) == (False, [], [b"a"], 1)
    cache.forget_all()
    put(cache, other, "b")
    assert (other.is_open, list(other.keys), len(cache)) == (False, [], 0)


def test_strangers_crowd_out_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that no key has are remembered, so many of them, beside the keys; until one becomes a key."""
    monkeypatch.setattr(key_cache, "MAX_STRANGERS", 2)
    cache = KeyCache(2)
    (shelf,) = shelves(cache, "one")
    put(cache, shelf, "a", "b")
    for name in ("x", "y", "z"):
        stranger = key(name)
        stranger.is_stranger = True
        cache.put(shelf, name.encode(), stranger, cache.generation)
    assert (list(shelf.keys), len(cache)) == ([b"a", b"b", b"y", b"z"], 2)
    forget(cache, Change(Kind.ACCESS_KEY, "y"))
    put(cache, shelf, "z", "y")
    assert (sorted(shelf.keys), len(cache)) == ([b"y", b"z"], 2)
    assert not any(one.is_stranger for one in shelf.keys.values())
    cache.forget_all()
    assert (shelf.keys, len(cache)) == ({}, 0)
