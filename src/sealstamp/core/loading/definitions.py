"""``[sign]``: what is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sealstamp.core.document import Table, shown
from sealstamp.core.loading.reading import Reading
from sealstamp.core.scheme import INPUTS, KEY_KIND, SECRET
from sealstamp.core.tree import Cover, Expression, Join, Switch


class DefinitionReader:
    """Reads what is computed."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def definitions(self, fixed: set[str]) -> dict[str, Expression]:
        """Return every definition; parameters in ``fixed`` have their values in it. Raises SchemeError."""
        table = self._reading.root.table("sign")
        if table is None:
            if self._reading.code is not None:
                return {}
            self._reading.root.fail("sign", "nothing is signed", '[sign] string_to_sign = "…" and signature = "…"')
        values = {name: self._reading.values[name] for name in fixed}
        return {name: self._definition(table, name, values) for name in table.values}

    def _definition(self, table: Table, name: str, fixed: Mapping[str, str]) -> Expression:
        self._reading.check_name(table, name)
        given = {*INPUTS, SECRET, KEY_KIND, *self._reading.values, *(extra.name for extra in self._reading.extras)}
        if name in given:
            table.fail(name, f"{name!r} is given and cannot be defined", "choose another name")
        return self._expression(table, name, table.values[name], fixed)

    def _expression(self, table: Table, key: str, value: Any, fixed: Mapping[str, str]) -> Expression:
        match value:
            case str():
                return self._reading.template(table, key, value, fixed)
            case [] | {"parts": []}:
                return table.fail(key, f"{key!r} has an empty list", "a list has at least one part")
            case list():
                return Join("\n", tuple(self._expression(table, key, line, fixed) for line in value))
            case {"join": str(separator), "parts": list(parts), **rest} if rest.keys() <= {"skip_empty"}:
                inner = tuple(self._expression(table, key, part, fixed) for part in parts)
                return Join(separator, inner, skip_empty=rest.get("skip_empty") is True)
            case {"switch": str(subject), "cases": dict(cases), **rest} if cases and rest.keys() <= {"default"}:
                return Switch(
                    self._reading.template(table, key, subject, fixed),
                    tuple((text, self._expression(table, key, case, fixed)) for text, case in cases.items()),
                    self._expression(table, key, rest["default"], fixed) if rest else None,
                )
            case {"cover": str(listed), **rest} if rest.keys() <= {"separator", "values", "lines"}:
                return Cover(
                    self._reading.template(table, key, listed, fixed),
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
