"""A guard with the keys, limits, quotas and records of Sealstamp's own store: the service, inside an application.

::

    guard = open_guard("shop", "sealstamp.toml")

Every driver of a framework takes it as it takes a Guard. What is accepted, and what rates have counted, all processes
of this host share that serve from the store; with the setting ``replay_store``, those of other hosts too.
"""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from sealstamp.core.request import Request
from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.guarding.base import BaseGuard
from sealstamp.guarding.deciding import Admitted, Ask, Desk, ReadBody, decide, decide_blocking
from sealstamp.guarding.home import Home, HomeThread, home_here
from sealstamp.guarding.looking import check_there, look
from sealstamp.guarding.records import ApplicationLog
from sealstamp.server.answers import Answered, new_request_id, refusal_answer
from sealstamp.server.clock import now_ms
from sealstamp.server.doorway import Doorway, open_doorway
from sealstamp.server.logs import Log
from sealstamp.server.settings import Settings, load_settings
from sealstamp.server.sharing import Member


def open_guard(api: str, config: str | os.PathLike[str] | None = None, **settings: Any) -> StoreGuard:
    """Return what guards an application as ``api`` of the store that the settings name.

    They are the service's: ``config`` is a TOML file, else the one that ``SEALSTAMP_CONFIG`` names; ``SEALSTAMP_*``
    variables win over it, and ``settings`` over these. Everything is tried now, so that whatever is wrong is told here.
    Raises ConfigurationError, StoreUnavailableError.
    """
    return StoreGuard(api, load_settings(None if config is None else Path(config), **settings))


class StoreGuard(BaseGuard):
    """Guards an application as one API of a store.

    It begins to work in the event loop of an application that runs its ``lifespan``, and else, with the first request,
    in one of its own. Until then it may be carried over a fork. ``close`` writes what was counted; a process that
    ends does so by itself.
    """

    def __init__(self, api: str, settings: Settings) -> None:
        self._api = api
        member = Member(f"application {api}", is_alone=False)
        self._log = ApplicationLog()
        self._opening = partial(_open, settings, member, self._log)
        self._max_body = settings.max_body
        self._home: Home | None = None
        self._pid = 0
        self._thread: HomeThread | None = None
        self._is_closed = False
        self._beginning = Lock()
        with ExitStack() as entered:
            found = look(settings, member, api, entered)
            self._present = entered.pop_all()  # what others accept from now on is known when this one begins
        super().__init__(tuple(one.verifier.scheme for one in found.accepted), found.responses, now_ms)

    async def admit(self, request: Request, peer: Any, read_body: ReadBody) -> Admitted:
        """Return who signed, and the body where it was read. Raises Answered, with the refusal."""
        home = self._begun
        if home is None:
            home = await asyncio.to_thread(self._begin_or_refuse)
        return await decide(self._desk(home, home.way()), request, peer, read_body)

    def admit_blocking(self, request: Request, peer: Any, read_body: Callable[[int], bytes]) -> Admitted:
        """Do what ``admit`` does in a thread without an event loop, which blocks meanwhile."""
        home = self._begun or self._begin_or_refuse()
        return decide_blocking(self._desk(home, home.ask_blocking), request, peer, read_body)

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """Work in the running loop for as long as the block runs. Raises ConfigurationError, StoreUnavailableError."""
        if self._begun is not None:  # for another application, or for requests that came before
            yield
            return
        self._check_open()
        async with home_here(self._opening) as home:
            self._home, self._pid = home, os.getpid()
            try:
                yield
            finally:
                self._home = None

    def check(self) -> None:
        """Raise StoreUnavailableError, with the problem, while nothing can be decided; for an application's probes.

        Where it does not work yet, it begins to; raises ConfigurationError where what the settings name has gone.
        """
        (self._begun or self._begin()).doorway.check()

    def metrics(self) -> bytes:
        """Return what Prometheus reads, for all processes of this host that guard the same API."""
        return (self._begun or self._begin()).doorway.metrics.render()

    def close(self) -> None:
        """Write what was counted, and end. What is asked afterwards is refused."""
        with self._beginning:
            self._is_closed = True
            thread, self._thread, self._home = self._thread, None, None
            if thread is not None and self._pid == os.getpid():
                atexit.unregister(self.close)
                thread.close()
            self._present.close()

    def __enter__(self) -> StoreGuard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _begun(self) -> Home | None:
        """Where it works, if it does. Raises ConfigurationError in a process forked from one in which it did."""
        if self._home is not None and self._pid != os.getpid():
            problem = "it worked before this process was forked off, and both would use one connection"
            hint = "open it in the worker, such as in gunicorn's post_fork, or let nothing ask it before"
            raise ConfigurationError(f"guard of API {self._api}", problem, hint)
        return self._home

    def _begin(self) -> Home:
        """Work in a thread of its own, unless it works already. Raises ConfigurationError, StoreUnavailableError."""
        with self._beginning:
            home = self._begun
            if home is None:
                self._check_open()
                self._thread = HomeThread(home_here(self._opening))
                home = self._home = self._thread.home
                self._pid = os.getpid()
                atexit.register(self.close)
            return home

    def _begin_or_refuse(self) -> Home:
        """Do what ``_begin`` does for a request. Raises Answered, with a refusal, where that cannot be."""
        try:
            return self._begin()
        except (StoreUnavailableError, ConfigurationError) as error:
            self._log.error("store_not_opened", problem=str(error))
            refusal = StoreUnavailableError("the store cannot be opened")
            answer = refusal_answer(refusal, self._responses, new_request_id(), now_ms())
            raise Answered(answer, refusal.public_reason) from None

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreUnavailableError("the guard was closed")

    def _desk(self, home: Home, ask: Ask) -> Desk:
        """Return who decides, with the API as it is now. Raises Answered."""
        reception = home.reception
        guarded = reception.named(self._api, new_request_id())
        return Desk(guarded, reception.door, reception.locator, ask, self._max_body)


def _open(settings: Settings, member: Member, log: Log, resources: ExitStack) -> Doorway:
    check_there(settings)  # the store may have gone since somebody looked
    return open_doorway(settings, member, resources, log)
