"""What a scheme must keep to, beyond its grammar, in the order in which it is checked."""

from __future__ import annotations

from sealstamp.core.checking.carriers import check_carried, check_carriers
from sealstamp.core.checking.definitions import check_definitions, check_depth
from sealstamp.core.checking.key_pairs import check_pairs
from sealstamp.core.checking.kinds import check_kinds
from sealstamp.core.checking.rules import check_rules
from sealstamp.core.checking.secrets import check_secret
from sealstamp.core.document import Document
from sealstamp.core.scheme import (
    SIGNATURE,
    STRING_TO_SIGN,
    Scheme,
)


def check_scheme(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError at the first thing that does not hold."""
    check_depth(scheme, document)
    check_carried(scheme, document)
    if scheme.definitions or scheme.code is None:
        check_definitions(scheme, document)
        check_kinds(scheme, document)
    _check_code(scheme, document)
    check_carriers(scheme, document)
    check_rules(scheme, document)
    if scheme.definitions:
        check_pairs(scheme, document)
        check_secret(scheme, document)


def _check_code(scheme: Scheme, document: Document) -> None:
    """Commands show these two stages of every scheme."""
    if scheme.described is not None and not {STRING_TO_SIGN, SIGNATURE} <= set(scheme.described.stages):
        hint = f"its describe() gives stages, {STRING_TO_SIGN!r} and {SIGNATURE!r} among them"
        document.fail(("code", "name"), "this code does not name its stages", hint)
