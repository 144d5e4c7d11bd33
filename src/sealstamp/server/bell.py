"""Wakes whoever keeps a copy of the store, as soon as the store says that it has changed.

It only makes things faster: what it says may be lost, so whoever listens looks by itself from time to time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.ports import ChangeFeed
from sealstamp.server.logs import Log

RETRY_S: Final = 1.0


class Bell:
    """Rings for every change of the store that it hears of, as long as it is entered.

    ``open_feed`` gives None where there is nothing to hear.
    """

    def __init__(self, open_feed: Callable[[], ChangeFeed | None], log: Log) -> None:
        self._open_feed = open_feed
        self._log = log
        self._rung = asyncio.Event()

    async def __aenter__(self) -> Bell:
        self._listening = asyncio.create_task(self._keep_listening())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    async def wait(self, seconds: float) -> None:
        """Wait until it rings, and ``seconds`` at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()

    async def _keep_listening(self) -> None:
        """Listen for ever, and again after the store was gone."""
        while True:
            try:
                feed = await asyncio.to_thread(self._open_feed)
                if feed is None:
                    return
                self._rung.set()  # for what was changed while nobody listened
                await self._listen(feed)
            except StoreUnavailableError as error:
                self._log.warning("store_not_heard", problem=str(error))
            await asyncio.sleep(RETRY_S)

    async def _listen(self, feed: ChangeFeed) -> None:
        """Ring for what the feed says. Raises StoreUnavailableError when it ends."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def hear() -> None:
            try:
                if feed.drain():
                    self._rung.set()
            except StoreUnavailableError as error:
                loop.remove_reader(descriptor)
                ended.set_exception(error)

        descriptor = feed.fileno()
        loop.add_reader(descriptor, hear)
        try:
            await ended
        finally:
            loop.remove_reader(descriptor)
            feed.close()
