"""Frozen values with named fields."""

from __future__ import annotations

import copy
import pickle

import pytest

from sealstamp.core.record import Record


class Point(Record):
    """Two numbers and a name that is not shown."""

    _hidden = frozenset({"name"})
    x: int
    y: int = 0
    name: str = "p"


class Other(Record):
    """The same fields under another class."""

    x: int
    y: int = 0
    name: str = "p"


def test_made_by_place_and_by_name() -> None:
    """Fields are given in order or by name, and have defaults."""
    assert Point(1) == Point(1, 0) == Point(x=1, y=0, name="p")
    assert (Point(1, y=2).x, Point(1, y=2).y) == (1, 2)


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, "n", 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1}), ((), {"y": 1})]
)
def test_made_wrongly(values: tuple[object, ...], named: dict[str, object]) -> None:
    """A field too many, twice, unknown or missing is a TypeError, as for any function."""
    with pytest.raises(TypeError, match="Point"):
        Point(*values, **named)  # type: ignore[arg-type]


def test_frozen() -> None:
    """A field can be neither set nor deleted."""
    point = Point(1)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    assert point.replace(x=2) == Point(2)
    assert point == Point(1)


def test_equal() -> None:
    """Records are equal by class and fields, and so are their hashes."""
    assert Point(1) != Point(2)
    assert Point(1) != Other(1)
    assert Point(1) != 1
    assert hash(Point(1)) == hash(Point(1))
    assert len({Point(1), Point(1), Point(2), Other(1)}) == 3


def test_shown() -> None:
    """All fields are shown but the hidden ones."""
    assert repr(Point(1)) == "Point(x=1, y=0)"


def test_matched() -> None:
    """A pattern takes fields by place."""
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
        case _:
            pytest.fail("not matched")


def test_copied() -> None:
    """Copies are equal, pickled ones too."""
    assert copy.deepcopy(Point(1, 2)) == Point(1, 2)
    assert pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)
