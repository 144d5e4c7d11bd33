"""Frozen values with named fields, as ``@dataclass(frozen=True)`` makes them, without what that costs at start-up.

A frozen dataclass takes about a millisecond to define, and ``dataclasses`` imports ``inspect``: together some 40 ms, a
third of the time in which ``sealstamp sign`` has to start, sign and end. Type checkers know a Record as a dataclass.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """The base of frozen values: a subclass's annotations are its fields, in order; class attributes are defaults.

    Records are equal if their class and all their fields are. Fields named in ``_hidden`` are not shown.
    """

    _hidden: ClassVar[frozenset[str]] = frozenset()
    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = tuple(name for name in cls.__annotations__ if not name.startswith("_"))
        cls._fields = cls.__match_args__ = cls._fields + own  # type: ignore[misc, attr-defined]

    def __init__(self, *values: Any, **named: Any) -> None:
        if len(values) > len(self._fields):
            raise TypeError(f"{type(self).__name__} has {len(self._fields)} fields, not {len(values)}")
        given = dict(zip(self._fields, values, strict=False))
        if wrong := (given.keys() & named.keys()) | (named.keys() - set(self._fields)):
            raise TypeError(f"{type(self).__name__} takes no {', '.join(sorted(wrong))} here")
        self.__dict__.update(given, **named)
        for name in self._fields:
            if name not in self.__dict__ and not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} needs {name}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        return type(self)(**dict(zip(self._fields, self._values(), strict=True)) | changes)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._fields)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self._fields if name not in self._hidden)
        return f"{type(self).__name__}({', '.join(shown)})"
