"""What an API demands and a client signs, read off the scheme's parameters once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from sealstamp.core.coverage import Covered as Part
from sealstamp.core.record import Record
from sealstamp.core.scheme import Scheme
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.timing import parse_duration
from sealstamp.errors import ConfigurationError, MalformedCredentialsError
from sealstamp.plugins.rfc9421.components import Component, Identity, component_of
from sealstamp.plugins.rfc9421.fields import KNOWN_TYPES, TYPES
from sealstamp.plugins.rfc9421.inputs import INTEGERS, STRINGS
from sealstamp.plugins.structured import StructuredError, parse_item

CONTENT_DIGEST: Final = "content-digest"
ALGORITHMS: Final = (
    *("hmac-sha256", "ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384", "rsa-pss-sha512", "rsa-v1_5-sha256"),
)
"""The algorithms of RFC 9421, section 3.3."""
_DEMANDABLE: Final = STRINGS | INTEGERS
_LABEL = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_COMPONENT = re.compile(r'\s*("(?:[^"\\]|\\.)*+"|[^\s";]++)((?:;[^\s";=]++(?:="(?:[^"\\]|\\.)*+")?+)*+)')
_WHOLE_TARGET: Final = frozenset({"@target-uri", "@request-target"})
_ALSO_BY: Final[Mapping[str, frozenset[str]]] = {
    "@authority": frozenset({"@target-uri"}),
    "@scheme": frozenset({"@target-uri"}),
    "@path": _WHOLE_TARGET,
    "@query": _WHOLE_TARGET,
    "@request-target": frozenset({"@target-uri"}),
}
"""What covers a component as well as its own name does."""
_PARTS: Final[Mapping[str, frozenset[Part]]] = {
    "@method": frozenset({Part.METHOD}),
    "@authority": frozenset({Part.HOST}),
    "@path": frozenset({Part.PATH}),
    "@query": frozenset({Part.QUERY}),
    "@request-target": frozenset({Part.PATH, Part.QUERY}),
    "@target-uri": frozenset({Part.HOST, Part.PATH, Part.QUERY}),
    CONTENT_DIGEST: frozenset({Part.BODY}),
}


class Requirement(Record):
    """A component that has to be covered, as it is written, and the identifiers that cover it."""

    text: str
    name: str
    by: frozenset[Identity]

    def is_met(self, covered: frozenset[Identity]) -> bool:
        """Tell whether one of these is covered."""
        return not self.by.isdisjoint(covered)


class Policy(Record):
    """A scheme's parameters, read. ``lifetime_ms`` is None where signatures do not expire; empty texts mean none."""

    components: tuple[Component, ...]
    required: tuple[Requirement, ...]
    digest_required: Requirement | None
    must_have: tuple[str, ...]
    algorithms: tuple[str, ...]
    label: str
    tag: str
    lifetime_ms: int | None
    writes_alg: bool
    digest: str
    secret_is_base64: bool
    types: Mapping[str, str]
    past_ms: int
    future_ms: int

    @property
    def parts(self) -> frozenset[Part]:
        """What every accepted signature covers."""
        demanded = [*self.required, *([self.digest_required] if self.digest_required else [])]
        names = frozenset[Part]().union(*(_PARTS.get(requirement.name, frozenset()) for requirement in demanded))
        times = {Part.TIME} if {"created", "expires"} & set(self.must_have) else set[Part]()
        return names | times | ({Part.NONCE} if "nonce" in self.must_have else set()) | {Part.ACCESS_KEY_ID}


def policy_of(scheme: Scheme) -> Policy:
    """Read a scheme's parameters. Raises ConfigurationError for one that does not fit."""
    read = _Parameters(scheme)
    types = read.types()
    required = [_requirement(component) for component in read.components("must_cover", types)]
    time = scheme.time
    assert time is not None  # noqa: S101  # the scheme's file has it
    return Policy(
        components=tuple(read.components("components", types)),
        required=tuple(one for one in required if one.name != CONTENT_DIGEST),
        digest_required=next((one for one in required if one.name == CONTENT_DIGEST), None),
        must_have=read.words("must_have", _DEMANDABLE),
        algorithms=read.algorithms(),
        label=read.label(),
        tag=read.text("tag"),
        lifetime_ms=read.duration("expires_after"),
        writes_alg=read.text("write_alg") == "yes",
        digest=read.text("digest"),
        secret_is_base64=read.text("secret_form") == "base64",
        types=types,
        past_ms=time.past_ms,
        future_ms=time.future_ms,
    )


class _Parameters:
    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme

    def fail(self, name: str, problem: str, hint: str) -> ConfigurationError:
        return ConfigurationError(f"scheme {self._scheme.name}, parameter {name}", problem, hint)

    def text(self, name: str) -> str:
        text = self._scheme.parameters[name]
        if not text.isascii() or not text.isprintable():
            raise self.fail(name, "it is not visible ASCII", "such a text could not travel")
        return text

    def words(self, name: str, known: frozenset[str] | Sequence[str]) -> tuple[str, ...]:
        words = tuple(self.text(name).split())
        for word in words:
            if word not in known:
                raise self.fail(name, f"there is no {word!r}", did_you_mean(word, sorted(known)))
        return words

    def algorithms(self) -> tuple[str, ...]:
        found = self.words("algorithms", ALGORITHMS)
        if not found:
            raise self.fail("algorithms", "none is allowed", f"name some of {', '.join(ALGORITHMS)}")
        return found

    def label(self) -> str:
        label = self.text("label")
        if label and not _LABEL.fullmatch(label):
            raise self.fail("label", f"{label!r} cannot be a label", "labels are like sig1, in lower case")
        return label

    def duration(self, name: str) -> int | None:
        text = self.text(name)
        try:
            return parse_duration(text) if text else None
        except ValueError as error:
            raise self.fail(name, str(error), 'for example "5 min"') from None

    def types(self) -> dict[str, str]:
        found = dict(KNOWN_TYPES)
        for word in self.text("structured").split():
            field, _, kind = word.partition("=")
            if kind not in TYPES:
                raise self.fail("structured", f"{word!r} gives no type", "write x-prio=dictionary, =list or =item")
            found[field.lower()] = kind
        return found

    def components(self, name: str, types: Mapping[str, str]) -> list[Component]:
        text, at, found = self.text(name), 0, list[Component]()
        while at < len(text.rstrip()):
            match = _COMPONENT.match(text, at)
            if match is None:
                raise self.fail(
                    name, f"it cannot be read at {text[at:]!r}", 'write @method date @query-param;name="to"'
                )
            found.append(self._component(name, match, types))
            at = match.end()
        if len({component.identity for component in found}) != len(found):
            raise self.fail(name, "a component is there twice", "name each once")
        return found

    def _component(self, name: str, match: re.Match[str], types: Mapping[str, str]) -> Component:
        written = match[1] if match[1].startswith('"') else f'"{match[1].lower()}"'
        try:
            return component_of(parse_item((written + match[2]).encode()), types)
        except (StructuredError, MalformedCredentialsError) as error:
            raise self.fail(name, str(error), 'write @method date @query-param;name="to"') from None


def _requirement(component: Component) -> Requirement:
    """A field is covered by any of its forms that hold the whole of it, the digest by any member that is checked."""
    name, parameters = component.identity
    if parameters:
        return Requirement(component.text, name, frozenset({component.identity}))
    names = {name, *_ALSO_BY.get(name, ())}
    by: set[Identity] = {(other, frozenset()) for other in names}
    if not name.startswith("@"):
        by |= {(name, frozenset({(flag, True)})) for flag in ("sf", "bs")}
    if name == CONTENT_DIGEST:
        by |= {_member(algorithm, *flags) for algorithm in ("sha-256", "sha-512") for flags in ((), ("sf",))}
    return Requirement(name, name, frozenset(by))


def _member(key: str, *flags: str) -> Identity:
    return CONTENT_DIGEST, frozenset({("key", key), *((flag, True) for flag in flags)})
