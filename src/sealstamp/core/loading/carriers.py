"""``[fields]`` and ``[packed]``: where values travel."""

from __future__ import annotations

from typing import Any

from sealstamp.core.document import Table
from sealstamp.core.loading.packed import PackedReader
from sealstamp.core.loading.reading import Reading
from sealstamp.core.places import Place
from sealstamp.core.scheme import UNSIGNED_BODY, Carrier, Field, Presence


class CarrierReader:
    """Reads where values travel."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def carriers(self) -> tuple[Carrier, ...]:
        """Return everything that travels. Raises SchemeError."""
        fields = self._reading.root.table("fields")
        packed = self._reading.root.table("packed")
        carriers: list[Carrier] = [self._field(fields, name) for name in fields.values] if fields else []
        if packed:
            packed_reader = PackedReader(self._reading)
            carriers += [packed_reader.packed(packed, place) for place in packed.values]
        if not carriers:
            self._reading.root.fail(
                "fields", "nothing travels", '[fields] says where: signature = "header X-Signature"'
            )
        return tuple(carriers)

    def _field(self, fields: Table, name: str) -> Field:
        self._reading.check_name(fields, name)
        value = fields.values[name]
        if not isinstance(value, dict):
            return Field(name, self._places(fields, name, value))
        table = fields.table(name)
        assert table is not None  # noqa: S101
        places = self._places(fields, name, table.get("at", object))
        optional, instead = self._optional(table), self._reading.texts(table, "instead")
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
            instead_allowed=self._reading.values.get(UNSIGNED_BODY) == "allowed",
        )

    def _places(self, table: Table, name: str, value: Any) -> tuple[Place, ...]:
        places = value if isinstance(value, list) else [value]
        if not places:
            table.fail(name, f"{name!r} has no place", f'{name} = "header X-Name"')
        read = {
            self._reading.place(table, name, place): None for place in places
        }  # a parameter may have made two alike
        return tuple(read)

    def _optional(self, table: Table) -> Presence | str:
        """Read what ``presence`` does, or "computed", or a switch over parameters that leads to one of them."""
        value: Any = table.get("optional", object)
        match value:
            case {"switch": str(subject), "cases": dict(cases), "default": default, **rest} if not rest:
                value = cases.get(self._reading.fill(table, "optional", subject), default)
        return "computed" if value == "computed" else self._reading.presence(table, "optional", value)
