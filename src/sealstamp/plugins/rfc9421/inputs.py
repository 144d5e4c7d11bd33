"""Signature-Input and Signature: the labelled signatures of a request (RFC 9421, sections 4.1 and 4.2).

Both are dictionaries of structured fields. What nearly every client writes, the six parameters of the RFC and nothing
unusual in them, is read by one regular expression; all else is read by the parser, which decides what is right.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sealstamp.errors import MalformedCredentialsError
from sealstamp.plugins.rfc9421.base import Covered
from sealstamp.plugins.structured import (
    InnerList,
    Item,
    StructuredError,
    parse_dictionary,
    write_inner_list,
    write_parameters,
)

MAX_SIGNATURES: Final = 16
"""More labels than this are refused."""
STRINGS: Final = frozenset({"keyid", "nonce", "alg", "tag"})
INTEGERS: Final = frozenset({"created", "expires"})
_TYPES: Final = dict.fromkeys(STRINGS, str) | dict.fromkeys(INTEGERS, int)

_KEY = r"[a-z*][a-z0-9_\-.*]*+"
_STRING, _INTEGER = r'"([ !#-\[\]-~]*+)"', r"(0|[1-9][0-9]{0,14}+)"
_NAMES: Final = ("created", "expires", "keyid", "nonce", "alg", "tag")
_PARAMETERS = "|".join(f"{name}={_INTEGER if name in INTEGERS else _STRING}" for name in _NAMES)
_USUAL = re.compile(rf"[ \t]*+({_KEY})=(\([^()\\]*+\))((?:;(?:{_PARAMETERS}))*+)[ \t]*+")
"""One signature: a bracket or a backslash in a string is for the parser."""
_SIGNATURE = re.compile(rb"(" + _KEY.encode() + rb")=:([A-Za-z0-9+/]++={0,2}+):")

ReadCovered = Callable[[bytes], Covered]


class Input(NamedTuple):
    """What one signature says of itself; ``text`` is its list and parameters, written canonically.

    Those of ``parameters`` that RFC 9421 names are of the types it gives them.
    """

    label: str
    covered: Covered
    parameters: dict[str, Any]
    text: bytes


def read_inputs(text: bytes, read_covered: ReadCovered) -> list[Input]:
    """Return what Signature-Input says, in order. Raises MalformedCredentialsError."""
    if usual := _read_usual(text, read_covered):
        return [usual]
    inputs = _read_any(text, read_covered)
    if len(inputs) > MAX_SIGNATURES:
        raise MalformedCredentialsError(f"more than {MAX_SIGNATURES} signatures")
    return inputs


def _read_usual(text: bytes, read_covered: ReadCovered) -> Input | None:
    """Read one signature that is written as usual, or return None for what has to be parsed."""
    member = _USUAL.fullmatch(text.decode("latin-1"))
    if member is None:
        return None
    label, written_list, written, *values = member.groups()
    parameters = _parameters(*values)
    if len(parameters) != written.count(";"):  # one came twice, or has the mark in it
        return None
    covered = read_covered(written_list.encode())
    return Input(label, covered, parameters, covered.text + written.encode())


def _parameters(  # one test each, and no loop: this is half of what reading costs
    created: str | None, expires: str | None, keyid: str | None, nonce: str | None, alg: str | None, tag: str | None
) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    if created is not None:
        parameters["created"] = int(created)
    if expires is not None:
        parameters["expires"] = int(expires)
    if keyid is not None:
        parameters["keyid"] = keyid
    if nonce is not None:
        parameters["nonce"] = nonce
    if alg is not None:
        parameters["alg"] = alg
    if tag is not None:
        parameters["tag"] = tag
    return parameters


def _read_any(text: bytes, read_covered: ReadCovered) -> list[Input]:
    try:
        members = parse_dictionary(text, unique=True)
        return [_checked(_input(label, member, read_covered)) for label, member in members.items()]
    except StructuredError as error:
        raise MalformedCredentialsError(f"Signature-Input cannot be read: {error}") from None


def _input(label: str, member: Item | InnerList, read_covered: ReadCovered) -> Input:
    if not isinstance(member, InnerList):
        raise StructuredError(f"{label} is no list")
    covered = read_covered(write_inner_list(InnerList(member.items, {})).encode())
    return Input(label, covered, member.parameters, covered.text + write_parameters(member.parameters).encode())


def _checked(one: Input) -> Input:
    """Return it if the parameters that have a meaning are of the type that RFC 9421 gives them (section 2.3)."""
    for name, value in one.parameters.items():
        if name in _TYPES and type(value) is not _TYPES[name]:
            raise MalformedCredentialsError(f"the signature parameter {name} is of another type")
    return one


def read_signatures(text: bytes) -> dict[str, bytes]:
    """Return the signatures by label. Raises MalformedCredentialsError."""
    if usual := _SIGNATURE.fullmatch(text):
        try:
            return {usual[1].decode("ascii"): a2b_base64(usual[2], strict_mode=True)}
        except ValueError:
            raise MalformedCredentialsError("the signature is not base64") from None
    try:
        members = parse_dictionary(text, unique=True)
    except StructuredError as error:
        raise MalformedCredentialsError(f"Signature cannot be read: {error}") from None
    values = {label: member[0] for label, member in members.items()}
    return {label: value for label, value in values.items() if isinstance(value, bytes)}
