"""Writes expressions as Python code: what is known per key becomes a variable of ``bind``, the rest is in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sealstamp.core.branches import is_by_kind, signs
from sealstamp.core.codegen import Namespace
from sealstamp.core.filters import FILTERS, Argument
from sealstamp.core.packing import make_pair_maker
from sealstamp.core.places import Place, Where
from sealstamp.core.planning import Derivations
from sealstamp.core.scheme import (
    ACCESS_KEY_ID,
    KEY_KIND,
    SECRET,
    SIGNATURE,
    Packed,
    Scheme,
)
from sealstamp.core.shortcuts import shortcut
from sealstamp.core.states import Stage, prepared
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
    names,
)
from sealstamp.core.unpacking import make_pair_lister

Memory = Expression | tuple[str, tuple[Expression, ...]]
"""What is known per key: an expression's value, or the state of a filter that has taken in its arguments."""


_LISTS: Final = {
    Part.HEADERS: ("header_list", Where.HEADER),
    Part.QUERY_FIELDS: ("query_list", Where.QUERY),
    Part.FORM_FIELDS: ("form_list", Where.FORM),
    Part.XML_FIELDS: ("xml_list", Where.XML),
}
"""What makes each list, and which places it leaves out if they carry what is computed."""

_FEW: Final = 3
"""So many texts are put together one after another; more all at once."""


class Expressions:
    """Writes the expressions of one inner function.

    Statements go into ``lines``, what is known per key into ``key_lines``, which other functions share.
    """

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
        self.variables = {SECRET: "secret", ACCESS_KEY_ID: "access_key_id", KEY_KIND: "kind"}
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

    def stage(self, node: Expression) -> Stage:
        """Tell when a value is known."""
        match node:
            case Atom() | Cover():
                return Stage.REQUEST
            case Name(name=name) if name in self.scheme.may_lack:
                return Stage.REQUEST
            case Name(name=name) if name in self.scheme.definitions and name not in self.scheme.chosen:
                if name not in self.stages_of:  # asked for at every use, and uses multiply down a chain
                    self.stages_of[name] = self.stage(self.scheme.definitions[name])
                return self.stages_of[name]
            case Name(name=name):
                return Stage.KEY if name in self.fixed else Stage.REQUEST
            case _:
                return max(map(self.stage, children(node)), default=Stage.KEY)

    def value(self, node: Expression) -> str:
        """Return code for a node's value; if it is known per key, the name that holds it."""
        if isinstance(node, Text | Name) or self.stage(node) is Stage.REQUEST:
            return self._code(node)
        return self.per_key(node, self._code(node))

    def per_key(self, memory: Memory, code: str) -> str:
        """Return the name of what is computed once per key, the same for the same."""
        if memory not in self.known:
            self.known[memory] = f"k{len(self.known)}"
            self.key_lines.append(f"{self.known[memory]} = {code}")
        return self.known[memory]

    def _code(self, node: Expression) -> str:
        match node:
            case Text(value=value):
                return self.constant(value.encode())
            case Name(name=name):
                return self.name(name)
            case Atom():
                return self._atom(node)
            case Apply():
                return self._apply(node)
            case Concat(parts=parts):
                runs = self._runs(parts)  # each plus would copy all before it
                return f"b''.join(({', '.join(runs)}))" if len(runs) > _FEW else f"({' + '.join(runs)})"
            case Join(separator=separator, parts=parts, skip_empty=skip):
                function = (
                    f"join_nonempty({self.constant(separator.encode())}, "
                    if skip
                    else (f"{self.constant(separator.encode())}.join(")
                )
                return f"{function}({', '.join(map(self.value, parts))},))"
            case Switch():
                return self.switch(node, self.value)
            case Cover():
                return self._cover(node)

    def name(self, name: str) -> str:
        """Return code for the value of a name."""
        return self.definition(name) if name in self.scheme.definitions else self.variables[name]

    def definition(self, name: str) -> str:
        """Compute a definition once in this function, or once per key, before it is first used."""
        if name in self.variables:
            return self.variables[name]
        tree = self.scheme.definitions[name]
        if name in self.scheme.may_lack and name not in self.given_first and not self.signs:
            return self._definition_if_it_came(name)
        value = self._branch_value(tree) if name == SIGNATURE and self.has_pairs else self.value(tree)
        if name in self.given_first:
            value = self._unless_given(name, value)
        if self.stage(tree) is Stage.REQUEST:
            value = self.keep(value)
        self.variables[name] = value
        return value

    def _branch_value(self, node: Expression) -> str:
        """Return code for a signature; a branch with a shared secret is not for a key of a pair."""
        if isinstance(node, Switch):
            return self.switch(node, self._branch_value)
        value = self.value(node)
        return value if signs(node) else f"({value} if shared else cannot_sign())"

    def _unless_given(self, name: str, value: str) -> str:
        """Return code that computes a value only if none is given, and none that stands there has to do."""
        given, field = self.given_first[name], self.digest_fields.get(name)
        if field is None or given == self.presented.get(name):
            return f"({given} or {value})"
        place = self.constant(field.places[0])
        if name in self.scheme.omitted and not field.computed_if_absent:
            value = f"({value} if {place}.is_in(request) else b'')"
        instead = self.constant(tuple(word.encode() for word in field.instead if field.instead_allowed))
        return f"({given} or standing(request, {place}, {instead}) or {value})"

    def keep(self, value: str) -> str:
        """Give a value a variable, in a line of its own."""
        variable = f"d{self.count}"
        self.count += 1
        self.lines.append(f"{variable} = {value}")
        return variable

    def _definition_if_it_came(self, name: str) -> str:
        """What need not come is empty unless it came, also to what is computed from it; only then it is computed."""
        variable = self.keep("b''")
        with self.only_if(self.presented[name]):
            self.lines.append(f"{variable} = {self.value(self.scheme.definitions[name])}")
        self.variables[name] = variable
        return variable

    @contextmanager
    def only_if(self, condition: str) -> Iterator[None]:
        """Write statements under a condition; what is defined there is not known after it."""
        outside, variables = self.lines, dict(self.variables)
        self.lines = []
        yield
        self.lines, self.variables = [*outside, f"if {condition}:", *(f"    {line}" for line in self.lines)], variables

    def _runs(self, parts: Sequence[Expression]) -> list[str]:
        """Return code for the parts of a concatenation, neighbours that are known per key made into one."""
        runs: list[list[Expression]] = []
        for part in parts:
            if runs and self.stage(part) is Stage.KEY and self.stage(runs[-1][0]) is Stage.KEY:
                runs[-1].append(part)
            else:
                runs.append([part])
        return [self._run(run) for run in runs]

    def _run(self, run: list[Expression]) -> str:
        if len(run) == 1:
            return self.value(run[0])
        return self.per_key(Concat(tuple(run)), " + ".join(map(self.value, run)))

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
                return "(request.body or body_of(request))"
            case Part.FORM:
                return f"form_of(request, {self.constant(self.stripped[Where.FORM])})"
            case part:
                return f"request.{part}"

    def _packed_fields(self, packed: Packed) -> str:
        """A verifier lists what came; a signer what it is going to write, for the signature has its place there too."""
        without = frozenset(self.scheme.definitions.keys() - self.digests)
        if not self.signs:
            return f"{self.constant(make_pair_lister(packed, without))}({self.text_at(packed.place)})"
        listed = [name for name in packed.carried if name not in without]
        values = ", ".join(f"{self.constant(name)}: {self.name(name)}" for name in listed)
        return f"{self.constant(make_pair_maker(packed, without))}({{{values}}})"

    def text_at(self, place: Place) -> str:
        """Return code for what the request has at a place; of two the last, of none nothing."""
        if place.where is Where.HEADER:
            return f"request.header_fields[0].get({self.constant(place.key)}, b'')"
        return f"{self.constant(place)}.value_in(request)"

    def unlisted_keys(self, packed: Packed) -> frozenset[bytes]:
        """Return the keys of pairs that a definition does not list: those of computed values."""
        computed = self.scheme.definitions.keys() - self.digests
        return frozenset(key.encode() for key, tree in packed.pairs if not computed.isdisjoint(names(tree)))

    def _apply(self, node: Apply) -> str:
        if code := shortcut(self, node):
            return code
        entry = FILTERS[node.filter]
        return prepared(self, entry, node) if entry.prepare else self.filtered(node)

    def filtered(self, node: Apply) -> str:
        """Return code for a filter that needs no state."""
        arguments = ", ".join(map(self.value, node.arguments))
        code = FILTERS[node.filter].code
        return code.format(source=self.value(node.source), arguments=arguments, read_time=self._read_time())

    def _read_time(self) -> str:
        return self.constant(self.scheme.time.format.read) if self.scheme.time else ""

    def argument(self, kind: Argument, node: Expression) -> str:
        """Return code for a filter's argument; a hash function or an algorithm is its name."""
        if kind in (Argument.HASH, Argument.ALGORITHM) and isinstance(node, Text):
            return self.constant(node.value)
        return self.value(node)

    def _cover(self, node: Cover) -> str:
        values, lines = (
            ", ".join(f"{self.constant(name.encode())}: {self.value(value)}" for name, value in named)
            for named in (node.values, node.lines)
        )
        separator, computed = self.constant(node.separator.encode()), self.constant(self.stripped[Where.HEADER])
        return f"cover(request, {self.value(node.names)}, {separator}, {computed}, {{{values}}}, {{{lines}}})"

    def switch(self, node: Switch, write: Callable[[Expression], str]) -> str:
        """Return code for the case that applies, each written by ``write``."""
        if isinstance(node.subject, Text):  # a parameter that does not travel
            chosen = dict(node.cases).get(node.subject.value, node.default)
            return "no_case()" if chosen is None else write(chosen)
        subject = self.value(node.subject)
        cases = [f"{write(value)} if {subject} == {self.constant(text.encode())}" for text, value in node.cases]
        refusal = "cannot_sign()" if is_by_kind(node) else "no_case()"
        default = refusal if node.default is None else write(node.default)
        return f"({' else '.join([*cases, default])})"
