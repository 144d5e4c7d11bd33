"""Body digests: travelling values made of one digest of the body and of nothing else.

A verifier takes what came as the value, for whatever else is computed from it, and compares it with the real bytes when
they come by. So a body of any size passes a gateway without being held in memory.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode
from binascii import a2b_base64, b2a_base64, hexlify, unhexlify
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

from sealstamp.core.filters import FILTERS, RUNTIME, base64url
from sealstamp.core.record import Record
from sealstamp.core.request import lazy
from sealstamp.core.tree import Apply, Atom, Concat, Expression, Part, Switch, Text
from sealstamp.errors import DigestMismatchError

_CODECS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        "hex": hexlify,
        "base64": lambda digest: b2a_base64(digest, newline=False),
        "base64url": base64url,
        "upper": bytes.upper,
        "lower": bytes.lower,
    }
)

_UNDONE: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        "hex": unhexlify,
        "base64": a2b_base64,
        "base64url": lambda text: urlsafe_b64decode(text + b"=" * (-len(text) % 4)),
    }
)


class BodyCheck(Protocol):
    """Stands between a body and whoever is to have it: lets through what may not complete it before it is checked."""

    def update(self, piece: bytes) -> bytes:
        """Take the next bytes, and return those that may go on. Raises DigestMismatchError."""

    def finish(self) -> bytes:
        """Return what was held back of a body that is the signed one. Raises DigestMismatchError for another."""

    def expected(self) -> Mapping[str, bytes]:
        """Return the raw digests that the whole body must have, by hash; none where it is known otherwise."""


class BodyDigest(Record):
    """How a body digest is made: a hash function by its filter's name, and the tree that writes its result."""

    name: str
    hash: str
    tree: Expression

    @lazy
    def new(self) -> Callable[[bytes], Any]:
        """What makes a hash state that has taken in a text."""
        return RUNTIME[self.hash]

    @lazy
    def write(self) -> Callable[[bytes], bytes]:
        """What makes the value that travels from the raw digest."""
        return _writer(self.tree)

    @lazy
    def _read(self) -> Callable[[bytes], bytes]:
        return _reader(self.tree)

    def raw(self, came: bytes) -> bytes | None:
        """Return the raw digest that a value was written from; None where it cannot be told."""
        try:
            digest = self._read(came)
        except ValueError:
            return None
        return digest if len(came) == self.length and self.write(digest) == came else None

    @lazy
    def length(self) -> int:
        """How long every value of it is."""
        return len(self.write(self.new(b"").digest()))


def body_digest_of(name: str, tree: Expression) -> BodyDigest | None:
    """Return how ``name`` is made if it is codecs, and literal texts, around one digest of the body; else None."""
    digests = _digests_in(tree)
    return BodyDigest(name, digests[0], tree) if digests is not None and len(digests) == 1 else None


def _digests_in(node: Expression) -> tuple[str, ...] | None:
    """Return the digests of the body that a tree writes, or None if there is anything else in it."""
    match node:
        case Text():
            return ()
        case Switch():
            branch = _settled(node)
            return None if branch is None else _digests_in(branch)
        case Apply(filter=name, source=Atom(part=Part.BODY), arguments=()) if FILTERS[name].digests:
            return (name,)
        case Apply(filter=name, source=source) if name in _CODECS:
            return _digests_in(source)
        case Concat(parts=parts):
            found = [_digests_in(part) for part in parts]
            return None if None in found else tuple(name for digests in found for name in digests or ())
        case _:
            return None


def _settled(node: Switch) -> Expression | None:
    """Return the one branch that a switch over a parameter leads to; None for a switch over anything else."""
    return dict(node.cases).get(node.subject.value, node.default) if isinstance(node.subject, Text) else None


def _writer(node: Expression) -> Callable[[bytes], bytes]:
    match node:
        case Switch():
            branch = _settled(node)
            assert branch is not None  # noqa: S101  # or there were no such digest
            return _writer(branch)
        case Text(value=value):
            literal = value.encode()
            return lambda _: literal
        case Concat(parts=parts):
            writers = [*map(_writer, parts)]
            return lambda digest: b"".join([write(digest) for write in writers])
        case Apply(filter=name, source=source) if name in _CODECS:
            codec, write = _CODECS[name], _writer(source)
            return codec if write is _as_it_is else lambda digest: codec(write(digest))
        case _:
            return _as_it_is


def _reader(node: Expression) -> Callable[[bytes], bytes]:
    """Return what undoes a writer, of values that it could have written."""
    match node:
        case Switch():
            branch = _settled(node)
            assert branch is not None  # noqa: S101  # or there were no such digest
            return _reader(branch)
        case Concat(parts=parts):
            index = next(index for index, part in enumerate(parts) if not isinstance(part, Text))
            before = sum(len(part.value.encode()) for part in parts[:index] if isinstance(part, Text))
            behind = sum(len(part.value.encode()) for part in parts[index + 1 :] if isinstance(part, Text))
            read = _reader(parts[index])
            return lambda value: read(value[before : len(value) - behind])
        case Apply(filter="upper" | "lower", source=source):
            if not (isinstance(source, Apply) and source.filter == "hex"):
                return lambda _: b""  # case means something in it, and is lost
            read_hex = _reader(source)
            return lambda value: read_hex(value.lower())
        case Apply(filter=name, source=source) if name in _UNDONE:
            undo, rest = _UNDONE[name], _reader(source)
            return lambda value: rest(undo(value))
        case _:
            return _as_it_is


def _as_it_is(digest: bytes) -> bytes:
    return digest


class DigestCheck:
    """Compares digests of a body with those that were signed for it. It holds back the piece that came last.

    Raises DigestMismatchError at once for a value that has not even the length of such a digest, unless all are known
    to have it.
    """

    __slots__ = ("_held", "_states", "_wanted")

    def __init__(self, wanted: Iterable[tuple[BodyDigest, bytes]], *, have_their_length: bool = False) -> None:
        self._wanted = tuple(wanted)
        self._states: list[Any] = []
        self._held = b""
        if not have_their_length:
            _refuse([one for one, came in self._wanted if len(came) != one.length], "is not as long as one")

    def update(self, piece: bytes) -> bytes:
        """Take the next piece, and return the one before it."""
        if not piece:
            return b""
        before, self._held = self._held, piece
        if before:
            self._take_in(before)
        return before

    def finish(self) -> bytes:
        """Return the last piece. Raises DigestMismatchError, naming every digest that does not fit."""
        if states := self._states:
            self._take_in(self._held)
        wrong = [
            one
            for index, (one, came) in enumerate(self._wanted)  # a body in one piece, the usual one, needs no kept state
            if not hmac.compare_digest(came, one.write((states[index] if states else one.new(self._held)).digest()))
        ]
        _refuse(wrong, "is not that of the body which came")
        return self._held

    def compare(self, digests: Mapping[str, bytes]) -> bool:
        """Compare with raw digests of the whole body, by hash, in place of its bytes; False where one is not there.

        Raises DigestMismatchError, naming every digest that does not fit.
        """
        if any(one.hash not in digests for one, _ in self._wanted):
            return False
        wrong = [one for one, came in self._wanted if not hmac.compare_digest(came, one.write(digests[one.hash]))]
        _refuse(wrong, "is not that of the body which came")
        return True

    def expected(self) -> dict[str, bytes]:
        """Return the raw digests that the body must have, by hash, as far as they can be told."""
        found = {one.hash: one.raw(came) for one, came in self._wanted}
        return {name: digest for name, digest in found.items() if digest is not None}

    def _take_in(self, piece: bytes) -> None:
        if not self._states:
            self._states = [one.new(b"") for one, _ in self._wanted]
        for state in self._states:
            state.update(piece)


def _refuse(wrong: list[BodyDigest], problem: str) -> None:
    if wrong:
        raise DigestMismatchError(f"the signed digest {problem}: {', '.join(one.name for one in wrong)}")
