"""What processes of one host share: a table of names, counts, and a lock that says who is there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.stores.host.counters import REST, HostCounters
from sealstamp.stores.host.folder import HostFolder
from sealstamp.stores.host.presence import alone, together
from sealstamp.stores.host.table import LOOK_MS, HostTable, make_table

NOW_MS = 1_800_000_000_000
LATER_MS = NOW_MS + 60_000
Run = Callable[[str, Path], "subprocess.Popen[str]"]

ADD_ALL = f"""
import random
from sealstamp.stores.host.table import HostTable
names = [b"%d" % number for number in range(3_000)]
random.shuffle(names)
table = HostTable(path)
print("ready", flush=True)
input()
print(sum(table.add(name, {LATER_MS}, {NOW_MS}) for name in names))
"""
ADD_FOR_EVER = f"""
from itertools import count
from sealstamp.stores.host.table import HostTable
table = HostTable(path)
for number in count():
    assert table.add(b"%d" % number, {LATER_MS}, {NOW_MS})
    table.count(b"all", 1, {LATER_MS}, {NOW_MS})
    print(number, flush=True)
"""
COUNT_FOR_EVER = """
from sealstamp.stores.host.counters import HostCounters
counters = HostCounters(path)
place = counters.place(b"calls")
while True:
    counters.values[place] += 1
    print(counters.values[place], flush=True)
"""


@pytest.fixture
def table_path(tmp_path: Path) -> Path:
    path = tmp_path / "table"
    make_table(path, 10_000, NOW_MS)
    return path


@pytest.fixture
def table(table_path: Path) -> Iterator[HostTable]:
    with closing(HostTable(table_path)) as opened:
        yield opened


@pytest.fixture
def run() -> Iterator[Run]:
    """Start another process that runs a script, in which ``path`` is a path."""
    started: list[subprocess.Popen[str]] = []

    def begin(script: str, path: Path) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-W",
            "error",
            "-c",
            f"from pathlib import Path\npath = Path({str(path)!r})\n{script}",
        ]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_name_is_added_once_until_it_expires(table: HostTable) -> None:
    """At its expiry it is gone, and may be added again."""
    assert table.add(b"a", LATER_MS, NOW_MS)
    assert not table.add(b"a", LATER_MS, LATER_MS - 1)
    assert table.add(b"b", LATER_MS, NOW_MS)
    assert table.add(b"a", LATER_MS + 1_000, LATER_MS)
    assert not table.add(b"a", LATER_MS + 1_000, LATER_MS)


def test_numbers_add_up_until_their_names_expire(table: HostTable) -> None:
    """A name begins at 0; taking away is adding less than nothing."""
    assert [table.count(b"a", amount, LATER_MS, NOW_MS) for amount in (1, 5, -2)] == [1, 6, 4]
    assert table.count(b"b", 1, LATER_MS, NOW_MS) == 1
    assert [table.number(name, NOW_MS) for name in (b"a", b"b", b"c")] == [4, 1, 0]
    assert table.number(b"a", LATER_MS) == 0
    assert table.count(b"a", 1, LATER_MS + 1, LATER_MS) == 1


def test_it_holds_what_it_promises(table: HostTable) -> None:
    """And every one of them is found again; one that does not fit is an error, and never forgets another."""
    names = [b"%d" % number for number in range(10_000)]
    assert all(table.add(name, LATER_MS, NOW_MS) for name in names)
    more = 0
    with pytest.raises(StoreUnavailableError, match="is full"):
        while True:
            table.add(b"more %d" % more, LATER_MS, NOW_MS)
            more += 1
    assert not any(table.add(name, LATER_MS, NOW_MS) for name in names)
    assert all(table.add(name, LATER_MS + 1, LATER_MS) for name in names)


def test_of_several_processes_one_adds_a_name(table_path: Path, run: Run) -> None:
    """Each tries every name, in an order of its own."""
    processes = [run(ADD_ALL, table_path) for _ in range(3)]
    assert [read_line(process) for process in processes] == ["ready\n"] * 3
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    added = [int(read_line(process)) for process in processes]
    assert sum(added) == 3_000


def test_a_process_killed_while_it_adds(table_path: Path, table: HostTable, run: Run) -> None:
    """What it had added stays, and no lock of its stays."""
    process = run(ADD_FOR_EVER, table_path)
    while (last := int(read_line(process))) < 500:
        pass
    process.kill()
    process.wait()
    assert not any(table.add(b"%d" % number, LATER_MS, NOW_MS) for number in range(last + 1))
    assert table.number(b"all", NOW_MS) > last
    assert sum(table.add(b"new %d" % number, LATER_MS, NOW_MS) for number in range(1_000)) == 1_000


def test_a_table_that_is_deleted_or_replaced(table_path: Path, table: HostTable) -> None:
    """Its users notice within a time that guards reckon with."""
    assert table.add(b"a", LATER_MS, NOW_MS)
    make_table(table_path, 1_000, NOW_MS)
    for name in (b"a", b"b"):
        with pytest.raises(StoreUnavailableError, match="was replaced"):
            table.add(name, LATER_MS, NOW_MS + LOOK_MS)
    table_path.unlink()
    with pytest.raises(StoreUnavailableError, match="is missing"):
        table.check()


@pytest.mark.parametrize("damage", ["empty", "short", "other form", "other start"])
def test_a_table_that_is_none(damage: str, table_path: Path) -> None:
    """What is not whole, or was made before the host's last start, is not used."""
    data = bytearray(table_path.read_bytes())
    if damage == "empty":
        data.clear()
    elif damage == "short":
        del data[-1:]
    else:
        data[3 if damage == "other form" else 33] ^= 1
    table_path.write_bytes(data)
    with pytest.raises(StoreUnavailableError):
        HostTable(table_path)


def test_counts_of_all_processes(tmp_path: Path, run: Run) -> None:
    """Those of a killed one stay, and the next one goes on with its file."""
    with closing(HostCounters(tmp_path)) as mine:
        mine.values[mine.place(b"calls")] += 5
        other = run(COUNT_FOR_EVER, tmp_path)
        while (counted := int(read_line(other))) < 100:
            pass
        mine.beat(NOW_MS)
        assert (mine.silent(NOW_MS), mine.silent(NOW_MS + 1)) == (1, 2)
        other.kill()
        other.wait()
        assert mine.totals()[b"calls"] >= 5 + counted
        before = mine.totals()[b"calls"]
        with closing(HostCounters(tmp_path)) as next_one:
            next_one.values[next_one.place(b"calls")] += 1
            assert mine.totals()[b"calls"] == before + 1
            assert mine.silent(NOW_MS) == 1
        assert mine.silent(NOW_MS) == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_more_names_than_there_is_room_for() -> None:
    """They are counted together, and nothing breaks."""
    with closing(HostCounters(None)) as counters:
        places = {counters.place(b"name %d" % number) for number in range(10_000)}
        counters.values[counters.place(b"one more")] += 7
        counters.values[counters.place(b"n" * 1_000)] += 1
        assert 8_000 < len(places) < 8_192
        assert counters.totals()[REST] == 8


def test_alone_or_together(tmp_path: Path) -> None:
    """Who serves alone keeps everybody out; of those who share, only the first makes."""
    lock, folder, made = tmp_path / "lock", HostFolder(tmp_path / "shared"), []

    def make() -> None:
        made.append(1)
        folder.make({"names": 1_000}, NOW_MS)

    def is_made() -> bool:
        return folder.is_made("names")

    with together(lock, make, is_made), together(lock, make, is_made):
        assert made == [1]
        with pytest.raises(ConfigurationError, match="another process serves"), alone(lock):
            pass
    with together(lock, make, is_made):
        assert made == [1, 1]
    with alone(lock), pytest.raises(ConfigurationError, match="another process serves"), alone(lock):
        pass


def test_a_maker_that_died_half_way(tmp_path: Path) -> None:
    """What it left is not taken for whole; the next one makes all of it."""
    folder = HostFolder(tmp_path / "shared")
    folder.make({"names": 1_000}, NOW_MS)
    folder.forget()
    assert not folder.is_made("names")
    with together(tmp_path / "lock", lambda: folder.make({"names": 1_000}, NOW_MS), lambda: folder.is_made("names")):
        assert folder.is_made("names")
