"""The endpoints by which others see how the service is doing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sealstamp.errors import StoreUnavailableError
from sealstamp.server.answers import REQUEST_ID, Answer, json_answer, new_request_id, problem
from sealstamp.server.asgi import Scope
from sealstamp.server.clock_watch import ClockWatch
from sealstamp.server.doorway import Doorway

STAMP_STEP_MS = 1_000
"""Clients that write whole seconds stamp up to this much behind."""
TELLING_S = 0.25


class Controls:
    """Answers ``/healthz``, ``/readyz`` and ``/metrics``."""

    def __init__(self, doorway: Doorway, clock: ClockWatch) -> None:
        self._doorway = doorway
        self._door = doorway.door
        self._shared = doorway.shared
        self._clock = clock
        self.answers = {b"/healthz": self.healthz, b"/readyz": self.readyz, b"/metrics": self.metrics}

    def healthz(self, _scope: Scope) -> Answer:
        """Say that the process runs."""
        return json_answer(200, {"status": "ok"})

    def readyz(self, _scope: Scope) -> Answer:
        """Say 503 while a store or a worker is silent, the clock is off, or the guard younger than a request of now."""
        try:
            self._doorway.check()
        except StoreUnavailableError as error:
            return json_answer(503, {"status": "unavailable", "problem": str(error)})
        now_ms = self._door.now_ms()
        if now_ms - STAMP_STEP_MS <= self._shared.replay.trusted_from_ms:
            return json_answer(503, {"status": "starting", "problem": "the replay guard is younger than a second"})
        if self._clock.is_off:
            problem = f"this machine's clock is {self._clock.distance_ms} ms from the store's"
            return json_answer(503, {"status": "unavailable", "problem": problem})
        if silent := self._shared.silent_workers(now_ms):
            problem = f"of the workers on this host, {silent} cannot serve now"
            return json_answer(503, {"status": "unavailable", "problem": problem})
        return json_answer(200, {"status": "ready"})

    async def keep_telling(self) -> None:
        """Tell the other workers for ever, as long as it is so, that this one is well."""
        while True:
            with suppress(StoreUnavailableError):
                self._doorway.check()
                self._shared.counters.beat(self._door.now_ms())
            await asyncio.sleep(TELLING_S)

    def metrics(self, scope: Scope) -> Answer:
        """Write what Prometheus reads, for trusted addresses."""
        if not self._doorway.trust.covers(scope):
            return problem(404, "not_found", "nothing is here", new_request_id())
        headers = [(b"content-type", b"text/plain; version=0.0.4"), (REQUEST_ID, new_request_id().encode())]
        return Answer(200, headers, self._doorway.metrics.render())
