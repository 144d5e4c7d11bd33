"""The decision service: which question a proxy asks, whichever listener it came in by."""

from __future__ import annotations

from collections.abc import Awaitable

from sealstamp.server.answers import Answer, new_request_id, problem
from sealstamp.server.controls import Controls
from sealstamp.server.deciding import decide
from sealstamp.server.dialects import find_dialect
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.listener.reading import Asked
from sealstamp.server.locating import Locator
from sealstamp.server.logs import Log
from sealstamp.server.reception import Reception

_PROBES = (b"/healthz", b"/readyz")


class Decisions:
    """Answers proxies, and those who ask whether it can."""

    def __init__(self, directory: Directory, door: Door, locator: Locator, controls: Controls, log: Log) -> None:
        # Proxies deny a request on 401 and 403 only; nginx makes a 500 of anything else.
        self._reception = Reception(directory, door, locator, stray_status=403)
        self._controls = controls
        self._log = log

    def answer(self, asked: Asked) -> Answer | Awaitable[Answer] | None:
        """Answer a proxy's question, at once where nothing has to be waited for.

        None where there is no endpoint for decisions.
        """
        found = find_dialect(asked.target)
        if found is None:
            return None
        try:
            answer = decide(self._reception, found[0], asked, found[1])
        except Exception as error:
            return self._failed(error)
        return answer if isinstance(answer, Answer) else self._answer_later(answer)

    async def _answer_later(self, answer: Awaitable[Answer]) -> Answer:
        try:
            return await answer
        except Exception as error:
            return self._failed(error)

    def _failed(self, error: Exception) -> Answer:
        """Refuse: an error of ours must not let anything in, and its locals may have secrets."""
        self._log.error("decision_failed", problem=type(error).__name__)
        return problem(500, "internal_error", "the service has failed to decide", new_request_id())

    def answer_all(self, asked: Asked) -> Answer | Awaitable[Answer]:
        """Answer whatever is asked on a listener of decisions' own."""
        return self.answer(asked) or self._answer_probe(asked.target)

    def _answer_probe(self, target: bytes) -> Answer:
        if target in _PROBES:
            return self._controls.answers[target]({})
        return problem(
            404,
            "not_found",
            "decisions are taken at /decide, and at /decide/ with a proxy's name behind",
            new_request_id(),
        )
