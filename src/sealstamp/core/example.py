"""An example for any scheme: a pair that exists in documentation only, a request, and how it is signed.

Everything is the same each time: what looks random is made from the scheme's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import count
from typing import Final

from sealstamp.core.credential import Credential
from sealstamp.core.open_keys import open_rsa_key
from sealstamp.core.places import Where
from sealstamp.core.record import Record
from sealstamp.core.request import Request, lazy
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Instructions, Signer
from sealstamp.core.stages import Stage
from sealstamp.core.tree import Atom, Part, walk
from sealstamp.core.verifier import BoundKey, Principal, Verifier

MOMENT_MS: Final = 1_767_323_045_000
"""2 January 2026, 03:04:05 UTC, when all examples are signed."""
HOST: Final = b"api.example.com"
TARGET: Final = b"/v1/orders?dry=1&to=alice%20b"
CONSUMER: Final = "example"


class Example(Record):
    """A request as it was before it was signed, and what it was signed with; ``nonce`` is empty if there is none.

    ``dated`` tells whether the request carries a time; what is verified without a moment given is verified at
    ``time_ms`` in any case.
    """

    scheme: Scheme
    credential: Credential
    request: Request
    time_ms: int
    nonce: str
    dated: bool

    def sign(
        self, request: Request | None = None, *, nonce: str = "", values: Mapping[str, str] | None = None
    ) -> Instructions:
        """Sign the request, or another as this one is signed. Raises SigningError."""
        time_ms = self.time_ms if self.dated else None
        return self._signer.sign(request or self.request, time_ms=time_ms, nonce=nonce or self.nonce, values=values)

    @lazy
    def thief(self) -> Signer:
        """One that knows everything but the secret: it has the pair's id and another secret of the same form."""
        return Signer(self.scheme, _credential(self.scheme, self.credential.access_key_id, "thief"))

    @lazy
    def _signer(self) -> Signer:
        return Signer(self.scheme, self.credential)

    @lazy
    def _door(self) -> tuple[Verifier, BoundKey]:
        verifier = Verifier(self.scheme)
        return verifier, verifier.bind(self.credential, consumer=CONSUMER)

    @property
    def signed(self) -> Request:
        """The request with its signature."""
        return self.sign().apply(self.request)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage as it is: the secret is one that anybody may know."""
        instructions = self.sign()
        return self._signer.stages(instructions.apply(self.request), instructions, reveal=True)

    def verify(self, request: Request, now_ms: int | None = None) -> Principal:
        """Verify a request by the example's pair, at the example's time or another. Raises VerificationError."""
        now_ms = self.time_ms if now_ms is None else now_ms
        verifier, key = self._door
        if self.scheme.names_key:
            return verifier.verify(request, now_ms, {self.credential.access_key_id.encode(): key}.get)
        presented = verifier.present(request, now_ms)
        return verifier.check_candidates(request, presented, [key], now_ms)[0].principal


def example_of(scheme: Scheme) -> Example:
    """Return the scheme's example."""
    access_key_id = scheme.keys.access_key_id.make(_chooser(f"{scheme.name} id")) if scheme.names_key else ""
    nonce = scheme.nonce.make.make(_chooser(f"{scheme.name} nonce")) if scheme.nonce else ""
    credential = _credential(scheme, access_key_id, "secret")
    return Example(scheme, credential, _request(scheme), MOMENT_MS, nonce, dated=scheme.time is not None)


def _credential(scheme: Scheme, access_key_id: str, role: str) -> Credential:
    """Return a credential made up for a role; whoever sees requests has the further secrets that are shown in them."""
    seeds = {extra: f"{scheme.name} {'secret' if extra.shown else role} {extra.name}" for extra in scheme.keys.extras}
    extras = {extra.name: extra.make.make(_chooser(seed)) for extra, seed in seeds.items()}
    return Credential.of(access_key_id, _secret(scheme, role), **extras)


def _secret(scheme: Scheme, role: str) -> str:
    if scheme.keys.secret.pair == "RSA":
        return open_rsa_key(0 if role == "secret" else 1)
    return scheme.keys.secret.make(_chooser(f"{scheme.name} {role}"))


def takes_form(scheme: Scheme) -> bool:
    """Tell whether fields of an urlencoded body travel, or are signed."""
    wheres = {place.where for carrier in scheme.carriers for place in carrier.places}
    nodes = (node for tree in scheme.definitions.values() for node in walk(tree))
    return Where.FORM in wheres or any(isinstance(node, Atom) and node.part is Part.FORM_FIELDS for node in nodes)


def _request(scheme: Scheme) -> Request:
    """Return a request with a body of the kind in which the scheme carries fields."""
    kind, body = b"application/json", b'{"amount":1}'
    if takes_form(scheme):
        kind, body = b"application/x-www-form-urlencoded", b"amount=1&note=a%20b"
    if any(place.where is Where.XML for carrier in scheme.carriers for place in carrier.places):
        kind, body = b"text/xml", b"<xml><amount>1</amount></xml>"
    headers = [(b"host", HOST), (b"content-type", kind)]
    return Request(b"POST", TARGET, headers, authority=HOST, body=body)


def _chooser(seed: str) -> Callable[[Sequence[str]], str]:
    """Return what picks the same items every time: examples are to be the same, and are no secret."""
    drawn = _numbers(seed)
    return lambda items: items[next(drawn) % len(items)]


def _numbers(seed: str) -> Iterator[int]:
    for number in count():
        yield from sha256(f"{seed} {number}".encode()).digest()
