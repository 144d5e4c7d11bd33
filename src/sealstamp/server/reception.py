"""What the gateway and the decision endpoint do alike: find the API, let the door decide, word what goes wrong.

Whatever keeps a request from going on raises Answered, with the answer in it; so the ways through stay straight.
"""

from __future__ import annotations

from sealstamp.core.request import Request
from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.routing import AmbiguousPathError
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.server.answers import Answered, problem, refusal_answer
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.locating import Locator

HOST = b"host"


class Reception:
    """Finds the API for a request, and with its ``locator`` the client's address, before its ``door`` decides.

    ``stray_status`` is the HTTP status for every request that is for no API. Without it each has its own: 404, and
    400 where a client could mean two (RFC 9112, section 3.2, for two Hosts).
    """

    def __init__(self, directory: Directory, door: Door, locator: Locator, *, stray_status: int | None = None) -> None:
        self._directory = directory
        self.door = door
        self.locator = locator
        self._stray_status = stray_status

    def find(self, request: Request, request_id: str) -> GuardedApi:
        """Return the API that a request is for. Raises Answered."""
        values, doubled = request.header_fields
        if HOST in doubled:
            raise self._stray(400, "doubled_host", "the Host header came more than once", request_id)
        try:
            found = self._directory.current().routes.find(values.get(HOST, b""), request.path)
        except StoreUnavailableError as refusal:
            raise self._unavailable(refusal, request_id) from None
        except AmbiguousPathError as error:
            raise self._stray(400, "ambiguous_path", str(error), request_id) from None
        if found is None:
            raise self._stray(404, "no_such_api", "no API is configured for this host and path", request_id)
        return self.usable(found, request_id)

    def named(self, name: str, request_id: str) -> GuardedApi:
        """Return the API of this name. Raises Answered."""
        try:
            found = self._directory.current().by_name.get(name)
        except StoreUnavailableError as refusal:
            raise self._unavailable(refusal, request_id) from None
        if found is None:
            raise self._stray(404, "no_such_api", "the API is configured no more", request_id)
        return self.usable(found, request_id)

    def usable(self, found: GuardedApi, request_id: str) -> GuardedApi:
        """Return an API, unless it cannot be guarded. Raises Answered."""
        if found.problem is not None:
            unusable = StoreUnavailableError(f"API {found.name} cannot be guarded: {found.problem}")
            raise self._unavailable(unusable, request_id)
        return found

    def _unavailable(self, refusal: StoreUnavailableError, request_id: str) -> Answered:
        return Answered(refusal_answer(refusal, None, request_id, self.door.now_ms()), refusal.public_reason)

    def _stray(self, status: int, code: str, title: str, request_id: str) -> Answered:
        return Answered(problem(self._stray_status or status, code, title, request_id), code)
