"""What can be right or wrong with a signed request, for each of the four systems."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.server.conftest import Book
from tests.server.signing import BBX, STARDUST, SYSTEMS, Fields, Pair, System, doubled, replaced, without

MISSING, MALFORMED, OUTSIDE = "missing_credentials", "malformed_credentials", "outside_time_window"
UNKNOWN, MISMATCH, INACTIVE = "unknown_access_key", "signature_mismatch", "inactive_access_key"
REPLAYED, DENIED = "nonce_replayed", "permission_denied"

PUBLIC = {UNKNOWN: "invalid_credentials", MISMATCH: "invalid_credentials"}
"""What callers are told, where it is not the reason itself."""
_PROBLEM_STATUS = {MALFORMED: 400, DENIED: 403}
_STARDUST_CODES = {UNKNOWN: 401, MISMATCH: 401, OUTSIDE: 403}
_STARDUST_MESSAGES = {401: "Wrong Signature", 402: "Authentication Failed", 403: "Signature Expired"}

_unused = itertools.count(1)


@dataclass(frozen=True)
class Case:
    """A request by the name of what is wrong with it; ``reason`` is None for one that is accepted."""

    system: System
    circumstance: str
    reason: str | None
    make: Callable[[Book], Fields]
    sent_twice: bool = False
    once: bool = False
    """Sent to the API that accepts a signature once."""

    def __str__(self) -> str:
        return f"{self.system.name}: {self.circumstance}"

    @property
    def api(self) -> str:
        return f"once-{self.system.name}" if self.once else self.system.name

    @property
    def path(self) -> str:
        return f"/once/{self.system.name}" if self.once else f"/{self.system.name}"

    @property
    def status(self) -> int:
        return 200 if self.reason is None else status_of(self.system, self.reason)


def status_of(system: System, reason: str) -> int:
    if system is STARDUST:
        return _STARDUST_CODES.get(reason, 402)
    if system is BBX:
        return 403 if reason == DENIED else 401
    return _PROBLEM_STATUS.get(reason, 401)


def check_envelope(system: System, reason: str, body: dict[str, object], request_id: str) -> None:
    """Check that a refusal is worded as the system's own are."""
    status = status_of(system, reason)
    if system is STARDUST:
        assert list(body) == ["code", "data", "date", "message", "requestId", "success"]
        assert (body["code"], body["data"], body["success"]) == (status, None, False)
        assert body["message"] == _STARDUST_MESSAGES[status]
        assert body["requestId"] == request_id
    elif system is BBX:
        assert list(body) == ["success", "errorCode", "error"]
        assert (body["success"], body["errorCode"]) == (False, status)
        assert isinstance(body["error"], str)
    else:
        check_problem(body, PUBLIC.get(reason, reason), status, request_id)


def check_problem(body: dict[str, object], code: str, status: int, request_id: str) -> None:
    """Check RFC 9457 problem details."""
    assert body["type"] == f"urn:sealstamp:problem:{code}"
    assert (body["status"], body["code"], body["request_id"]) == (status, code, request_id)
    assert isinstance(body["title"], str)


def cases() -> Iterator[Case]:
    for system in SYSTEMS:
        yield from _cases_of(system)


def _cases_of(system: System) -> Iterator[Case]:
    def case(
        circumstance: str,
        reason: str | None,
        make: Callable[[Book], Fields],
        *,
        sent_twice: bool = False,
        once: bool = False,
    ) -> Case:
        return Case(system, circumstance, reason, make, sent_twice, once)

    right = _signer(system)
    yield case("signed rightly", None, right)
    for name in system.names:
        yield case(f"{name} missing", MISSING, lambda book, name=name: without(right(book), name))
        yield case(f"{name} doubled", MALFORMED, lambda book, name=name: doubled(right(book), name))
    for text in ("", "soon", "+1", "1_000", "\uff11\uff17", "1e9", "9" * 40):
        yield case(f"time {text[:10]!a}", MALFORMED, _signer(system, lambda text=text: text))
    edge = system.window_seconds + 60
    yield case("too old", OUTSIDE, _signer(system, lambda: system.stamp(-edge)))
    yield case("too new", OUTSIDE, _signer(system, lambda: system.stamp(edge)))
    yield case("wrong unit", OUTSIDE, _signer(system, lambda: _in_other_unit(system)))
    yield case("secret wrong", MISMATCH, lambda book: system.sign(book.right.with_other_secret()))
    yield case("signature of nothing", MISMATCH, lambda book: replaced(right(book), system.signature, ""))
    yield case("signature in upper case", MISMATCH, _upper(system))
    yield case("key disabled", INACTIVE, lambda book: system.sign(book.disabled))
    yield case("key expired", INACTIVE, lambda book: system.sign(book.expired))
    yield case("key revoked", INACTIVE, lambda book: system.sign(book.revoked))
    if system.key:
        yield case("key unknown", UNKNOWN, lambda _: system.sign(Pair("nobody", "at all")))
        yield case("key id too long", MALFORMED, lambda book: system.sign(Pair("k" * 300, book.right.secret)))
        yield case("key of another API", DENIED, lambda book: system.sign(book.elsewhere))
    else:
        yield case("key of another API", MISMATCH, lambda book: system.sign(book.elsewhere))
    if system.nonce:
        yield case("nonce repeated", REPLAYED, right, sent_twice=True)
        yield case("nonce too long", MALFORMED, lambda book: system.sign(book.right, nonce="n" * 129))
    # Two requests with one time have one signature, so each of these takes a time that no other has.
    ahead = _signer(system, lambda: system.stamp(next(_unused) % 20 + 1))
    yield case("signature repeated", REPLAYED, ahead, sent_twice=True, once=True)


def _signer(system: System, stamp: Callable[[], str] | None = None) -> Callable[[Book], Fields]:
    return lambda book: system.sign(book.right, stamp() if stamp else None, secrets.token_hex(8))


def _upper(system: System) -> Callable[[Book], Fields]:
    """Sign until the signature has a letter to change."""

    def make(book: Book) -> Fields:
        for seconds in range(20):
            fields = system.sign(book.right, system.stamp(-seconds))
            signature = dict(fields)[system.signature]
            if signature != signature.upper():
                break
        return replaced(fields, system.signature, signature.upper())

    return make


def _in_other_unit(system: System) -> str:
    now = int(system.stamp())
    return str(now // 1000 if system.per_second == 1000 else now * 1000)
