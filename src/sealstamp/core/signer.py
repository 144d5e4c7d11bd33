"""Signing: a request and a credential to instructions, which say what to add and where.

::

    signer = Signer(scheme, Credential.of("my-id", "my-secret"))
    signed = signer.sign(request, time_ms=now, nonce="5f1c").apply(request)
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sealstamp.core.compiler import bind_key, compile_scheme
from sealstamp.core.credential import Credential
from sealstamp.core.places import Place, Where
from sealstamp.core.placing import Addition, place_all
from sealstamp.core.request import Request
from sealstamp.core.scheme import LIFETIME, NONCE, TIMESTAMP, Field, Scheme
from sealstamp.core.stages import Stage, show_stages
from sealstamp.core.unpacking import read_carrier
from sealstamp.errors import (
    MalformedCredentialsError,
    MissingComponentError,
    SealstampError,
    SigningError,
    VerificationError,
)


class Instructions:
    """What to add to a request so that it is signed; ``additions`` are (place, value) in the scheme's order."""

    __slots__ = ("additions",)

    def __init__(self, additions: list[Addition]) -> None:
        self.additions = additions

    def apply(self, request: Request) -> Request:
        """Return a copy of ``request`` that carries the signature. Raises SigningError if its body cannot."""
        return place_all(request, self.additions)

    @property
    def headers(self) -> dict[str, str]:
        """The headers to set, for schemes that use no other place."""
        return {place.name: value.decode("latin-1") for place, value in self.additions if place.where is Where.HEADER}

    def values(self, scheme: Scheme) -> tuple[bytes, ...]:
        """Return every carried value, in the scheme's order, empty if it was left out; packed texts are read apart.

        Raises SigningError for a packed text that nobody could read, because of what is in its values.
        """
        written = {(place.where, place.key): value for place, value in self.additions}
        texts = (
            (carrier, written.get((carrier.places[0].where, carrier.places[0].key), b"")) for carrier in scheme.carriers
        )
        try:
            return tuple(value for carrier, text in texts for value in read_carrier(carrier, text))
        except MalformedCredentialsError as error:
            raise SigningError(f"a value contains what would end it: {error}") from None

    def __repr__(self) -> str:
        """Show where values go and none of them."""
        return f"<Instructions {', '.join(str(place) for place, _ in self.additions)}>"


class Signer:
    """Signs requests with one credential; everything that does not differ between requests is done here, once."""

    def __init__(self, scheme: Scheme, credential: Credential) -> None:
        self.scheme = scheme
        self._credential = credential
        _, self._sign = bind_key(scheme, credential, to_sign=True)
        self._given = scheme.given
        self._lifetime = _travelling_lifetime(scheme)
        self._defaults = tuple(scheme.parameters.get(name, "").encode() for name in self._given)
        self._needs_time = scheme.time is not None and TIMESTAMP not in scheme.may_lack
        self._needs_nonce = scheme.nonce is not None and NONCE not in scheme.may_lack

    def sign(
        self,
        request: Request,
        *,
        time_ms: int | None = None,
        nonce: str | None = None,
        values: Mapping[str, str] | None = None,
    ) -> Instructions:
        """Sign ``request``.

        ``time_ms`` is when the request is made, in Unix milliseconds, ``nonce`` any text not used before with this key.
        ``values`` set what is for the signer to say: parameters that travel, ``lifetime`` in the scheme's unit (without
        one, a lifetime that the request has already stays as it is), lists that it chooses, and for a digest of the
        body what is sent instead. Raises MissingComponentError when the scheme needs one that is not given,
        BodyUnavailableError when it signs a body that nobody has read, SigningError when the request itself cannot be
        signed, for example because a signed header is doubled.
        """
        if self._needs_time and time_ms is None:
            raise MissingComponentError(f"scheme {self.scheme.name} signs a time: give time_ms")
        if self._needs_nonce and not nonce:
            raise MissingComponentError(f"scheme {self.scheme.name} needs a nonce")
        try:
            if self._lifetime:
                values = {**self._own_lifetime(request), **(values or {})}
            given = self._merge(values) if values else self._defaults
            additions = self._sign(time_ms, nonce.encode() if nonce else b"", given, request)
            _refuse_line_ends(additions)
            return Instructions(additions)
        except VerificationError as error:
            raise SigningError(str(error)) from None
        except SealstampError as error:
            raise error.with_traceback(None) from None  # the frames it came from have the secret among their locals

    def _merge(self, values: Mapping[str, str]) -> tuple[bytes, ...]:
        if unknown := values.keys() - set(self._given):
            raise SigningError(f"scheme {self.scheme.name} does not let a signer say {', '.join(sorted(unknown))}")
        if not re.fullmatch("[0-9]{0,16}", values.get(LIFETIME, "")):
            raise SigningError("the lifetime is not a plain decimal number")
        return tuple(
            values[name].encode() if name in values else default
            for name, default in zip(self._given, self._defaults, strict=True)
        )

    def _own_lifetime(self, request: Request) -> dict[str, str]:
        """Return the lifetime that the request has before it is signed."""
        found = [place.fields_of(request)[0].get(place.key, b"") for place in self._lifetime]
        text = next(filter(None, found), b"")
        return {LIFETIME: text.decode("utf-8", "replace")} if text else {}

    def stages(self, request: Request, instructions: Instructions, *, reveal: bool = False) -> tuple[Stage, ...]:
        """Return every stage of what was signed, all that is secret shown as ``***`` unless ``reveal``."""
        is_signed = all(place.is_in(request) for place, _ in instructions.additions)
        signed = request if is_signed else instructions.apply(request)
        reread = compile_scheme(self.scheme).reread
        presented = reread(signed) if reread else (b"", None, b"", *instructions.values(self.scheme))
        return show_stages(self.scheme, self._credential, presented, signed, reveal=reveal)


_LINE_FEED, _RETURN, _NUL = b"\n\r\0"  # RFC 9110, section 5.5; as numbers, for which a text is searched fastest


def _refuse_line_ends(additions: list[Addition]) -> None:
    """Raise SigningError for a value that would end its header, and begin another."""
    for place, value in additions:
        if (_LINE_FEED in value or _RETURN in value or _NUL in value) and place.where is Where.HEADER:
            raise SigningError(f"{place}: the value contains the end of a line")


def _travelling_lifetime(scheme: Scheme) -> tuple[Place, ...]:
    """Return where a lifetime travels by itself, unless the API has set another than the scheme's."""
    fields = [carrier for carrier in scheme.carriers if isinstance(carrier, Field) and carrier.name == LIFETIME]
    usual = {parameter.name: parameter.default for parameter in scheme.declared}
    return fields[0].places if fields and scheme.parameters[LIFETIME] == usual[LIFETIME] else ()
