"""Signing for one origin: the credential, the time and the nonces that every client needs."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final, Self

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.places import IN_BODY, Where
from sealstamp.core.request import Request
from sealstamp.core.runtime import is_visible
from sealstamp.core.scheme import NonceRule, Scheme
from sealstamp.core.signer import Signer
from sealstamp.credentials import CredentialProvider, Source, find_caller, provider_of
from sealstamp.errors import ConfigurationError, SigningError
from sealstamp.schemes import get_scheme
from sealstamp.signing.clock import ServerClock
from sealstamp.signing.origin import Origin

SERVER_TIME: Final = "x-sealstamp-server-time"
"""The header of a refusal that tells the server's time, in Unix milliseconds."""
REFUSED: Final = frozenset([401, 402, 403])
"""Statuses of a refusal that another credential may help against."""
_PER_HOP: Final = frozenset(
    b"connection expect keep-alive proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split()
)
"""Header fields that any proxy may change on the way (RFC 9110, section 7.6.1): they are never signed."""


class Signed:
    """What to change in a request before it is sent.

    ``target`` is the whole raw path and query, ``headers`` what to set, by names as the scheme writes them. ``body`` is
    what to send instead, or None where the body stays as it is.
    """

    __slots__ = ("body", "headers", "target")

    def __init__(self, target: bytes, headers: Sequence[tuple[str, str]], body: bytes | None) -> None:
        self.target = target
        self.headers = headers
        self.body = body


class OriginSigner:
    """Signs requests to one origin, such as ``https://api.example.com``; may be used from several threads.

    ``scheme`` is a scheme or the name of one, ``credential`` a credential or what gives one: a function, or a provider
    of ``sealstamp.credentials``. ``values`` are what a signer may say, such as a list of headers. With ``learns_time``
    a refusal that tells the server's time sets the clock that is signed by.

    Raises NotFoundError and SchemeError for the scheme, ConfigurationError for what is no origin.
    """

    def __init__(
        self,
        origin: str,
        scheme: Scheme | str,
        credential: Credential | Source | CredentialProvider,
        *,
        values: Mapping[str, str] | None = None,
        learns_time: bool = False,
        clock: ServerClock | None = None,
    ) -> None:
        self.origin = Origin.of(origin)
        self.scheme = get_scheme(scheme) if isinstance(scheme, str) else scheme
        self._protocol, self._authority = self.origin.scheme.encode(), self.origin.authority.encode()
        self._credentials = provider_of(credential)
        self._values = dict(values or {})
        self._learns = learns_time and self.origin.is_private
        self._clock = clock or ServerClock()
        self._signer: tuple[Credential, Signer] | None = None
        self._nonces = _Nonces(self.scheme.nonce)
        places = [place for carrier in self.scheme.carriers for place in carrier.places]
        self._headers_only = all(place.where is Where.HEADER for place in places)
        self.signs_in_body = any(place.where in IN_BODY for place in places)
        """Whether the signature may travel in the body, which is then another than before."""
        self.reads_body = self.scheme.needs_body or self._covers_body()
        """Whether a body has to be in memory before it can be signed; else it may be a stream."""

    @classmethod
    def find(
        cls,
        *,
        profile: str | None = None,
        server: str | None = None,
        scheme: str | None = None,
        credential: Credential | Source | CredentialProvider | None = None,
        learns_time: bool = False,
        fallback: str | None = None,
    ) -> Self:
        """Return a signer with what is not given found in a profile or the environment, as ``find_caller`` looks.

        ``fallback`` is the server where nobody tells one, such as that of the URL that is called.
        Raises ConfigurationError where nobody tells of a pair, a server or a scheme, else as the class does.
        """
        caller = find_caller(credential, profile=profile, server=server, scheme=scheme)
        origin = caller.server or fallback
        if not origin or not caller.scheme:
            missing = "scheme" if origin else "server"
            raise ConfigurationError(missing, "nobody has told it", f"give {missing}, or write it into the profile")
        plain = get_scheme(caller.scheme)
        said = caller.parameters.keys() & set(plain.given) - plain.parameters.keys()
        settings = {name: value for name, value in caller.parameters.items() if name not in said}
        values = {name: caller.parameters[name] for name in said}
        made = get_scheme(caller.scheme, settings) if settings else plain
        return cls(origin, made, caller.credentials, values=values, learns_time=learns_time)

    def _covers_body(self) -> bool:
        """Tell whether the body's bytes may be signed; not where ``values`` say what is in place of each digest."""
        digests = self.scheme.body_digests
        if digests:
            return not digests.keys() <= self._values.keys()
        return Covered.BODY in coverage_of(self.scheme)

    def sign(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes | None = b""
    ) -> Signed:
        """Sign what is about to be sent; every call has a time and a nonce of its own.

        ``target`` and ``headers`` are as they will be sent, ``body`` None for a stream that nobody has read. Raises
        SigningError, and what the credential's source raises.
        """
        lines = [(name, value) for key, value in headers if (name := key.lower()) not in _PER_HOP]
        authority = self._authority
        if all(name != b"host" for name, _ in lines):
            lines.insert(0, (b"host", authority))
        request = Request(method.encode(), target, lines, scheme=self._protocol, authority=authority, body=body)
        instructions = self._current().sign(
            request, time_ms=self._clock.now_ms(), nonce=self._nonces.next(), values=self._values
        )
        written = [_line(place.name, value) for place, value in instructions.additions if place.where is Where.HEADER]
        if self._headers_only:
            return Signed(target, written, None)
        signed = instructions.apply(request)
        return Signed(signed.target, written, signed.body if signed.body != body else None)

    def prepare(self) -> None:
        """Ask for the credential where that may take its time: a command may be run. Raises what its source raises."""
        self._credentials.current()

    @property
    def is_prepared(self) -> bool:
        """Whether signing waits for nothing."""
        return self._credentials.known() is not None

    def _current(self) -> Signer:
        """Return the signer of the credential in force; it is made anew where that has changed."""
        credential, held = self._credentials.current(), self._signer
        if held is None or (held[0] is not credential and held[0] != credential):
            held = self._signer = credential, Signer(self.scheme, credential)
        return held[1]

    def heed(self, status: int, told: str | None) -> bool:
        """Take note of an answer and its header SERVER_TIME; returns whether to sign and send once more.

        That is where the time was wrong and another is known now, which ``learns_time`` must allow, or the credential
        was refused and its source has another. Over plain HTTP to another machine no time is learnt: anybody on the way
        could have signatures made for a time to come.
        """
        if not 400 <= status < 500:
            return False
        if told is not None:
            return self._learns and re.fullmatch("[0-9]{1,15}", told) is not None and self._clock.set_by(int(told))
        held = self._signer
        return status in REFUSED and held is not None and self._credentials.renewed(held[0]) is not None


class _Nonces:
    """Makes nonces by a scheme's rule, each once, whoever asks at the same time."""

    def __init__(self, rule: NonceRule | None) -> None:
        self._rule = rule
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> str | None:
        """Return a nonce, None for a scheme without."""
        rule = self._rule
        if rule is None:
            return None
        if rule.grows:
            return self._count(rule)
        return rule.make.make(_Dice().choose)

    def _count(self, rule: NonceRule) -> str:
        with self._lock:
            self._last = max(self._last + 1, int(rule.counted(time.time_ns())))
            return str(self._last)


class _Dice:
    """Chooses at random, as ``secrets.choice`` does, but asks the system once for many choices."""

    def __init__(self) -> None:
        self._bytes = iter(os.urandom(128))

    def choose(self, items: Sequence[str]) -> str:
        """Return one of at most 256 items; bytes that would make some likelier than others are passed over."""
        count = len(items)
        limit = 256 - 256 % count
        while True:
            for byte in self._bytes:
                if byte < limit:
                    return items[byte % count]
            self._bytes = iter(os.urandom(128))


def _line(name: str, value: bytes) -> tuple[str, str]:
    if not is_visible(value):
        raise SigningError(f"header {name}: what would travel there is not visible ASCII")
    return name, value.decode()
