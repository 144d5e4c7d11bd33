"""Rates that several processes count together: the same window, and together no more than one alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.limits import RateLimit
from sealstamp.stores.host.rates import HostRates
from sealstamp.stores.host.table import HostTable, make_table
from tests.stores.rates import LIMITS, NOW_MS, STEPS, Steps, same_as_alone

_unused = count()
RACE = f"""
from pathlib import Path
from sealstamp.keys.limits import RateLimit
from sealstamp.stores.host.rates import HostRates
from sealstamp.stores.host.table import HostTable
rates = HostRates(HostTable(Path(PATH)))
print("ready", flush=True)
input()
print(sum(rates.hit("key", RateLimit(500, 60_000), {NOW_MS}) == 0 for _ in range(400)))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "table"
    make_table(path, 10_000, NOW_MS)
    return path


@pytest.fixture
def table(path: Path) -> Iterator[HostTable]:
    with closing(HostTable(path)) as opened:
        yield opened


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LIMITS, STEPS)
def test_it_is_the_window_of_one_process(table: HostTable, limit: RateLimit, steps: Steps) -> None:
    """Decision for decision, and wait for wait."""
    same_as_alone(HostRates(table), f"key-{next(_unused)}", limit, steps)


def test_of_many_processes_as_many_get_in_as_the_limit_says(path: Path) -> None:
    script = RACE.replace("PATH", repr(str(path)))
    processes = [
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert sum(int(process.communicate()[0]) for process in processes) == 500


def test_a_full_table_refuses(tmp_path: Path) -> None:
    """It never forgets a count to make room."""
    path = tmp_path / "small"
    make_table(path, 1, NOW_MS)
    with closing(HostTable(path)) as table:
        rates = HostRates(table)
        with pytest.raises(StoreUnavailableError):
            for number in range(100_000):
                rates.hit(f"key-{number}", RateLimit(1, 60_000), NOW_MS)
