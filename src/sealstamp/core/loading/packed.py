"""``[packed]``: several values in one text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sealstamp.core.document import Table, shown
from sealstamp.core.loading.reading import Reading
from sealstamp.core.places import Place
from sealstamp.core.scheme import SIGNATURE, Packed, Presence
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.tree import Expression, names


class PackedReader:
    """Reads packed texts."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def packed(self, parent: Table, place: str) -> Packed:
        """Return what is packed at a place. Raises SchemeError."""
        table = parent.table(place)
        assert table is not None  # noqa: S101
        where = self._reading.place(parent, place, place)
        text = table.get("text", str)
        pairs = table.table("pairs")
        if self._reading.code is not None and text is None and pairs is None:
            return self._by_code(table, where)
        if (text is None) == (pairs is None):
            table.fail("", "a packed text has either 'text' or 'pairs'", 'text = "ID {access_key_id}:{signature}"')
        if text is not None:
            packed = self._text(table, where, text)
        else:
            assert pairs is not None  # noqa: S101
            packed = self._pairs(table, where, pairs)
        table.finish()
        return packed

    def _by_code(self, table: Table, place: Place) -> Packed:
        carries = table.need("carries", list, 'carries = ["access_key_id", …], the names whose values travel in it')
        if not carries or not all(isinstance(name, str) for name in carries):
            table.fail("carries", "'carries' is a list of names", 'carries = ["access_key_id", "timestamp"]')
        packed = Packed(place, tuple(carries), optional=bool(table.get("optional", bool)))
        table.finish()
        return packed

    def _text(self, table: Table, place: Place, text: str) -> Packed:
        template = self._reading.template(table, "text", text)
        several, base64 = bool(table.get("several", bool)), bool(table.get("base64", bool))
        return Packed(
            place,
            tuple(names(template)),
            template,
            prefix=self._reading.fill(table, "prefix", table.get("prefix", str) or "") if base64 else "",
            base64=base64,
            separator=(table.get("separator", str) or " ") if several else ", ",
            several=SIGNATURE if several else "",
        )

    def _pairs(self, table: Table, place: Place, pairs: Table) -> Packed:
        templates = {key: self._reading.template(pairs, key, pairs.need(key, str, "")) for key in pairs.values}
        presences = self._presences(table, templates)
        absent = {key for key, presence in presences.items() if presence is not Presence.REQUIRED}
        omitted = {key for key, presence in presences.items() if presence is Presence.OMITTED}
        return Packed(
            place,
            tuple(name for template in templates.values() for name in names(template)),
            prefix=self._reading.fill(table, "prefix", table.get("prefix", str) or ""),
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
            given = {key: self._reading.presence(each, key, each.get(key, object)) for key in each.values}
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
