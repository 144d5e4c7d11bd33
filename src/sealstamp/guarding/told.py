"""Bodies that a door has not seen: what it told of them, and letting through those alone that are as it was told.

What the ASGI and the WSGI middleware share.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_network
from typing import Any, Final

from sealstamp.core.assertion import check_assertion
from sealstamp.core.toldbody import BodyChecker
from sealstamp.errors import (
    ComponentNotCoveredError,
    ConfigurationError,
    DigestMismatchError,
    InvalidAssertionError,
    VerificationError,
)
from sealstamp.guarding.keys import LOG
from sealstamp.server.answers import Answer, Answered, new_request_id, problem, refusal_answer
from sealstamp.server.trust import Trust

BODY: Final = b"x-sealstamp-body"
ASSERTION: Final = b"x-sealstamp-assertion"
UNIX: Final = "unix"
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_PLACE: Final = "told bodies"
_MOST_BELIEVED: Final = 10_000


class ToldBodies:
    """Whose word about bodies is taken, and what becomes of a body of which nothing is told.

    With ``assertion_key``, as check_assertion takes it, a request has to bring an assertion for ``api``. Without one
    it has to come from ``trusted_addresses``: networks, loopback unless given, and ``unix`` for peers that have no
    address. Given both, both are looked at. ``may_be_untold`` lets pass a body of which nothing is told, as of one that
    the door has compared itself; else it is refused. ``now_s`` is the wall clock in Unix seconds.

    Raises ConfigurationError.
    """

    def __init__(
        self,
        *,
        assertion_key: str | bytes = b"",
        api: str = "",
        trusted_addresses: Iterable[str] | None = None,
        may_be_untold: bool = False,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        if bool(assertion_key) != bool(api):
            hint = "give assertion_key and api, or neither"
            raise ConfigurationError(_PLACE, "an assertion is checked with a key, and for one API", hint)
        self._key = assertion_key
        self._api = api
        self._now_s = now_s
        self._may_be_untold = may_be_untold
        self._believed: dict[str, int] = {}
        """Assertions that were checked, as each is shown for a while, and when they end."""
        self._looks_at_peers = trusted_addresses is not None or not assertion_key
        networks = set(_LOOPBACK if trusted_addresses is None else trusted_addresses)
        self._trusts_unnamed = UNIX in networks
        self._trust = Trust([_network(one) for one in networks - {UNIX}])
        if assertion_key:
            _check_key(assertion_key)

    def begin(self, peer: Any, told: str, assertion: str) -> BodyAsTold | None:
        """Return what a body goes through, or None where it may be any. Raises Answered.

        ``peer`` is the connection's other end, its address first. ``told`` and ``assertion`` are the two headers, empty
        if they are not there; of one that came twice, the values with a comma between.
        """
        if (problem := self._distrust(peer, assertion)) is not None:
            raise refused_answer("not_from_the_door", "this request has not come through the door", problem)
        if not told and self._may_be_untold:
            return None
        try:
            return BodyAsTold(BodyChecker(told) if told else None)
        except DigestMismatchError as refusal:
            raise refusal_of(refusal) from None

    def _distrust(self, peer: Any, assertion: str) -> str | None:
        """Return why the word of this request is not the door's, or None if it is."""
        address = peer[0] if peer else ""
        if self._looks_at_peers and not (self._trust.covers_address(address) if address else self._trusts_unnamed):
            return f"the address {address} is not trusted" if address else "a peer without an address is not trusted"
        if self._key:
            try:
                self._check(assertion, int(self._now_s()))
            except InvalidAssertionError as error:
                return str(error)
        return None

    def _check(self, assertion: str, now_s: int) -> None:
        """Raise InvalidAssertionError for what is no good assertion."""
        if now_s < self._believed.get(assertion, 0):
            return
        said = check_assertion(assertion.encode(), self._key, api=self._api, now_s=now_s)
        if len(self._believed) >= _MOST_BELIEVED:
            self._believed.clear()
        self._believed[assertion] = said.expires_s


class BodyAsTold:
    """Lets a body through but for its last piece, which follows when the whole is known to be as told.

    Of a wrong one ``refused`` has the answer, and whoever asks for more of it gets the error again.
    """

    def __init__(self, checker: BodyChecker | None) -> None:
        self._checker = checker
        self._held = b""
        self._error: VerificationError | None = None
        self.refused: Answered | None = None
        self.is_settled = False
        """Whether the whole body is known to be right."""

    def update(self, piece: bytes) -> bytes:
        """Take the next piece, and return the one before it. Raises DigestMismatchError, ComponentNotCoveredError."""
        self.check()
        if not piece:
            return b""
        if self._checker is None:
            self._refuse(ComponentNotCoveredError("there is a body, and the door has told nothing of it"))
        else:
            self._checker.update(piece)
        before, self._held = self._held, piece
        return before

    def finish(self) -> bytes:
        """Return the last piece. Raises DigestMismatchError."""
        self.check()
        if self._checker is not None:
            try:
                self._checker.finish()
            except DigestMismatchError as refusal:
                self._refuse(refusal)
        self.is_settled = True
        return self._held

    def has_none(self) -> None:
        """Compare no body at all with what was told. Raises Answered."""
        try:
            self.finish()
        except VerificationError:
            if self.refused is not None:
                raise self.refused from None
            raise

    def cut(self) -> None:
        """Refuse a body that ended before it was whole. Raises DigestMismatchError."""
        done = refused_answer("body_incomplete", "the body ended before it was whole", status=400)
        self._refuse(DigestMismatchError("the body ended before it was whole"), done)

    def check(self) -> None:
        """Raise again what was wrong, if anything was."""
        if self._error is not None:
            raise self._error

    def _refuse(self, refusal: VerificationError, done: Answered | None = None) -> None:
        self._held = b""
        self._error, self.refused = refusal, done or refusal_of(refusal)
        raise refusal


def refusal_of(refusal: VerificationError) -> Answered:
    """Return a refusal's answer, and tell the log why."""
    request_id = new_request_id()
    return _told(refusal_answer(refusal, None, request_id, 0), refusal.public_reason, request_id, str(refusal))


def refused_answer(code: str, title: str, why: str = "", *, status: int = 403) -> Answered:
    """Return the answer to what is no body to compare, and tell the log why."""
    request_id = new_request_id()
    return _told(problem(status, code, title, request_id), code, request_id, why or title)


def _told(answer: Answer, reason: str, request_id: str, why: str) -> Answered:
    LOG.info("refused: %s, %s (request id %s)", reason, why, request_id)
    return Answered(answer, reason)


def _network(text: str) -> Any:
    try:
        return ip_network(text)
    except ValueError as error:
        hint = f'give networks such as 10.0.0.0/8, or "{UNIX}"'
        raise ConfigurationError(f"{_PLACE}, trusted_addresses", str(error), hint) from None


def _check_key(key: str | bytes) -> None:
    """Raise ConfigurationError for a key that could check no assertion."""
    with suppress(InvalidAssertionError):
        check_assertion(b"", key, api="", now_s=0)
