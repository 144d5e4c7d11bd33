"""The branches of a signature's definition: each is made with a shared secret, or with the private key of a pair.

A signature made with a private key cannot be recomputed by who verifies it. It is taken apart instead: the codecs that
wrote it as text are undone, and the public key tells whether the bytes are right. So ``sign`` has its one place, at the
end of a branch, with nothing after it but what can be undone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Final

from sealstamp.core.asymmetric import ALGORITHMS
from sealstamp.core.record import Record
from sealstamp.core.scheme import KEY_KIND, SECRET, SIGNATURE, Scheme
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.tree import Apply, Concat, Expression, Name, Switch, Text, walk

SIGN: Final = "sign"
"""The filter's name."""
SHARED: Final = "shared"
"""The kind of a secret that both sides know."""
KINDS: Final = (SHARED, *dict.fromkeys(entry.family.lower() for entry in ALGORITHMS.values()))
"""Every kind of key, as the cases of a switch name it."""
_UNDO: Final[dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]]] = {
    "hex": (binascii.unhexlify, binascii.hexlify),
    "base64": (binascii.a2b_base64, lambda raw: binascii.b2a_base64(raw, newline=False)),
    "base64url": (base64.urlsafe_b64decode, base64.urlsafe_b64encode),
}
"""Of each filter that may follow ``sign``: what undoes it, and what it does."""


class MisplacedSignError(Exception):
    """``sign`` stands where a verifier could not take the signature apart; ``problem`` and ``hint`` say more."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint or (
            f"end the signature, or a case of its switch, with {{string_to_sign|{SIGN}:ed25519,{SECRET}|base64}}"
        )


class Branch(Record):
    """One way in which a signature is made; without ``sign`` it is recomputed, ``expression`` and all.

    Around what ``sign`` gives stand ``before`` and ``after``, and ``codecs`` have written it as text.
    """

    expression: Expression
    sign: Apply | None = None
    codecs: tuple[str, ...] = ()
    before: bytes = b""
    after: bytes = b""

    @property
    def algorithm(self) -> str:
        """The name of the algorithm; empty for a branch without ``sign``."""
        name = self.sign.arguments[0] if self.sign else None
        return name.value if isinstance(name, Text) else ""

    @property
    def kind(self) -> str:
        """The kind of key that it is for."""
        return ALGORITHMS[self.algorithm].family.lower() if self.sign else SHARED

    def raw(self, text: bytes) -> bytes | None:
        """Return the signature's bytes, or None for a text that this branch would not have written.

        One signature has one text: another spelling of the same bytes would pass a replay guard for a new signature.
        """
        if len(text) < len(self.before) + len(self.after) or not text.startswith(self.before):
            return None
        if not text.endswith(self.after):
            return None
        value = text[len(self.before) : len(text) - len(self.after)]
        for codec in reversed(self.codecs):
            undo, make = _UNDO[codec]
            try:
                raw = undo(value)
            except ValueError:  # binascii.Error is one
                return None
            if make(raw) != value:
                return None
            value = raw
        return value


def branches_of(node: Expression) -> Iterator[Branch]:
    """Yield the branches that can be taken. Raises MisplacedSignError."""
    if not isinstance(node, Switch):
        yield branch_of(node)
        return
    if is_by_kind(node):
        _check_kinds(node)
    for case in _taken(node):
        yield from branches_of(case)


def is_by_kind(switch: Switch) -> bool:
    """Tell whether the kind of the key decides which case is taken."""
    return switch.subject == Name(KEY_KIND)


def switches_by_kind(node: Expression) -> Iterator[Switch]:
    """Yield the switches of a signature that go by the kind of the key."""
    if isinstance(node, Switch):
        yield from (node,) if is_by_kind(node) else ()
        for case in (*(value for _, value in node.cases), node.default):
            yield from switches_by_kind(case) if case is not None else ()


def _check_kinds(switch: Switch) -> None:
    """Each case is for the kind of key that its name says, so that one is taken and no other can be."""
    example = f'{SHARED} = "{{…|hmac:sha512,{SECRET}|base64}}", ed25519 = "{{…|{SIGN}:ed25519,{SECRET}|base64}}"'
    if all(kind == SHARED for kind, _ in switch.cases):
        raise MisplacedSignError(f"a switch by {KEY_KIND!r} has cases for keys of pairs", example)
    if switch.default is not None:
        raise MisplacedSignError(f"a switch by {KEY_KIND!r} has no default: each key is of a kind", example)
    for kind, case in switch.cases:
        if kind not in KINDS:
            raise MisplacedSignError(f"there is no kind of key {kind!r}", did_you_mean(kind, KINDS))
        if wrong := next((branch for branch in branches_of(case) if branch.kind != kind), None):
            raise MisplacedSignError(f"the case of {kind!r} signs with a key that is {wrong.kind!r}", example)


def _taken(switch: Switch) -> list[Expression]:
    """Return the cases, or the one case where the subject is a parameter that an API has set."""
    default = [] if switch.default is None else [switch.default]
    if not isinstance(switch.subject, Text):
        return [case for _, case in switch.cases] + default
    chosen = [case for text, case in switch.cases if text == switch.subject.value]
    return chosen or default


def branch_of(node: Expression) -> Branch:
    """Return what a branch is made of. Raises MisplacedSignError."""
    if not any(_signs(inner) for inner in walk(node)):
        return Branch(node)
    before, inner, after = _literals_apart(node)
    codecs: list[str] = []
    while isinstance(inner, Apply) and inner.filter in _UNDO:
        codecs.insert(0, inner.filter)
        inner = inner.source
    if not isinstance(inner, Apply) or not _signs(inner):
        raise MisplacedSignError(f"only literals and {', '.join(_UNDO)} may stand around {SIGN!r}")
    if any(map(_signs, walk(inner.source))):
        raise MisplacedSignError(f"{SIGN!r} stands inside itself")
    if inner.arguments[1] != Name(SECRET):
        raise MisplacedSignError(f"{SIGN!r} takes the key as it is, which is {SECRET!r}")
    return Branch(node, inner, tuple(codecs), before.encode(), after.encode())


def _literals_apart(node: Expression) -> tuple[str, Expression, str]:
    if not isinstance(node, Concat):
        return "", node, ""
    first = next(index for index, part in enumerate(node.parts) if not isinstance(part, Text))
    before, inner, after = node.parts[:first], node.parts[first], node.parts[first + 1 :]
    if not all(isinstance(part, Text) for part in after):
        raise MisplacedSignError(f"only literals may stand beside {SIGN!r}")
    return _text(before), inner, _text(after)


def _text(parts: tuple[Expression, ...]) -> str:
    return "".join(part.value for part in parts if isinstance(part, Text))


def _signs(node: Expression) -> bool:
    return isinstance(node, Apply) and node.filter == SIGN


def signs(node: Expression) -> bool:
    """Tell whether ``sign`` stands anywhere in an expression."""
    return any(map(_signs, walk(node)))


def algorithms_of(scheme: Scheme) -> tuple[str, ...]:
    """Return the algorithms that a checked scheme signs with; empty if it takes shared secrets alone."""
    return tuple(dict.fromkeys(branch.algorithm for branch in _branches(scheme) if branch.sign))


def takes_shared(scheme: Scheme) -> bool:
    """Tell whether a checked scheme has signatures that are made with a shared secret."""
    return any(branch.sign is None for branch in _branches(scheme))


def _branches(scheme: Scheme) -> Iterator[Branch]:
    return iter(()) if scheme.code is not None else branches_of(scheme.definitions[SIGNATURE])
