"""Reads ``[time]``: the durations, which are parameters too, and which of them a scheme needs.

What travels decides how a request's life is bounded::

    timestamp                 past, future                 made at most past ago
    timestamp, lifetime       future, lifetime, most       good for as long as it says, most at most
    timestamp, lifetime?      past as well                 an optional lifetime that is not there leaves past
    timestamp, expires?       past, future                 made at most past ago, and not expired if it says when
    timestamp, expires        future, lifetime, most       good until expires, most after it was made at most
    expires                   lifetime, most               good until expires, most from now at most
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from sealstamp.core.document import Table, shown
from sealstamp.core.scheme import EXPIRES, LIFETIME, TIMESTAMP, Carrier, Parameter, TimeRule
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.timing import TIME_FORMATS, TimeFormat, any_of, parse_duration
from sealstamp.errors import ConfigurationError

DURATIONS: Final = {
    "past": "how far in the past a request's time may be",
    "future": "how far in the future a request's time may be",
    LIFETIME: "how long a signer makes a request good for",
    "most": "the longest lifetime that is accepted",
}
"""The durations of a scheme's times, which are parameters of it too, and what they are about."""
UNITS: Final = {"s": 1_000, "ms": 1}
"""The units of a lifetime that travels, in milliseconds."""


class TimeReader:
    """Reads one scheme's ``[time]`` in two steps, with its carriers between: places may mention the durations.

    ``given`` are the parameters that an API sets, ``fill`` puts parameters into a text of ``[time]``.
    """

    def __init__(
        self, table: Table, name: str, given: Mapping[str, str], fill: Callable[[Table, str, str], str]
    ) -> None:
        self._table = table
        self._name = name
        self._given = given
        self._durations: dict[str, int] = {}
        self._format = _read_format(table)
        self._unit = table.get("unit", str)
        if self._unit is not None and self._unit not in UNITS:
            table.fail("unit", f"a lifetime cannot be in {self._unit!r}", did_you_mean(self._unit, UNITS))
        self.declared: list[Parameter] = []
        self.values: dict[str, str] = {}
        for key in DURATIONS:
            if (default := table.get(key, str)) is not None:
                self._declare(key, fill(table, key, default))
        table.finish()

    def declare_lifetime(self) -> None:
        """Declare a lifetime that may travel, and that no signer gives unless it is told to."""
        if LIFETIME not in self.values:
            self._declare(LIFETIME, "")

    def _declare(self, key: str, default: str) -> None:
        text = self.values[key] = self._given.get(key, default)
        about = DURATIONS[key]
        if key == LIFETIME:
            about += f", in {self._unit or 's'}"
            default, self.values[key] = self._number(default), self._number(text)
        else:
            self._durations[key] = self._duration(key, text)
        self.declared.append(Parameter(key, default, about))

    def _number(self, text: str) -> str:
        """Return a lifetime as the number that travels; nothing for none."""
        if not text:
            return ""
        unit = self._unit or "s"
        self._durations[LIFETIME] = lifetime_ms = self._duration(LIFETIME, text)
        if lifetime_ms % UNITS[unit]:
            self._refuse(LIFETIME, f"{text!r} is no whole number of {unit}")
        return str(lifetime_ms // UNITS[unit])

    def _duration(self, key: str, text: str) -> int:
        try:
            return self._parse(key, text)
        except ValueError as error:
            self._refuse(key, str(error))

    def _parse(self, key: str, text: str) -> int:
        """Read a duration; that of a lifetime may also be the number that travels."""
        if key in ("past", "future") or not (text.isascii() and text.isdigit()):
            return parse_duration(text)
        return parse_duration(f"{text} {self._unit or 's'}")

    def _refuse(self, key: str, problem: str) -> NoReturn:
        if key in self._given:
            raise ConfigurationError(f"scheme {self._name}, parameter {key}", problem, 'for example "5 min"')
        self._table.fail(key, problem, f'{key} = "5 min"')

    def rule(self, carriers: tuple[Carrier, ...]) -> TimeRule:
        """Return the rule for what travels. Raises SchemeError for a duration too many or too few."""
        travels = {name: name in carrier.may_lack for carrier in carriers for name in carrier.carried}
        if {EXPIRES, LIFETIME} <= travels.keys():
            self._table.fail("", "a request says its end twice: 'expires' and 'lifetime'", "let one of them travel")
        needed = _needed(travels)
        for key, why in needed.items():
            if key not in self._table.values:
                example = f'{key} = "s"' if key == "unit" else f'{key} = "5 min"'
                self._table.fail("", f"[time] has no {key!r}", f"{why}: {example}")
        if any(name in travels for name in (TIMESTAMP, EXPIRES)):
            self._refuse_unread(needed.keys() | ({LIFETIME} if travels.keys() & {LIFETIME, EXPIRES} else set()))
        most_ms, lifetime_ms = self._durations.get("most"), self._durations.get(LIFETIME)
        if most_ms is not None and lifetime_ms is not None and lifetime_ms > most_ms:
            self._refuse(LIFETIME, "a signer's lifetime is longer than the longest that is accepted")
        return TimeRule(
            self._format,
            self._durations.get("past", most_ms or 0),
            self._durations.get("future", 0),
            most_ms,
            UNITS[self._unit or "s"],
        )

    def _refuse_unread(self, read: Any) -> None:
        for key in (*DURATIONS, "unit"):
            if key in self._table.values and key not in read:
                self._table.fail(key, f"nothing reads {key!r} here", "it does not bound what travels; leave it out")


def _read_format(table: Table) -> TimeFormat:
    """Read one time format, or a list of them."""
    value: Any = table.need("format", object, f'format = "unix-s", or another of {", ".join(TIME_FORMATS)}')
    forms = value if isinstance(value, list) and value else [value]
    for form in forms:
        if not isinstance(form, str) or form not in TIME_FORMATS:
            table.fail("format", f"there is no time format {shown(form)}", did_you_mean(str(form), TIME_FORMATS))
    formats = [TIME_FORMATS[form] for form in forms]
    if len(set(forms)) != len(forms) or sum(form.per_ms is not None for form in formats) > 1:
        table.fail("format", "two of the formats cannot be told apart", "a list has each once, and one decimal number")
    return formats[0] if len(formats) == 1 else any_of(formats)


def _needed(travels: Mapping[str, bool]) -> dict[str, str]:
    """Return the keys that ``[time]`` must have, in order, and why; ``travels`` tells what is optional."""
    window, ending = "the window is missing", "what ends a request's life is missing"
    if EXPIRES in travels and not (travels[EXPIRES] and TIMESTAMP in travels):
        stamped = {"future": window} if TIMESTAMP in travels else {}
        return {**stamped, LIFETIME: ending, "most": ending}
    if LIFETIME not in travels:
        return {"past": window, "future": window}
    own = {"past": window} if travels[LIFETIME] else {LIFETIME: ending}
    return {**own, "future": window, "most": ending, "unit": ending}
