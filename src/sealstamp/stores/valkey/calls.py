"""What is asked of a shard: to make claims, to say whether its life is there, to begin a new one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from redis.exceptions import ResponseError

from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.valkey.link import Words
from sealstamp.stores.valkey.scripts import CLAIM

MOST: Final = 256
"""As many claims go into one script; a server answers nobody else while it runs."""


class NotHereError(StoreUnavailableError):
    """The store answers, but not as the primary that has the shard's life."""


class Reply(NamedTuple):
    """What a script said: a word, and what follows it."""

    word: str
    rest: object


def read_reply(reply: object, place: str) -> Reply:
    """Take a script's reply apart. Raises StoreUnavailableError for a refusal, by its first word alone."""
    if isinstance(reply, ResponseError):
        raise NotHereError(f"the replay store at {place} refuses: {type(reply).__name__}")
    if not isinstance(reply, list) or not reply or not isinstance(reply[0], bytes):
        raise StoreUnavailableError(f"the replay store at {place} answers what it should not")
    return Reply(reply[0].decode("ascii", "replace"), reply[1] if len(reply) > 1 else None)


class Script:
    """One script to run, whose reply is ``done``."""

    def __init__(self, place: str, script: str, keys: Sequence[bytes], words: Sequence[str | int]) -> None:
        self.done: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._place = place
        self._words: Words = ("EVAL", script, len(keys), *keys, *words)

    def command(self) -> Words:
        """Return the command's words."""
        return self._words

    def answer(self, reply: object) -> None:
        """Take the reply."""
        if not self.done.done():
            try:
                self.done.set_result(read_reply(reply, self._place))
            except StoreUnavailableError as error:
                self.done.set_exception(error)

    def fail(self, error: StoreUnavailableError) -> None:
        """Take the reason why there is none."""
        if not self.done.done():
            self.done.set_exception(error)


class Claims:
    """Claims of one shard that are made in one step. ``now_ms`` is the wall clock; ``lost`` is told of a lost life."""

    def __init__(
        self,
        place: str,
        life_key: bytes,
        now_ms: Callable[[], int],
        max_distance_ms: int,
        lost: Callable[[str], None],
    ) -> None:
        self._is_closed = False
        self._place = place
        self._now_ms = now_ms
        self._max_distance_ms = max_distance_ms
        self._lost = lost
        self._keys = [life_key]
        self._lives: list[int] = []
        self._made: list[asyncio.Future[bool]] = []
        self._loop = asyncio.get_running_loop()

    @property
    def is_full(self) -> bool:
        """Tell whether no more claims go in."""
        return self._is_closed or len(self._made) >= MOST

    def add(self, key: bytes, life_ms: int) -> asyncio.Future[bool]:
        """Put a claim in, which will stay for ``life_ms``; return whether it was made, once that is known."""
        self._keys.append(key)
        self._lives.append(life_ms)
        made = self._loop.create_future()
        self._made.append(made)
        return made

    def command(self) -> Words:
        """Return the command's words; nothing can be put in any more."""
        self._is_closed = True
        keys = self._keys
        return ("EVAL", CLAIM, len(keys), *keys, self._now_ms(), self._max_distance_ms, *self._lives)

    def answer(self, reply: object) -> None:
        """Tell each claim whether it was made."""
        try:
            bits = self._bits(read_reply(reply, self._place))
        except StoreUnavailableError as error:
            self.fail(error)
            if isinstance(error, NotHereError):
                self._lost(str(error))
            return
        for made, bit in zip(self._made, bits, strict=True):
            if not made.done():
                made.set_result(bit == _ONE)

    def fail(self, error: StoreUnavailableError) -> None:
        """Tell each claim that nobody knows."""
        self._is_closed = True
        for made in self._made:
            if not made.done():
                made.set_exception(error)

    def _bits(self, reply: Reply) -> bytes:
        if reply.word == "done" and isinstance(reply.rest, bytes) and len(reply.rest) == len(self._made):
            return reply.rest
        raise NotHereError(f"the replay store at {self._place} cannot tell: {reply.word}")


_ONE: Final = ord("1")
