"""Keys of pairs: what is signed with one, and which branch verifies."""

from __future__ import annotations

from sealstamp.core.branches import SIGN, Branch, MisplacedSignError, branches_of, signs, switches_by_kind
from sealstamp.core.document import Document
from sealstamp.core.exposure import Exposure, exposures_of
from sealstamp.core.scheme import (
    KEY_KIND,
    SECRET,
    SIGNATURE,
    STRING_TO_SIGN,
    Scheme,
)
from sealstamp.core.tree import (
    names,
)


def check_pairs(scheme: Scheme, document: Document) -> None:
    """``sign`` ends a branch of the signature, and what it signs holds nothing of the key."""
    for name, expression in scheme.definitions.items():
        if name != SIGNATURE and signs(expression):
            problem = f"{SIGN!r} stands in {name!r}, and a verifier cannot compute what only the private key can"
            document.fail(("sign", name), problem, MisplacedSignError("").hint)
    try:
        branches = tuple(branches_of(scheme.definitions[SIGNATURE]))
    except MisplacedSignError as error:
        document.fail(("sign", SIGNATURE), error.problem, error.hint)
    _check_kind_decides(scheme, document)
    if any(branch.sign for branch in branches):
        _check_key_stays(scheme, document, branches)


def _check_kind_decides(scheme: Scheme, document: Document) -> None:
    """The kind of the key is asked for by a switch of the signature, whose every case is for the kind that it names."""
    asked = sum(name == KEY_KIND for tree in scheme.definitions.values() for name in names(tree))
    if asked > sum(1 for switch in switches_by_kind(scheme.definitions[SIGNATURE])):
        problem, hint = (
            f"{KEY_KIND!r} is what a switch of the signature goes by",
            'signature = { switch = "{key_kind}", … }',
        )
        document.fail(("sign",), problem, hint)


def _check_key_stays(scheme: Scheme, document: Document, branches: tuple[Branch, ...]) -> None:
    """Whoever verifies has another half of the pair than who signs, so that both can compute what is not from it."""
    exposures = exposures_of(scheme.definitions)
    mixed = any(branch.sign is None for branch in branches)
    signed = {name for branch in branches if branch.sign for name in names(branch.sign.source)}
    for name in (*scheme.definitions, SECRET):
        kept = name in signed or name == STRING_TO_SIGN or name in scheme.computed or (not mixed and name != SECRET)
        if name != SIGNATURE and kept and exposures[name] is not Exposure.NONE:
            problem = f"{name!r} depends on the secret, which is a key of a pair: who verifies has the other half"
            document.fail(("sign", name), problem, f"use the secret in {SIGN!r} alone")
