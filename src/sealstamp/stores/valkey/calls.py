"""What is asked of a shard, one script at a time, and how the answers of scripts are read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from redis.exceptions import ResponseError

from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.valkey.link import Words

MOST: Final = 256
"""So much is asked by one script; a server answers nobody else while it runs."""


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
