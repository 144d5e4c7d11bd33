"""What concurrent requests ask of one shard in one step: one script call that answers all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.valkey.calls import MOST, NotHereError, Reply, read_reply
from sealstamp.stores.valkey.link import Words

T = TypeVar("T")


class Asked(NamedTuple, Generic[T]):
    """A script that is run for many at once; ``read`` takes its answers apart, one for each. Raises ValueError."""

    script: str
    read: Callable[[bytes], Sequence[T]]


class Where(NamedTuple):
    """The life that is asked, and by whom. ``now_ms`` is the wall clock; ``lost`` is told of a lost life."""

    place: str
    life_key: bytes
    now_ms: Callable[[], int]
    max_distance_ms: int
    lost: Callable[[str], None]


class Batch(Generic[T]):
    """One call of a script, to which more can be added until it is sent."""

    def __init__(self, asked: Asked[T], where: Where) -> None:
        self._is_closed = False
        self._asked = asked
        self._where = where
        self._keys = [where.life_key]
        self._words: list[int] = []
        self._waiting: list[asyncio.Future[T]] = []
        self._loop = asyncio.get_running_loop()

    @property
    def is_full(self) -> bool:
        """Tell whether nothing more goes in."""
        return self._is_closed or len(self._waiting) >= MOST

    def add(self, key: bytes, *words: int) -> asyncio.Future[T]:
        """Ask for one more, with what the script wants to know of it; return the answer, once it is known."""
        self._keys.append(key)
        self._words += words
        answer: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append(answer)
        return answer

    def command(self) -> Words:
        """Return the command's words; nothing can be put in any more."""
        self._is_closed = True
        where, keys = self._where, self._keys
        return ("EVAL", self._asked.script, len(keys), *keys, where.now_ms(), where.max_distance_ms, *self._words)

    def answer(self, reply: object) -> None:
        """Tell everybody what was asked for."""
        try:
            answers = self._read(read_reply(reply, self._where.place))
        except StoreUnavailableError as error:
            self.fail(error)
            if isinstance(error, NotHereError):
                self._where.lost(str(error))
            return
        for waiting, answer in zip(self._waiting, answers, strict=True):
            if not waiting.done():
                waiting.set_result(answer)

    def fail(self, error: StoreUnavailableError) -> None:
        """Tell everybody that nobody knows."""
        self._is_closed = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(error)

    def _read(self, reply: Reply) -> Sequence[T]:
        if reply.word == "done" and isinstance(reply.rest, bytes):
            with suppress(ValueError):
                answers = self._asked.read(reply.rest)
                if len(answers) == len(self._waiting):
                    return answers
        raise NotHereError(f"the replay store at {self._where.place} cannot tell: {reply.word}")
