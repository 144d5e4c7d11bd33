"""An example for any scheme: a pair that exists in documentation only, a request, and how it is signed.

Everything is the same each time: what looks random is made from the scheme's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import count
from typing import Final

from sealstamp.core.credential import Credential
from sealstamp.core.places import Where
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Instructions, Signer
from sealstamp.core.stages import Stage
from sealstamp.core.verifier import Principal, Verifier

MOMENT_MS: Final = 1_767_323_045_000
"""2 January 2026, 03:04:05 UTC, when all examples are signed."""
HOST: Final = b"api.example.com"
TARGET: Final = b"/v1/orders?dry=1&to=alice%20b"
CONSUMER: Final = "example"


class Example(Record):
    """A request as it was before it was signed, and what it was signed with; ``nonce`` is empty if there is none."""

    scheme: Scheme
    credential: Credential
    request: Request
    time_ms: int
    nonce: str

    def sign(self, request: Request | None = None, *, nonce: str | None = None) -> Instructions:
        """Sign the request, or another as this one is signed. Raises SigningError."""
        time_ms = self.time_ms if self.scheme.time else None
        signer = Signer(self.scheme, self.credential)
        return signer.sign(request or self.request, time_ms=time_ms, nonce=nonce or self.nonce)

    @property
    def signed(self) -> Request:
        """The request with its signature."""
        return self.sign().apply(self.request)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage as it is: the secret is one that anybody may know."""
        instructions = self.sign()
        signer = Signer(self.scheme, self.credential)
        return signer.stages(instructions.apply(self.request), instructions, reveal=True)

    def verify(self, request: Request, now_ms: int | None = None) -> Principal:
        """Verify a request by the example's pair, at the example's time or another. Raises VerificationError."""
        now_ms = self.time_ms if now_ms is None else now_ms
        verifier = Verifier(self.scheme)
        key = verifier.bind(self.credential, consumer=CONSUMER)
        if self.scheme.names_key:
            return verifier.verify(request, now_ms, {self.credential.access_key_id.encode(): key}.get)
        presented = verifier.present(request, now_ms)
        return verifier.check_candidates(request, presented, [key], now_ms)[0].principal


def example_of(scheme: Scheme) -> Example:
    """Return the scheme's example."""
    access_key_id = scheme.keys.access_key_id.make(_chooser(f"{scheme.name} id")) if scheme.names_key else ""
    secret = scheme.keys.secret.make(_chooser(f"{scheme.name} secret"))
    nonce = scheme.nonce.make.make(_chooser(f"{scheme.name} nonce")) if scheme.nonce else ""
    return Example(scheme, Credential.of(access_key_id, secret), _request(scheme), MOMENT_MS, nonce)


def _request(scheme: Scheme) -> Request:
    """Return a request with a body of the kind in which the scheme carries fields."""
    wheres = {place.where for carrier in scheme.carriers for place in carrier.places}
    kind, body = b"application/json", b'{"amount":1}'
    if Where.FORM in wheres:
        kind, body = b"application/x-www-form-urlencoded", b"amount=1&note=a%20b"
    headers = [(b"host", HOST), (b"content-type", kind)]
    return Request(b"POST", TARGET, headers, authority=HOST, body=body)


def _chooser(seed: str) -> Callable[[Sequence[str]], str]:
    """Return what picks the same items every time: examples are to be the same, and are no secret."""
    drawn = _numbers(seed)
    return lambda items: items[next(drawn) % len(items)]


def _numbers(seed: str) -> Iterator[int]:
    for number in count():
        yield from sha256(f"{seed} {number}".encode()).digest()
