"""Writes ``bind`` and the functions inside it: what is computed once per key, and what for each request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sealstamp.core.asymmetric import is_malleable
from sealstamp.core.branches import Branch, algorithms_of, branch_of, is_by_kind, signs, switches_by_kind
from sealstamp.core.codegen import Namespace, function
from sealstamp.core.exposure import Exposure
from sealstamp.core.expressions import Expressions
from sealstamp.core.packing import make_signers_writer
from sealstamp.core.places import Place
from sealstamp.core.scheme import (
    ACCESS_KEY_ID,
    EXPIRES,
    LIFETIME,
    NONCE,
    SIGNATURE,
    TIMESTAMP,
    Carrier,
    Field,
    Packed,
    Scheme,
)
from sealstamp.core.states import Stage
from sealstamp.core.timing import TimeFormat
from sealstamp.core.tree import (
    Atom,
    Cover,
    Expression,
    Switch,
    walk,
)

FIRST_VALUE: Final = 3
"""Where the carried values begin in what ``present`` returns: after the access key id, the time and the nonce."""


def write_bind(scheme: Scheme, namespace: Namespace) -> str:
    """Write ``bind``, which returns (matches, sign) for one key."""
    key_lines: list[str] = []
    matches = _Functions(scheme, namespace, key_lines)
    matches_lines = matches.unpack_presented() + matches.matches()
    sign = _Functions(scheme, namespace, key_lines, matches.known)
    sign_lines = sign.sign()
    body = [
        *key_lines,
        *function("matches", "presented, request", matches_lines).splitlines(),
        *function("sign", "time_ms, nonce, given, request", sign_lines).splitlines(),
        "return matches, sign",
    ]
    lines = [*_extras_line(scheme), *_shared_line(scheme), *body]
    return function("bind", "access_key_id, secret, extras=(), key=None", lines)


def write_bind_stages(scheme: Scheme, namespace: Namespace) -> str:
    """Write ``bind_stages``, which returns what computes every definition."""
    key_lines: list[str] = []
    emitter = _Functions(scheme, namespace, key_lines)
    lines = [*emitter.unpack_presented(), *emitter.stages()]
    body = [
        *_extras_line(scheme),
        *key_lines,
        *function("stages", "presented, request", lines).splitlines(),
        "return stages",
    ]
    return function("bind_stages", "access_key_id, secret, extras=()", body)


def _extras_line(scheme: Scheme) -> list[str]:
    return [f"({''.join(f'x{index}, ' for index in range(len(scheme.extras)))}) = extras"] if scheme.extras else []


def _shared_line(scheme: Scheme) -> list[str]:
    """Say per key whether branches with a shared secret may be taken, in a scheme that has others too."""
    tree = scheme.definitions[SIGNATURE]
    kind = ["kind = kind_of(key)"] if any(switches_by_kind(tree)) else []
    return [*kind, *(["shared = is_shared(key)"] if signs(tree) else [])]


class _Functions(Expressions):
    """Writes the three inner functions."""

    def unpack_presented(self) -> list[str]:
        carried = self.scheme.carried
        variables = [f"v{index}" for index in range(len(carried))]
        given = dict(zip(carried, variables, strict=True))
        self.presented = given
        self.variables.update({name: v for name, v in given.items() if self._is_given(name)})
        if self.has_pairs:  # it cannot be made here, so the one that came is the one there is
            self.variables[SIGNATURE], self.stages_of[SIGNATURE] = given[SIGNATURE], Stage.REQUEST
        self.given_first = {name: given[name] for name, field in self.digest_fields.items() if field.computed_if_absent}
        for name in self.given_first:
            del self.variables[name]
        return [f"({'_, ' * FIRST_VALUE}{', '.join(variables)},) = presented"]

    def _is_given(self, name: str) -> bool:
        is_taken = name in self.scheme.chosen or name in self.digests  # as it came, though it is defined
        return (is_taken or name not in self.scheme.definitions) and name != ACCESS_KEY_ID

    def matches(self) -> list[str]:
        tells_which = bool(self.scheme.several) or any(map(is_malleable, algorithms_of(self.scheme)))
        tests = [self._test(name) for name in self.scheme.computed if not (tells_which and name == SIGNATURE)]
        # ``&`` and not ``and``: which of several comparisons failed must not show in the time they took.
        if not tells_which:
            return [*self.lines, f"return {' & '.join(tests)}"]
        matched = self._branch_match(self.scheme.definitions[SIGNATURE])
        result = f"matched if {' & '.join(tests)} else b''" if tests else "matched"
        return [*self.lines, f"matched = {matched}", f"return {result}"]

    def _test(self, name: str) -> str:
        """Return code that tells whether the value which came for ``name`` is the right one.

        What holds nothing of a secret, as a scope or a digest of the body, anybody can compute: how long it takes to
        compare tells nothing.
        """
        if name == SIGNATURE and self.has_pairs:
            return self._branch_test(self.scheme.definitions[SIGNATURE], self.presented[name])
        value = self.definition(name)
        expected = f"{value}.lower()" if name in self.scheme.any_case else value
        if self.derivations.exposures[name] is Exposure.NONE:
            return f"({expected} == {self.presented[name]})"
        return f"compare({expected}, {self.presented[name]})"

    def _branch_test(self, node: Expression, presented: str) -> str:
        if isinstance(node, Switch):
            return self._cases(node, lambda case: self._branch_test(case, presented))
        branch = branch_of(node)
        if branch.sign is None:
            return f"(shared & compare({self.value(node)}, {presented}))"
        verify, source = self._verify(branch), self.value(branch.sign.source)
        return f"is_signed({verify}, {source}, {self.constant(branch.raw)}({presented}))"

    def _branch_match(self, node: Expression) -> str:
        """Return code for the signature of those that came that is right, in a form that a replay guard can go by."""
        if self.has_pairs and isinstance(node, Switch):
            return self._cases(node, self._branch_match)
        presented = self.presented[SIGNATURE]
        texts = f"{presented}.split(b' ')" if self.scheme.several else f"({presented},)"
        if not self.has_pairs:
            return f"match_any({self.definition(SIGNATURE)}, {texts})"
        branch = branch_of(node)
        if branch.sign is None:
            return f"match_any({self.value(node)}, {texts}, shared)"
        verify, source = self._verify(branch), self.value(branch.sign.source)
        return (
            f"match_signed({verify}, {source}, {self.constant(branch.raw)}, {self.constant(branch.algorithm)}, {texts})"
        )

    def _cases(self, node: Switch, write: Callable[[Expression], str]) -> str:
        """Write the tests of a switch's cases, of which the subject tells which to make.

        By the kind of the key all are made, and one can be right: it takes as long for a key of any kind, or for none.
        """
        if is_by_kind(node):
            return f"({' or '.join(write(case) for _, case in node.cases)})"
        return self.switch(node, write)

    def _verify(self, branch: Branch) -> str:
        made = f"verifier_for({self.constant(branch.algorithm)}, key)"
        return self.per_key(("verifier_for", branch.sign.arguments if branch.sign else ()), made)

    def stages(self) -> list[str]:
        self.remembers = False  # every value is shown
        values = [self.definition(name) for name in self.scheme.definitions]
        return [*self.lines, f"return ({', '.join(values)},)"]

    def sign(self) -> list[str]:
        self.signs = True
        given = {name: f"given[{index}]" for index, name in enumerate(self.scheme.given)}
        self.variables.update({TIMESTAMP: "timestamp", EXPIRES: "expires", NONCE: "nonce"})
        self.variables.update({name: value for name, value in given.items() if name not in self.scheme.definitions})
        self.given_first = {name: value for name, value in given.items() if name in self.scheme.definitions}
        self.variables.update(dict.fromkeys(self.scheme.omitted - self.digest_fields.keys(), "b''"))
        self._write_times()
        if self._reads_request():
            for carriers in self._carriers_that_are_given():
                self.lines.append(f"request = place_all(request, [{', '.join(map(self._written, carriers))}])")
        written = [self._written(carrier) for carrier in self.scheme.carriers]
        return [*self.lines, f"return [{', '.join(written)}]"]

    def _write_times(self) -> None:
        rule = self.scheme.time
        if rule is None:
            return
        if TIMESTAMP in self.scheme.carried:
            absent = " if time_ms is not None else b''" * (TIMESTAMP in self.scheme.may_lack)
            written = _write_time(rule.format, "time_ms", self.constant)
            if rule.format.several:
                places = self.constant(self._places_of(TIMESTAMP))
                written = f"standing_time(request, {places}, {self.constant(rule.format.read)}, {written})"
            self.lines.append(f"timestamp = {written}{absent}")
        if EXPIRES in self.scheme.carried:
            lifetime = self.variables[LIFETIME]
            absent = f" if {lifetime} else b''" * (EXPIRES in self.scheme.may_lack)
            self.lines.append(f"time_ms = time_ms + int({lifetime} or 0) * {rule.unit_ms}")
            self.lines.append(f"expires = {_write_time(rule.format, 'time_ms', self.constant)}{absent}")

    def _places_of(self, name: str) -> tuple[Place, ...]:
        """Return where a value travels by itself, in no packed text."""
        fields = (carrier for carrier in self.scheme.carriers if isinstance(carrier, Field))
        return next((field.places[:1] for field in fields if field.name == name), ())

    def _carriers_that_are_given(self) -> list[list[Carrier]]:
        """Return what is placed before anything is signed.

        Digests of the body come after what travels in the body, and what the signer chooses last, for it names others.
        """
        computed = set(self.scheme.computed)
        groups: list[list[Carrier]] = [[], [], []]
        for carrier in self.scheme.carriers:
            if computed.isdisjoint(carrier.carried):
                is_chosen = not self.scheme.chosen.keys().isdisjoint(carrier.carried)
                groups[2 if is_chosen else 0 if self.digests.isdisjoint(carrier.carried) else 1].append(carrier)
        return [carriers for carriers in groups if carriers]

    def _reads_request(self) -> bool:
        return any(isinstance(node, Atom | Cover) for tree in self.scheme.definitions.values() for node in walk(tree))

    def _written(self, carrier: Carrier) -> str:
        place = self.constant(carrier.places[0])
        if isinstance(carrier, Packed):
            values = ", ".join(f"{self.constant(name)}: {self.name(name)}" for name in carrier.carried)
            return f"({place}, {self.constant(make_signers_writer(carrier))}({{{values}}}))"
        value = self.name(carrier.name)
        if carrier.computed_if_absent:
            told = self.given_first[carrier.name]
            return f"*([({place}, {value})] if {told} or {place}.is_in(request) else [])"
        return f"*([({place}, {value})] if {value} else [])" if carrier.optional else f"({place}, {value})"


def _write_time(form: TimeFormat, variable: str, constant: Callable[[Any], str]) -> str:
    if form.per_ms is None:
        return f"{constant(form.write)}({variable})"
    multiplier, divisor = form.per_ms
    return f"b'%d' % ({variable}{f' * {multiplier}' * (multiplier > 1)}{f' // {divisor}' * (divisor > 1)})"
