"""Scheme text to Scheme: reads each section of the file, then has the whole checked.

::

    title, vendor, url, summary      who calls it what, and the vendor's page
    [parameters]                     what an API may set: NAME = { default, about, one_of }
    [fields]                         which values travel, and where: NAME = "header X-TS", or a list: first is written,
                                     or at, optional, instead
    [packed."header NAME"]           several values in one text: text = "…" or prefix, pairs, separator, quoted
    [time]                           format, past, future; for what expires: lifetime, most, unit
    [nonce]                          make, grows
    [sign]                           definitions in order, the last two string_to_sign and signature
    [code]                           name: what computes the signature where a notation cannot say it
    [chosen.NAME]                    a definition that the signer chooses: must_name = […], must_name_all, separator
    [keys]                           what new pairs look like: access_key_id, secret
    [keys.extras]                    further secrets of each key: NAME = { make, about, shown, optional }
    [responses]                      the vendor's refusals: body, default, and answers by reason

Names of parameters in braces may stand in places, so that an API can rename a header. The durations of ``[time]`` are
parameters too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sealstamp.core.asymmetric import ALGORITHMS
from sealstamp.core.bodycheck import body_digest_of
from sealstamp.core.branches import algorithms_of, takes_shared
from sealstamp.core.checks import check_scheme
from sealstamp.core.code import Code
from sealstamp.core.document import Document, Table, shown
from sealstamp.core.forms import ALPHABETS, PAIRS, Form
from sealstamp.core.places import Place
from sealstamp.core.responses import read_responses
from sealstamp.core.scheme import (
    INPUTS,
    KEY_KIND,
    LIFETIME,
    SECRET,
    SIGNATURE,
    UNSEEN_BODY,
    UNSIGNED_BODY,
    Carrier,
    Chosen,
    Extra,
    Field,
    KeyForms,
    NonceRule,
    Packed,
    Parameter,
    Presence,
    Scheme,
)
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.template import RESERVED, TemplateError, parse_template
from sealstamp.core.timerules import DURATIONS, TimeReader
from sealstamp.core.tree import Concat, Cover, Expression, Join, Name, Switch, Text, names, rewrite
from sealstamp.errors import ConfigurationError, NotFoundError, SchemeError

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DEFAULT_KEYS = KeyForms(Form.parse("alnum 32"), Form.parse("base62 40"))
_OF_THEIR_OWN = frozenset({*INPUTS, SECRET, KEY_KIND, *DURATIONS, UNSEEN_BODY})
_WHETHER = ("allowed", "refused")


FindCode = Callable[[str], Code]
"""Returns the code of a name. Raises NotFoundError, ConfigurationError for code that cannot be used."""


def find_no_code(name: str) -> Code:
    """Find nothing, where only schemes that are data are wanted."""
    raise NotFoundError(f"there is no code {name!r} here\nhint: sealstamp.schemes.get_scheme finds plug-ins")


def load_scheme(
    text: str,
    *,
    name: str,
    path: str,
    parameters: Mapping[str, str] | None = None,
    find_code: FindCode = find_no_code,
) -> Scheme:
    """Read and check a scheme.

    ``name`` is what it is called, ``path`` what errors call the file, ``parameters`` the values an API sets;
    ``find_code`` is asked where the file names code.
    Raises SchemeError for what the author did wrong, ConfigurationError for a parameter that does not fit.
    """
    given = dict(parameters or {})
    try:
        return _read(text, name, path, given, find_code)
    except SchemeError as error:
        if not given:
            raise
        _read(text, name, path, {}, find_code)  # raises if it is the author's fault; else it is the parameters'
        place = f"scheme {name}, parameters {', '.join(sorted(given))}"
        raise ConfigurationError(place, error.problem, error.hint) from None


def _read(text: str, name: str, path: str, given: dict[str, str], find_code: FindCode) -> Scheme:
    try:
        return _Reader(Document(text, path).root, name, given, find_code).scheme()
    except RecursionError:
        raise SchemeError(f"{path}:1", "something in it is nested too deeply", "give parts names in [sign]") from None


def set_parameters(scheme: Scheme, parameters: Mapping[str, str]) -> Scheme:
    """Return ``scheme`` with these parameters in force, and defaults for the others. Raises ConfigurationError."""
    find = _find_again(scheme)
    return load_scheme(scheme.source, name=scheme.name, path=scheme.name, parameters=parameters, find_code=find)


def _find_again(scheme: Scheme) -> FindCode:
    code = scheme.code
    return find_no_code if code is None else lambda _: code


def read_definitions(scheme: Scheme) -> Mapping[str, Expression]:
    """Return the definitions as they are written: with parameters by name, where the scheme's own have their values."""
    root = Document(scheme.source, scheme.name).root
    return _Reader(root, scheme.name, dict(scheme.parameters), _find_again(scheme)).definitions(fixed=set())


class _Reader:
    """Reads one file's sections; the parameters' values are known before anything that may mention them."""

    def __init__(self, root: Table, name: str, given: dict[str, str], find_code: FindCode) -> None:
        self.root = root
        self.name = name
        self.given = given
        self.code = self._code(find_code)
        self.declared = self._parameters()
        self.values = {entry.name: given.get(entry.name, entry.default) for entry in self.declared}
        self.extras = self._extras()

    def scheme(self) -> Scheme:
        times = self._times()  # first, because durations are parameters too
        self._declare_unsigned_body()
        self._check_choices()
        carriers = self._carriers()
        carried = {name for carrier in carriers for name in carrier.carried}
        definitions = self.definitions(fixed=self.values.keys() - carried)
        if any(body_digest_of(name, tree) for name, tree in definitions.items() if name in carried):
            self._declare(UNSEEN_BODY, "allowed", "a request whose body is under a signed digest, and is not seen")
            self._check_choices()
        self._check_known()
        scheme = Scheme(
            name=self.name,
            title=self.root.need("title", str, 'title = "what people call it"'),
            vendor=self.root.need("vendor", str, 'vendor = "whose API this is"'),
            url=self.root.need("url", str, 'url = "https://…", the vendor\'s own page'),
            summary=self.root.get("summary", str) or "",
            declared=self.declared,
            accepted=self._accepted(),
            parameters=self.values,
            carriers=carriers,
            definitions=definitions,
            chosen=self._chosen(),
            time=None if times is None else times.rule(carriers),
            nonce=self._nonce(),
            keys=self._keys(),
            responses=read_responses(self.root),
            source=self.root.document.text,
            code=self.code,
        )
        self.root.finish()
        check_scheme(scheme, self.root.document)
        return scheme.replace(keys=self._fitting_keys(scheme))

    def _code(self, find_code: FindCode) -> Code | None:
        table = self.root.table("code")
        if table is None:
            return None
        name = table.need("name", str, 'name = "rfc9421", a name under which a plug-in is registered')
        table.finish()
        try:
            return find_code(name)
        except NotFoundError as error:
            problem, _, hint = str(error).partition("\nhint: ")
            return table.fail("name", problem, hint)

    # parameters

    def _parameters(self) -> tuple[Parameter, ...]:
        table = self.root.table("parameters")
        return tuple(self._parameter(table, name) for name in table.values) if table else ()

    def _parameter(self, parameters: Table, name: str) -> Parameter:
        self._check_name(parameters, name)
        if name in _OF_THEIR_OWN:
            parameters.fail(name, f"{name!r} cannot be a parameter", "it has a meaning of its own; choose another name")
        table = parameters.table(name)
        assert table is not None  # noqa: S101  # the key was just iterated
        default = table.need("default", str, f'{name} = {{ default = "…", about = "…" }}')
        choices = self._texts(table, "one_of")
        about = table.need("about", str, "say in a few words what it is for")
        accept = table.get("accept", str) or ""
        table.finish()
        if choices and default not in choices:
            table.fail("default", f"the default {default!r} is not in one_of", did_you_mean(default, choices))
        if accept and not choices:
            table.fail("accept", "'accept' needs one_of, from which it chooses", 'one_of = ["…", "…"]')
        return Parameter(name, default, about, choices, accept)

    def _extras(self) -> tuple[Extra, ...]:
        keys = self.root.table("keys")
        table = keys.table("extras") if keys else None
        return tuple(self._extra(table, name) for name in table.values) if table else ()

    def _extra(self, extras: Table, name: str) -> Extra:
        self._check_name(extras, name)
        if name in INPUTS or name in (SECRET, KEY_KIND, SIGNATURE, *DURATIONS, *self.values):
            extras.fail(
                name, f"{name!r} cannot be a further secret", "it has a meaning of its own; choose another name"
            )
        table = extras.table(name)
        assert table is not None  # noqa: S101  # the key was just iterated
        form = self._form(table, "make", table.need("make", str, f'{name} = {{ make = "alnum 12", about = "…" }}'))
        about = table.need("about", str, "say in a few words what it is for")
        extra = Extra(name, form, about, bool(table.get("shown", bool)), bool(table.get("optional", bool)))
        table.finish()
        return extra

    def _declare(self, name: str, default: str, about: str) -> None:
        """Declare a parameter of our own, which allows or refuses something."""
        self.declared += (Parameter(name, default, about, _WHETHER),)
        self.values[name] = self.given.get(name, default)

    def _declare_unsigned_body(self) -> None:
        """Declare whether a constant may come in place of a digest, unless the scheme does so itself."""
        fields = self.root.table("fields")
        may_come = fields and any(isinstance(value, dict) and "instead" in value for value in fields.values.values())
        own = next((entry for entry in self.declared if entry.name == UNSIGNED_BODY), None)
        if may_come and own is None:
            self._declare(UNSIGNED_BODY, "refused", "a request that does not sign its body, and says so")
        if own is not None and not (may_come and set(own.one_of) == set(_WHETHER)):
            hint = f"it is for fields with 'instead', and its one_of is {list(_WHETHER)}"
            self.root.document.fail(("parameters", UNSIGNED_BODY), f"{UNSIGNED_BODY!r} cannot be this parameter", hint)

    def _check_choices(self) -> None:
        for entry in self.declared:
            value = self.given.get(entry.name, entry.default)
            if entry.one_of and value not in entry.one_of:
                place = f"scheme {self.name}, parameter {entry.name}"
                raise ConfigurationError(place, f"cannot be {value!r}", f"it is one of {', '.join(entry.one_of)}")

    def _check_known(self) -> None:
        known = {entry.name for entry in self.declared}
        for name in self.given:
            if name not in known:
                hint = did_you_mean(name, known) if known else "it has none"
                raise ConfigurationError(f"scheme {self.name}, parameter {name}", "no such parameter", hint)

    def _accepted(self) -> dict[str, tuple[str, ...]]:
        """Return, for parameters that travel as one of some values, those that may come."""
        table = self.root.table("parameters")
        accepted = {entry.name: entry.one_of for entry in self.declared if entry.one_of}
        for entry in self.declared:
            if entry.accept and table:
                words = tuple(self._fill(table, entry.name, entry.accept).split())
                if wrong := [word for word in words if word not in entry.one_of]:
                    table.fail(
                        entry.name, f"{entry.name!r} cannot be {wrong[0]!r}", did_you_mean(wrong[0], entry.one_of)
                    )
                accepted[entry.name] = words
        return accepted

    # carriers

    def _carriers(self) -> tuple[Carrier, ...]:
        fields = self.root.table("fields")
        packed = self.root.table("packed")
        carriers: list[Carrier] = [self._field(fields, name) for name in fields.values] if fields else []
        if packed:
            carriers += [self._packed(packed, place) for place in packed.values]
        if not carriers:
            self.root.fail("fields", "nothing travels", '[fields] says where: signature = "header X-Signature"')
        return tuple(carriers)

    def _field(self, fields: Table, name: str) -> Field:
        self._check_name(fields, name)
        value = fields.values[name]
        if not isinstance(value, dict):
            return Field(name, self._places(fields, name, value))
        table = fields.table(name)
        assert table is not None  # noqa: S101
        places = self._places(fields, name, table.get("at", object))
        optional, instead = self._optional(table), self._texts(table, "instead")
        any_case, first = bool(table.get("any_case", bool)), bool(table.get("first", bool))
        table.finish()
        presence = Presence.OMITTED if optional == "computed" else optional
        return Field(
            name,
            places,
            optional=presence is not Presence.REQUIRED,
            omitted=frozenset({name} if presence is Presence.OMITTED else ()),
            any_case=any_case,
            first=first,
            computed_if_absent=optional == "computed",
            instead=instead,
            instead_allowed=self.values.get(UNSIGNED_BODY) == "allowed",
        )

    def _places(self, table: Table, name: str, value: Any) -> tuple[Place, ...]:
        places = value if isinstance(value, list) else [value]
        if not places:
            table.fail(name, f"{name!r} has no place", f'{name} = "header X-Name"')
        read = {self._place(table, name, place): None for place in places}  # a parameter may have made two alike
        return tuple(read)

    def _optional(self, table: Table) -> Presence | str:
        """Read what ``_presence`` does, or "computed", or a switch over parameters that leads to one of them."""
        value: Any = table.get("optional", object)
        match value:
            case {"switch": str(subject), "cases": dict(cases), "default": default, **rest} if not rest:
                value = cases.get(self._fill(table, "optional", subject), default)
        return "computed" if value == "computed" else self._presence(table, "optional", value)

    def _presence(self, table: Table, key: str, value: Any) -> Presence:
        """Read whether something must come; a text may be a parameter, so that an API can say."""
        if value is None or isinstance(value, bool):
            return Presence.OMITTED if value else Presence.REQUIRED
        word = self._fill(table, key, value) if isinstance(value, str) else ""
        if word not in set(Presence):
            problem = f'{key!r} must be "computed", true or false, not {shown(value)}'
            table.fail(key, problem, f"or one of {', '.join(Presence)}")
        return Presence(word)

    def _texts(self, table: Table, key: str) -> tuple[str, ...]:
        texts = tuple(table.get(key, list) or ())
        if not all(isinstance(text, str) for text in texts):
            table.fail(key, f"{key!r} must be a list of texts", f"it is {shown(list(texts))}")
        return texts

    def _place(self, table: Table, key: str, text: Any) -> Place:
        if not isinstance(text, str):
            table.fail(key, f"{shown(text)} is no place", f'{key} = "header X-Name", or a list of places')
        try:
            return Place.parse(self._fill(table, key, text))
        except ValueError as error:
            return table.fail(key, str(error), f'{key} = "header X-Name"')

    def _fill(self, table: Table, key: str, text: str) -> str:
        """Put parameters into a place's text."""
        expression = self._template(table, key, text, fixed=self.values)
        parts = expression.parts if isinstance(expression, Concat) else (expression,)
        if not all(isinstance(part, Text) for part in parts):
            unknown = next(names(expression), text)
            table.fail(key, f"{text!r} mentions more than parameters", did_you_mean(unknown, self.values))
        return "".join(part.value for part in parts if isinstance(part, Text))

    def _packed(self, parent: Table, place: str) -> Packed:
        table = parent.table(place)
        assert table is not None  # noqa: S101
        where = self._place(parent, place, place)
        text = table.get("text", str)
        pairs = table.table("pairs")
        if self.code is not None and text is None and pairs is None:
            return self._packed_by_code(table, where)
        if (text is None) == (pairs is None):
            table.fail("", "a packed text has either 'text' or 'pairs'", 'text = "ID {access_key_id}:{signature}"')
        if text is not None:
            packed = self._packed_text(table, where, text)
        else:
            assert pairs is not None  # noqa: S101
            packed = self._pairs(table, where, pairs)
        table.finish()
        return packed

    def _packed_by_code(self, table: Table, place: Place) -> Packed:
        carries = table.need("carries", list, 'carries = ["access_key_id", …], the names whose values travel in it')
        if not carries or not all(isinstance(name, str) for name in carries):
            table.fail("carries", "'carries' is a list of names", 'carries = ["access_key_id", "timestamp"]')
        packed = Packed(place, tuple(carries), optional=bool(table.get("optional", bool)))
        table.finish()
        return packed

    def _packed_text(self, table: Table, place: Place, text: str) -> Packed:
        template = self._template(table, "text", text)
        several, base64 = bool(table.get("several", bool)), bool(table.get("base64", bool))
        return Packed(
            place,
            tuple(names(template)),
            template,
            prefix=self._fill(table, "prefix", table.get("prefix", str) or "") if base64 else "",
            base64=base64,
            separator=(table.get("separator", str) or " ") if several else ", ",
            several=SIGNATURE if several else "",
        )

    def _pairs(self, table: Table, place: Place, pairs: Table) -> Packed:
        templates = {key: self._template(pairs, key, pairs.need(key, str, "")) for key in pairs.values}
        presences = self._presences(table, templates)
        absent = {key for key, presence in presences.items() if presence is not Presence.REQUIRED}
        omitted = {key for key, presence in presences.items() if presence is Presence.OMITTED}
        return Packed(
            place,
            tuple(name for template in templates.values() for name in names(template)),
            prefix=self._fill(table, "prefix", table.get("prefix", str) or ""),
            pairs=tuple(templates.items()),
            separator=table.get("separator", str) or ", ",
            quoted=bool(table.get("quoted", bool)),
            bare=self._keys_of(table, "bare", templates),
            encoded=self._keys_of(table, "encoded", templates),
            may_lack=frozenset(name for key in absent for name in names(templates[key])),
            omitted=frozenset(name for key in omitted for name in names(templates[key])),
            several=SIGNATURE if table.get("several", bool) else "",
        )

    def _presences(self, table: Table, templates: Mapping[str, Expression]) -> dict[str, Presence]:
        """Read ``optional``: a list of keys, or a table that says of each whether it must come."""
        if isinstance(table.values.get("optional"), dict):
            each = table.table("optional")
            assert each is not None  # noqa: S101
            given = {key: self._presence(each, key, each.get(key, object)) for key in each.values}
            self._check_keys(table, "optional", given, templates)
            return given
        return dict.fromkeys(self._keys_of(table, "optional", templates), Presence.OMITTED)

    def _keys_of(self, table: Table, key: str, templates: Mapping[str, Expression]) -> frozenset[str]:
        """Read a list of pairs' keys; true means all of them."""
        value = table.get(key, object)
        if value is None or isinstance(value, bool):
            return frozenset(templates if value else ())
        keys = value if isinstance(value, list) else [value]
        self._check_keys(table, key, keys, templates)
        return frozenset(keys)

    def _check_keys(self, table: Table, key: str, given: Iterable[Any], templates: Mapping[str, Expression]) -> None:
        for word in given:
            if not isinstance(word, str) or word not in templates:
                table.fail(key, f"there is no pair {shown(word)}", did_you_mean(str(word), templates))

    # what is computed

    def definitions(self, fixed: set[str]) -> dict[str, Expression]:
        table = self.root.table("sign")
        if table is None:
            if self.code is not None:
                return {}
            self.root.fail("sign", "nothing is signed", '[sign] string_to_sign = "…" and signature = "…"')
        values = {name: self.values[name] for name in fixed}
        return {name: self._definition(table, name, values) for name in table.values}

    def _definition(self, table: Table, name: str, fixed: Mapping[str, str]) -> Expression:
        self._check_name(table, name)
        given = {*INPUTS, SECRET, KEY_KIND, *self.values, *(extra.name for extra in self.extras)}
        if name in given:
            table.fail(name, f"{name!r} is given and cannot be defined", "choose another name")
        return self._expression(table, name, table.values[name], fixed)

    def _expression(self, table: Table, key: str, value: Any, fixed: Mapping[str, str]) -> Expression:
        match value:
            case str():
                return self._template(table, key, value, fixed)
            case [] | {"parts": []}:
                return table.fail(key, f"{key!r} has an empty list", "a list has at least one part")
            case list():
                return Join("\n", tuple(self._expression(table, key, line, fixed) for line in value))
            case {"join": str(separator), "parts": list(parts), **rest} if rest.keys() <= {"skip_empty"}:
                inner = tuple(self._expression(table, key, part, fixed) for part in parts)
                return Join(separator, inner, skip_empty=rest.get("skip_empty") is True)
            case {"switch": str(subject), "cases": dict(cases), **rest} if cases and rest.keys() <= {"default"}:
                return Switch(
                    self._template(table, key, subject, fixed),
                    tuple((text, self._expression(table, key, case, fixed)) for text, case in cases.items()),
                    self._expression(table, key, rest["default"], fixed) if rest else None,
                )
            case {"cover": str(listed), **rest} if rest.keys() <= {"separator", "values", "lines"}:
                return Cover(
                    self._template(table, key, listed, fixed),
                    str(rest.get("separator", " ")),
                    self._named(table, key, rest.get("values", {}), fixed),
                    self._named(table, key, rest.get("lines", {}), fixed),
                )
            case _:
                return table.fail(
                    key,
                    f"{key!r} is no expression",
                    'write a text, a list of lines, { join = "…", parts = […] }, { cover = "{…}" } or '
                    '{ switch = "{…}", cases = { … }, default = "…" }',
                )

    def _named(
        self, table: Table, key: str, given: Any, fixed: Mapping[str, str]
    ) -> tuple[tuple[str, Expression], ...]:
        if not isinstance(given, dict):
            table.fail(key, f"{shown(given)} says nothing of any name", 'values = { "(request-target)" = "{target}" }')
        return tuple((name.lower(), self._expression(table, key, value, fixed)) for name, value in given.items())

    def _template(self, table: Table, key: str, text: str, fixed: Mapping[str, str] | None = None) -> Expression:
        try:
            tree = parse_template(text)
        except TemplateError as error:
            return table.fail(key, error.problem, error.hint)
        known = fixed or {}
        return rewrite(tree, lambda n: Text(known[n.name]) if isinstance(n, Name) and n.name in known else n)

    # rules

    def _chosen(self) -> dict[str, Chosen]:
        table = self.root.table("chosen")
        return {name: self._choice(table, name) for name in table.values} if table else {}

    def _choice(self, parent: Table, name: str) -> Chosen:
        table = parent.table(name)
        if table is None:
            parent.fail(name, f"{name!r} must be a table", f'[chosen.{name}] must_name = ["host"]')
        must_name = table.need("must_name", list, 'must_name = ["host"], or [] where nothing is demanded')
        if not all(isinstance(word, str) for word in must_name):
            table.fail("must_name", "'must_name' holds what is not text", 'must_name = ["host"]')
        separator = table.get("separator", str) or ";"
        any_case = bool(table.get("any_case", bool))
        filled = [self._fill(table, "must_name", word) for word in must_name]
        filled = [word.lower() for word in filled] if any_case else filled
        demanded = dict.fromkeys(name for word in filled for name in word.split(separator) if name)
        chosen = Chosen(
            tuple(demanded),
            separator,
            self._texts(table, "must_name_all"),
            default=table.get("default", str) or "",
            any_case=any_case,
            as_listed=bool(table.get("as_listed", bool)),
        )
        table.finish()
        return chosen

    def _times(self) -> TimeReader | None:
        table = self.root.table("time")
        if table is None:
            return None
        times = TimeReader(table, self.name, self.given, self._fill)
        if LIFETIME in self.root.values.get("fields", ()):
            times.declare_lifetime()
        self.declared += tuple(times.declared)
        self.values |= times.values
        return times

    def _nonce(self) -> NonceRule | None:
        table = self.root.table("nonce")
        if table is None:
            return None
        form = self._form(table, "make", table.need("make", str, 'make = "hex 16"'))
        rule = NonceRule(form, bool(table.get("grows", bool)))
        if rule.grows and not (form.alphabet == ALPHABETS["digits"] and 10 <= form.length <= 19):
            table.fail("make", "a nonce that grows is made of the time's digits", 'make = "digits 13" for milliseconds')
        table.finish()
        return rule

    def _fitting_keys(self, scheme: Scheme) -> KeyForms:
        """Return the forms, with a key pair's where the scheme signs with nothing else and says no form."""
        wanted = [ALGORITHMS[name].family for name in algorithms_of(scheme)]
        shared, pair = takes_shared(scheme) or not wanted, scheme.keys.secret.pair
        says = "secret" in self.root.values.get("keys", {})
        if says and not (pair in wanted if pair else shared):
            needed = "a secret that both sides know" if not wanted else f"a key of {' or '.join(dict.fromkeys(wanted))}"
            self.root.document.fail(("keys", "secret"), f"this scheme signs with {needed}", "give a form of that kind")
        if says or shared:
            return scheme.keys
        form = next(name for name, (family, _) in PAIRS.items() if family == wanted[0])
        return scheme.keys.replace(secret=Form.parse(form))

    def _keys(self) -> KeyForms:
        table = self.root.table("keys")
        if table is None:
            return _DEFAULT_KEYS
        forms = _DEFAULT_KEYS.replace(
            **{
                key: self._form(table, key, text)
                for key in ("access_key_id", "secret")
                if (text := table.get(key, str))
            },
            extras=self.extras,
        )
        table.get("extras", dict)
        table.finish()
        return forms

    def _form(self, table: Table, key: str, text: str) -> Form:
        try:
            form = Form.parse(text)
        except ValueError as error:
            return table.fail(key, str(error), f'{key} = "hex 32"')
        if form.pair and key != "secret":
            table.fail(key, f"{key!r} is no private key", f'{key} = "hex 32"')
        return form

    def _check_name(self, table: Table, name: str) -> None:
        if not _NAME.fullmatch(name) or name in RESERVED:
            table.fail(
                name, f"{name!r} cannot be a name", f"names are like my_name, and not {', '.join(sorted(RESERVED))}"
            )
