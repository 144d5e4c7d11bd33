"""Who signs: an access key id and its secret, which never shows itself."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NoReturn, TypeVar

from sealstamp.core.record import Record

T = TypeVar("T")


class Secret:
    """A secret that prints, logs and formats as ``***`` and refuses to be pickled or hashed.

    ``reveal()`` is the one way out, so that every place which handles the plain bytes can be found by name.
    """

    __slots__ = ("_parsed", "_value")

    def __init__(self, value: str | bytes) -> None:
        self._value = value.encode() if isinstance(value, str) else bytes(value)
        self._parsed: object = None

    def reveal(self) -> bytes:
        """Return the plain secret's bytes; never log or store what this returns."""
        return self._value

    def parsed(self, parse: Callable[[bytes], T]) -> T:
        """Return what ``parse`` makes of the bytes, made once: to read an RSA key takes a tenth of a second."""
        if self._parsed is None:
            self._parsed = parse(self._value)
        return self._parsed  # type: ignore[return-value]  # one secret is read in one way

    def __eq__(self, other: object) -> bool:
        """Compare in constant time; anything but a Secret is unequal."""
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a hash would make secrets comparable in variable time

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, _spec: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied out of its process")


_NOTHING: Mapping[str, Secret] = MappingProxyType({})


class Credential(Record):
    """An access key pair, as a client holds it. ``access_key_id`` is empty for schemes that name no key.

    ``extras`` are further secrets of the key by name, such as a passphrase, where the scheme has them.
    """

    access_key_id: str
    secret: Secret
    extras: Mapping[str, Secret] = _NOTHING

    @classmethod
    def of(cls, access_key_id: str, secret: str | bytes, **extras: str | bytes) -> Credential:
        """Make a credential from plain text; the text itself is not kept anywhere else."""
        return cls(access_key_id, Secret(secret), {name: Secret(text) for name, text in extras.items()})
