"""``[parameters]``: what an API may set, and the switches that the notation itself declares."""

from __future__ import annotations

from sealstamp.core.document import Table
from sealstamp.core.loading.reading import Reading
from sealstamp.core.scheme import INPUTS, KEY_KIND, SECRET, UNSEEN_BODY, UNSIGNED_BODY, Parameter
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.timerules import DURATIONS
from sealstamp.errors import ConfigurationError

_OF_THEIR_OWN = frozenset({*INPUTS, SECRET, KEY_KIND, *DURATIONS, UNSEEN_BODY})
_WHETHER = ("allowed", "refused")


class ParameterReader:
    """Reads and declares parameters."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def read(self) -> None:
        """Read what the file declares. Raises SchemeError."""
        table = self._reading.root.table("parameters")
        declared = tuple(self._parameter(table, name) for name in table.values) if table else ()
        self._reading.declared = declared
        self._reading.values = {one.name: self._reading.given.get(one.name, one.default) for one in declared}

    def _parameter(self, parameters: Table, name: str) -> Parameter:
        self._reading.check_name(parameters, name)
        if name in _OF_THEIR_OWN:
            parameters.fail(name, f"{name!r} cannot be a parameter", "it has a meaning of its own; choose another name")
        table = parameters.table(name)
        assert table is not None  # noqa: S101  # the key was just iterated
        default = table.need("default", str, f'{name} = {{ default = "…", about = "…" }}')
        choices = self._reading.texts(table, "one_of")
        about = table.need("about", str, "say in a few words what it is for")
        accept = table.get("accept", str) or ""
        table.finish()
        if choices and default not in choices:
            table.fail("default", f"the default {default!r} is not in one_of", did_you_mean(default, choices))
        if accept and not choices:
            table.fail("accept", "'accept' needs one_of, from which it chooses", 'one_of = ["…", "…"]')
        return Parameter(name, default, about, choices, accept)

    def declare(self, name: str, default: str, about: str) -> None:
        """Declare a parameter of our own, which allows or refuses something."""
        self._reading.declared += (Parameter(name, default, about, _WHETHER),)
        self._reading.values[name] = self._reading.given.get(name, default)

    def declare_unsigned_body(self) -> None:
        """Declare whether a constant may come in place of a digest, unless the scheme does so itself."""
        fields = self._reading.root.table("fields")
        may_come = fields and any(isinstance(value, dict) and "instead" in value for value in fields.values.values())
        own = next((entry for entry in self._reading.declared if entry.name == UNSIGNED_BODY), None)
        if may_come and own is None:
            self.declare(UNSIGNED_BODY, "refused", "a request that does not sign its body, and says so")
        if own is not None and not (may_come and set(own.one_of) == set(_WHETHER)):
            hint = f"it is for fields with 'instead', and its one_of is {list(_WHETHER)}"
            self._reading.root.document.fail(
                ("parameters", UNSIGNED_BODY), f"{UNSIGNED_BODY!r} cannot be this parameter", hint
            )

    def check_choices(self) -> None:
        """Raise ConfigurationError for a value that is not one of those that may be."""
        for entry in self._reading.declared:
            value = self._reading.given.get(entry.name, entry.default)
            if entry.one_of and value not in entry.one_of:
                place = f"scheme {self._reading.name}, parameter {entry.name}"
                raise ConfigurationError(place, f"cannot be {value!r}", f"it is one of {', '.join(entry.one_of)}")

    def check_known(self) -> None:
        """Raise ConfigurationError for a parameter that the scheme does not have."""
        known = {entry.name for entry in self._reading.declared}
        for name in self._reading.given:
            if name not in known:
                hint = did_you_mean(name, known) if known else "it has none"
                raise ConfigurationError(f"scheme {self._reading.name}, parameter {name}", "no such parameter", hint)

    def accepted(self) -> dict[str, tuple[str, ...]]:
        """Return, for parameters that travel as one of some values, those that may come."""
        table = self._reading.root.table("parameters")
        accepted = {entry.name: entry.one_of for entry in self._reading.declared if entry.one_of}
        for entry in self._reading.declared:
            if entry.accept and table:
                words = tuple(self._reading.fill(table, entry.name, entry.accept).split())
                if wrong := [word for word in words if word not in entry.one_of]:
                    table.fail(
                        entry.name, f"{entry.name!r} cannot be {wrong[0]!r}", did_you_mean(wrong[0], entry.one_of)
                    )
                accepted[entry.name] = words
        return accepted
