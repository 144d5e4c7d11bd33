"""What a thief can make of a captured request: another one that carries the captured signature.

The thief knows everything but the secret. What is computed without it, such as a digest of the body, is computed anew;
what needs it is taken over from the captured request.
"""

from __future__ import annotations

from collections.abc import Mapping

from sealstamp.core.example import Example
from sealstamp.core.exposure import Exposure, exposures_of
from sealstamp.core.packing import make_writer
from sealstamp.core.placing import Addition, place_all
from sealstamp.core.request import Request
from sealstamp.core.scheme import SECRET, Carrier, Packed
from sealstamp.errors import VerificationError


class Captured:
    """A request, signed and seen: ``signed`` is what the thief holds. Raises SigningError as signing does."""

    def __init__(
        self, example: Example, request: Request, *, nonce: str = "", values: Mapping[str, str] | None = None
    ) -> None:
        self.example = example
        self.request = request
        self._nonce = nonce or example.nonce
        self._values = values or {}
        instructions = example.sign(request, nonce=self._nonce, values=self._values)
        self.signed = instructions.apply(request)
        self._taken = _needing_secret(example, instructions.values(example.scheme))

    def forge(
        self,
        request: Request,
        *,
        time_ms: int | None = None,
        nonce: str = "",
        values: Mapping[str, str] | None = None,
    ) -> Request:
        """Return ``request`` under the captured signature, where it is to be with another time, nonce or parameters.

        Raises SigningError as signing does.
        """
        scheme = self.example.scheme
        at = self.example.time_ms if time_ms is None else time_ms
        own = self.example.thief.sign(
            request,
            time_ms=at if self.example.dated else None,
            nonce=nonce or self._nonce,
            values={**self._values, **(values or {})},
        )
        carried = dict(zip(scheme.carried, own.values(scheme), strict=True)) | self._taken
        written = {place for place, _ in own.additions}  # what may be left out is not among them
        carriers = (carrier for carrier in scheme.carriers if carrier.places[0] in written)
        return place_all(request, [_addition(carrier, carried) for carrier in carriers])


def _needing_secret(example: Example, values: tuple[bytes, ...]) -> dict[str, bytes]:
    exposures = exposures_of(example.scheme.definitions, (SECRET, *example.scheme.extras))
    carried = zip(example.scheme.carried, values, strict=True)
    return {name: value for name, value in carried if exposures.get(name, Exposure.NONE) is not Exposure.NONE}


def _addition(carrier: Carrier, values: Mapping[str, bytes]) -> Addition:
    value = make_writer(carrier)(values) if isinstance(carrier, Packed) else values[carrier.name]
    return carrier.places[0], value


def is_accepted(example: Example, request: Request, now_ms: int | None = None) -> bool:
    """Tell whether the example's verifier lets a request through."""
    try:
        example.verify(request, now_ms)
    except VerificationError:
        return False
    return True
