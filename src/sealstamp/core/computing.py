"""Writes ``bind`` and the functions inside it: what is computed once per key, and what for each request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final

from sealstamp.core.asymmetric import is_malleable
from sealstamp.core.branches import Branch, algorithms_of, branch_of, signs
from sealstamp.core.codegen import Namespace, function
from sealstamp.core.filters import FILTERS, Argument, Filter, Kind
from sealstamp.core.packing import make_pair_maker, make_signers_writer
from sealstamp.core.places import Place, Where
from sealstamp.core.planning import PICKED, VALUES, Derivations, header_lines, undoubled
from sealstamp.core.scheme import (
    ACCESS_KEY_ID,
    EXPIRES,
    LIFETIME,
    NONCE,
    SECRET,
    SIGNATURE,
    TIMESTAMP,
    Carrier,
    Field,
    Packed,
    Scheme,
)
from sealstamp.core.timing import TimeFormat
from sealstamp.core.tree import (
    Apply,
    Atom,
    Concat,
    Cover,
    Expression,
    Join,
    Name,
    Part,
    Switch,
    Text,
    children,
    walk,
)
from sealstamp.core.unpacking import make_pair_lister

FIRST_VALUE: Final = 3
"""Where the carried values begin in what ``present`` returns: after the access key id, the time and the nonce."""

Memory = Expression | tuple[str, tuple[Expression, ...]]
"""What is known per key: an expression's value, or the state of a filter that has taken in its arguments."""


_LISTS: Final = {
    Part.HEADERS: ("header_list", Where.HEADER),
    Part.QUERY_FIELDS: ("query_list", Where.QUERY),
    Part.FORM_FIELDS: ("form_list", Where.FORM),
    Part.XML_FIELDS: ("xml_list", Where.XML),
}
"""What makes each list, and which places it leaves out if they carry what is computed."""


class Stage(IntEnum):
    """When an expression's value is known."""

    KEY = 0
    REQUEST = 1


def write_bind(scheme: Scheme, namespace: Namespace) -> str:
    """Write ``bind``, which returns (matches, sign) for one key."""
    key_lines: list[str] = []
    matches = _Emitter(scheme, namespace, key_lines)
    matches_lines = matches.unpack_presented() + matches.matches()
    sign = _Emitter(scheme, namespace, key_lines, matches.known)
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
    emitter = _Emitter(scheme, namespace, key_lines)
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
    return ["shared = is_shared(key)"] if signs(scheme.definitions[SIGNATURE]) else []


class _Emitter:
    """Writes one inner function: statements into ``lines``, what is known per key into the shared ``key_lines``."""

    def __init__(
        self,
        scheme: Scheme,
        namespace: Namespace,
        key_lines: list[str],
        known: dict[Memory, str] | None = None,
    ) -> None:
        self.scheme = scheme
        self.derivations = Derivations(scheme)
        self.remembers = True
        self.constant = namespace.constant
        self.key_lines = key_lines
        self.lines: list[str] = []
        self.known = {} if known is None else known
        self.macs = 0
        self.presented: dict[str, str] = {}
        self.count = 0
        self.signs = False
        self.variables = {SECRET: "secret", ACCESS_KEY_ID: "access_key_id"}
        self.variables.update({name: f"x{index}" for index, name in enumerate(scheme.extras)})
        self.fixed = set(self.variables)
        self.stages_of: dict[str, Stage] = {}
        self.digests = scheme.body_digests.keys()
        self.has_pairs = signs(scheme.definitions[SIGNATURE])
        self.digest_fields = scheme.digest_fields
        self.given_first: dict[str, str] = {}
        """Code for a value that, unless it is empty, stands for what is defined."""
        self.stripped = {where: self._places_of_computed(where) for where in Where}

    def _places_of_computed(self, where: Where) -> frozenset[bytes]:
        computed = set(self.scheme.computed)
        carriers = [carrier for carrier in self.scheme.carriers if computed.intersection(carrier.carried)]
        return frozenset(p.key for carrier in carriers for p in carrier.places if p.where is where)

    # the three functions

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
        """Return code that tells whether the value which came for ``name`` is the right one."""
        if name == SIGNATURE and self.has_pairs:
            return self._branch_test(self.scheme.definitions[SIGNATURE], self.presented[name])
        value = self._definition(name)
        expected = f"{value}.lower()" if name in self.scheme.any_case else value
        return f"compare({expected}, {self.presented[name]})"

    def _branch_test(self, node: Expression, presented: str) -> str:
        if isinstance(node, Switch):
            return self._switch(node, lambda case: self._branch_test(case, presented))
        branch = branch_of(node)
        if branch.sign is None:
            return f"(shared & compare({self._value(node)}, {presented}))"
        verify, source = self._verify(branch), self._value(branch.sign.source)
        return f"is_signed({verify}, {source}, {self.constant(branch.raw)}({presented}))"

    def _branch_match(self, node: Expression) -> str:
        """Return code for the signature of those that came that is right, in a form that a replay guard can go by."""
        if self.has_pairs and isinstance(node, Switch):
            return self._switch(node, self._branch_match)
        presented = self.presented[SIGNATURE]
        texts = f"{presented}.split(b' ')" if self.scheme.several else f"({presented},)"
        if not self.has_pairs:
            return f"match_any({self._definition(SIGNATURE)}, {texts})"
        branch = branch_of(node)
        if branch.sign is None:
            return f"match_any({self._value(node)}, {texts}, shared)"
        verify, source = self._verify(branch), self._value(branch.sign.source)
        return (
            f"match_signed({verify}, {source}, {self.constant(branch.raw)}, {self.constant(branch.algorithm)}, {texts})"
        )

    def _verify(self, branch: Branch) -> str:
        made = f"verifier_for({self.constant(branch.algorithm)}, key)"
        return self._per_key(("verifier_for", branch.sign.arguments if branch.sign else ()), made)

    def stages(self) -> list[str]:
        self.remembers = False  # every value is shown
        values = [self._definition(name) for name in self.scheme.definitions]
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
            self.lines.append(f"time_ms = time_ms + int({self.variables[LIFETIME]}) * {rule.unit_ms}")
            self.lines.append(f"expires = {_write_time(rule.format, 'time_ms', self.constant)}")

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
            values = ", ".join(f"{self.constant(name)}: {self._name(name)}" for name in carrier.carried)
            return f"({place}, {self.constant(make_signers_writer(carrier))}({{{values}}}))"
        value = self._name(carrier.name)
        if carrier.computed_if_absent:
            told = self.given_first[carrier.name]
            return f"*([({place}, {value})] if {told} or {place}.is_in(request) else [])"
        return f"*([({place}, {value})] if {value} else [])" if carrier.optional else f"({place}, {value})"

    # expressions

    def _stage(self, node: Expression) -> Stage:
        match node:
            case Atom() | Cover():
                return Stage.REQUEST
            case Name(name=name) if name in self.scheme.may_lack:
                return Stage.REQUEST
            case Name(name=name) if name in self.scheme.definitions and name not in self.scheme.chosen:
                if name not in self.stages_of:  # asked for at every use, and uses multiply down a chain
                    self.stages_of[name] = self._stage(self.scheme.definitions[name])
                return self.stages_of[name]
            case Name(name=name):
                return Stage.KEY if name in self.fixed else Stage.REQUEST
            case _:
                return max(map(self._stage, children(node)), default=Stage.KEY)

    def _value(self, node: Expression) -> str:
        """Return code for a node's value; if it is known per key, the name that holds it."""
        if isinstance(node, Text | Name) or self._stage(node) is Stage.REQUEST:
            return self._code(node)
        return self._per_key(node, self._code(node))

    def _per_key(self, memory: Memory, code: str) -> str:
        if memory not in self.known:
            self.known[memory] = f"k{len(self.known)}"
            self.key_lines.append(f"{self.known[memory]} = {code}")
        return self.known[memory]

    def _code(self, node: Expression) -> str:
        match node:
            case Text(value=value):
                return self.constant(value.encode())
            case Name(name=name):
                return self._name(name)
            case Atom():
                return self._atom(node)
            case Apply():
                return self._apply(node)
            case Concat(parts=parts):
                return "(" + " + ".join(self._runs(parts)) + ")"
            case Join(separator=separator, parts=parts, skip_empty=skip):
                function = (
                    f"join_nonempty({self.constant(separator.encode())}, "
                    if skip
                    else (f"{self.constant(separator.encode())}.join(")
                )
                return f"{function}({', '.join(map(self._value, parts))},))"
            case Switch():
                return self._switch(node, self._value)
            case Cover():
                return self._cover(node)

    def _name(self, name: str) -> str:
        return self._definition(name) if name in self.scheme.definitions else self.variables[name]

    def _definition(self, name: str) -> str:
        """Compute a definition once in this function, or once per key, before it is first used."""
        if name in self.variables:
            return self.variables[name]
        tree = self.scheme.definitions[name]
        if name in self.scheme.may_lack and name not in self.given_first and not self.signs:
            return self._definition_if_it_came(name)
        value = self._branch_value(tree) if name == SIGNATURE and self.has_pairs else self._value(tree)
        if name in self.given_first:
            value = self._unless_given(name, value)
        if self._stage(tree) is Stage.REQUEST:
            value = self._keep(value)
        self.variables[name] = value
        return value

    def _branch_value(self, node: Expression) -> str:
        """Return code for a signature; a branch with a shared secret is not for a key of a pair."""
        if isinstance(node, Switch):
            return self._switch(node, self._branch_value)
        value = self._value(node)
        return value if signs(node) else f"({value} if shared else cannot_sign())"

    def _unless_given(self, name: str, value: str) -> str:
        """Return code that computes a value only if none is given; a signer without a body takes what stands there."""
        given, field = self.given_first[name], self.digest_fields.get(name)
        if field is None or given == self.presented.get(name):
            return f"({given} or {value})"
        place = self.constant(field.places[0])
        if name in self.scheme.omitted and not field.computed_if_absent:
            value = f"({value} if {place}.is_in(request) else b'')"
        return f"({given} or standing(request, {place}) or {value})"

    def _keep(self, value: str) -> str:
        """Give a value a variable, in a line of its own."""
        variable = f"d{self.count}"
        self.count += 1
        self.lines.append(f"{variable} = {value}")
        return variable

    def _definition_if_it_came(self, name: str) -> str:
        """What need not come is empty unless it came, also to what is computed from it; only then it is computed."""
        variable = self._keep("b''")
        outside, variables = self.lines, dict(self.variables)
        self.lines = []
        self.lines.append(f"{variable} = {self._value(self.scheme.definitions[name])}")
        outside += [f"if {self.presented[name]}:", *(f"    {line}" for line in self.lines)]
        self.lines, self.variables = outside, {**variables, name: variable}
        return variable

    def _runs(self, parts: Sequence[Expression]) -> list[str]:
        """Return code for the parts of a concatenation, neighbours that are known per key made into one."""
        runs: list[list[Expression]] = []
        for part in parts:
            if runs and self._stage(part) is Stage.KEY and self._stage(runs[-1][0]) is Stage.KEY:
                runs[-1].append(part)
            else:
                runs.append([part])
        return [self._run(run) for run in runs]

    def _run(self, run: list[Expression]) -> str:
        if len(run) == 1:
            return self._value(run[0])
        return self._per_key(Concat(tuple(run)), " + ".join(map(self._value, run)))

    def _atom(self, node: Atom) -> str:
        match node.part:
            case Part.HEADER:
                return f"header_value(request, {self.constant(node.argument.lower().encode())})"
            case Part.PARAMETER:
                return f"query_value(request, {self.constant(node.argument.encode())})"
            case Part.HEADERS | Part.QUERY_FIELDS | Part.FORM_FIELDS | Part.XML_FIELDS:
                function, where = _LISTS[node.part]
                return f"{function}(request, {self.constant(self.stripped[where])})"
            case Part.PACKED_FIELDS:
                return self._packed_fields(self.scheme.listed_pairs)
            case Part.QUERY | Part.TARGET | Part.URL if self.stripped[Where.QUERY]:
                return f"request_without(request, {self.constant(self.stripped[Where.QUERY])}).{node.part}"
            case Part.BODY:
                return "body_of(request)"
            case Part.FORM:
                return f"form_of(request, {self.constant(self.stripped[Where.FORM])})"
            case part:
                return f"request.{part}"

    def _packed_fields(self, packed: Packed) -> str:
        """A verifier lists what came; a signer what it is going to write, for the signature has its place there too."""
        without = frozenset(self.scheme.definitions.keys() - self.digests)
        if not self.signs:
            return (
                f"{self.constant(make_pair_lister(packed, without))}({self.constant(packed.place)}.value_in(request))"
            )
        listed = [name for name in packed.carried if name not in without]
        values = ", ".join(f"{self.constant(name)}: {self._name(name)}" for name in listed)
        return f"{self.constant(make_pair_maker(packed, without))}({{{values}}})"

    def _apply(self, node: Apply) -> str:
        usual = undoubled(node)
        if usual is not None and FILTERS[node.filter].gives is Kind.TEXT:
            code = self._header_lines(usual) or self._filtered(usual)
            return f"({code} if not request.header_fields[1] else {self._filtered(node)})"
        return self._filtered(node)

    def _filtered(self, node: Apply) -> str:
        entry = FILTERS[node.filter]
        if entry.prepare:
            return self._prepared(entry, node)
        arguments = ", ".join(map(self._value, node.arguments))
        match node:
            case Apply(filter="only", source=source) if source == PICKED:
                return f"pick_headers(request, {self.constant(self.stripped[Where.HEADER])}, {arguments})"
            case Apply("join", Apply("sort", Apply("encode_each", Atom(Part.QUERY_FIELDS))), (_, _)):
                return f"sorted_query(request, {self.constant(self.stripped[Where.QUERY])}, {arguments})"
            case Apply(filter="encode_each", source=Atom(part=Part.QUERY_FIELDS)):
                return f"encoded_query(request, {self.constant(self.stripped[Where.QUERY])})"
        return entry.code.format(source=self._value(node.source), arguments=arguments, read_time=self._read_time())

    def _header_lines(self, node: Apply) -> str:
        """Write ``{headers|only:…|squeeze|join:…}`` as one loop, where that is what it is, and no header came twice."""
        if (found := header_lines(node)) is None:
            return ""
        (only, filters), (between, *after) = found, map(self._value, node.arguments)
        listed, separator = map(self._value, only.arguments)
        value, without = "h[name]", self.stripped[Where.HEADER]
        for name in filters:
            value = VALUES[name].format(value=value)
        seen = f"name in h and name not in {self.constant(without)}" if without else "name in h"
        self.lines.append("h = request.header_fields[0]")
        lines = f"[name + {between} + {value} for name in {listed}.split({separator}) if {seen}]"
        return f"join_lines({lines}, {', '.join(after)})"

    def _prepared(self, entry: Filter, node: Apply) -> str:
        """Write a filter whose state is known per key, or can be remembered there, or is made for this request."""
        source = self._value(node.source)
        if max(map(self._stage, node.arguments)) is Stage.KEY:
            state = self._per_key((node.filter, node.arguments), self._state(entry, node))
        elif self.remembers and (inputs := self._inputs_of_state(node)):
            state = self._remembered(entry, node, inputs)
        elif entry.at_once:
            return entry.at_once.format(*map(self._argument, entry.arguments, node.arguments), source=source)
        else:
            state = self._state(entry, node)
        self.macs += 1
        return entry.code.format(source=source, state=state, mac=f"m{self.macs}")

    def _state(self, entry: Filter, node: Apply) -> str:
        return entry.prepare.format(*map(self._argument, entry.arguments, node.arguments))

    def _inputs_of_state(self, node: Apply) -> list[Expression]:
        inputs = self.derivations.inputs_of(Concat(node.arguments)) or ()
        return [value for value in inputs if self._stage(value) is Stage.REQUEST]

    def _remembered(self, entry: Filter, node: Apply, inputs: Sequence[Expression]) -> str:
        """Make a state once for each of the last few values that its key is derived with; such as the day."""
        memory = self._per_key((f"{node.filter} remembered", node.arguments), "{}")
        values = f"({''.join(f'{self._value(value)}, ' for value in inputs)})"
        state = self._keep(f"{memory}.get({values})")
        outside, variables = self.lines, dict(self.variables)
        self.lines, self.remembers = [], False  # the keys on the way to this one are used for nothing else
        self.lines.append(f"{state} = remember({memory}, {values}, {self._state(entry, node)})")
        outside += [f"if {state} is None:", *(f"    {line}" for line in self.lines)]
        self.lines, self.variables, self.remembers = outside, variables, True
        return state

    def _read_time(self) -> str:
        return self.constant(self.scheme.time.format.read) if self.scheme.time else ""

    def _argument(self, kind: Argument, node: Expression) -> str:
        if kind in (Argument.HASH, Argument.ALGORITHM) and isinstance(node, Text):
            return self.constant(node.value)
        return self._value(node)

    def _cover(self, node: Cover) -> str:
        values, lines = (
            ", ".join(f"{self.constant(name.encode())}: {self._value(value)}" for name, value in named)
            for named in (node.values, node.lines)
        )
        separator, computed = self.constant(node.separator.encode()), self.constant(self.stripped[Where.HEADER])
        return f"cover(request, {self._value(node.names)}, {separator}, {computed}, {{{values}}}, {{{lines}}})"

    def _switch(self, node: Switch, write: Callable[[Expression], str]) -> str:
        if isinstance(node.subject, Text):  # a parameter that does not travel
            chosen = dict(node.cases).get(node.subject.value, node.default)
            return "no_case()" if chosen is None else write(chosen)
        subject = self._value(node.subject)
        cases = [f"{write(value)} if {subject} == {self.constant(text.encode())}" for text, value in node.cases]
        default = "no_case()" if node.default is None else write(node.default)
        return f"({' else '.join([*cases, default])})"


def _write_time(form: TimeFormat, variable: str, constant: Callable[[Any], str]) -> str:
    if form.per_ms is None:
        return f"{constant(form.write)}({variable})"
    multiplier, divisor = form.per_ms
    return f"b'%d' % ({variable}{f' * {multiplier}' * (multiplier > 1)}{f' // {divisor}' * (divisor > 1)})"
