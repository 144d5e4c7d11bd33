"""The clock of this machine against the database server's: how far apart they are, and who hears of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sealstamp.server.clock_watch import ClockWatch
from sealstamp.stores.sql import SqlStore, open_store


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url)
    yield opened
    opened.close()


def watch(store: SqlStore, ahead_ms: int) -> ClockWatch:
    """A watch of a machine whose clock is ahead of the true one."""
    watching = ClockWatch(store, lambda: time.time_ns() // 1_000_000 + ahead_ms, 1_000)
    watching.measure()
    return watching


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_postgresql_has_a_clock(store: SqlStore) -> None:
    """Of one machine's clocks the distance is none; one that is ahead or behind is off."""
    assert not watch(store, 0).is_off
    for ahead_ms in (60_000, -60_000):
        distance_ms = watch(store, ahead_ms).distance_ms
        assert distance_ms is not None
        assert 50_000 < distance_ms < 60_100
        assert watch(store, ahead_ms).is_off


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_file_has_none(store: SqlStore) -> None:
    """Then nothing can be off."""
    assert watch(store, 60_000).distance_ms is None
    assert not watch(store, 60_000).is_off
