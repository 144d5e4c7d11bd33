"""A disk that takes nothing more, a file that was damaged, a process that crashes: told clearly, and nothing lost."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from sealstamp.keys.operators import Role
from tests.server.managing import MANAGED, Manager, add_operator
from tests.server.service import Service, serving, until
from tests.server.signing import BBX
from tests.server.upstream import Upstream

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "shop"
path_prefix = "/shop"
schemes = ["bbx"]
upstream = "{0}"
"""
NEW_KEY = {"consumer": "acme", "apis": ["shop"]}


@contextmanager
def nothing_can_be_written(service: Service) -> Iterator[None]:
    """No process of the service gets another byte into any file, as on a full disk; its log is a file too."""
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    for pid in service.pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid in service.pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


def accepted(operator: Manager) -> int:
    """How much was used, as it is kept."""
    sums = operator.call("GET", "/v1/usage?api=shop&by=reason").json["items"]
    return sum(one["requests"] for one in sums if one["reason"] == "accepted")


def test_a_disk_that_takes_nothing_more(folder: Path, upstream: Upstream) -> None:
    """What must be written is refused whole, with 503; what need not be goes on; all goes on when there is room."""
    service = Service(folder, usage_interval="100 ms", **MANAGED)
    service.prepare(MANIFEST.format(upstream.url))
    pair = service.add_pair("shop")
    operator = add_operator(service, "root", Role.ADMIN)
    with serving(service):
        assert service.call(BBX, "/shop", BBX.sign(pair)).status == 200
        with nothing_can_be_written(service):
            assert service.call(BBX, "/shop", BBX.sign(pair)).status == 200
            ahead = BBX.sign(pair, BBX.stamp(20))
            assert service.call(BBX, "/shop", ahead).status == 503
            for told in (
                operator.call("POST", "/v1/access-keys", NEW_KEY),
                operator.call("POST", f"/v1/access-keys/{pair.access_key_id}/rotate", {"grace": "1 h"}),
                operator.call("POST", "/v1/consumers", {"name": "other"}),
            ):
                assert (told.status, told.code) == (503, "store_unavailable")
            assert operator.call("GET", "/v1/consumers").status == 200
            assert service.get("/readyz").status == 200
        with service.opened_store() as store:
            assert [key.id for key in store.list_access_keys()] == [pair.access_key_id]
            assert store.get_access_key(pair.access_key_id).replaced_by is None
            assert [one.name for one in store.list_consumers()] == ["acme"]
        assert service.call(BBX, "/shop", BBX.sign(pair, BBX.stamp(20))).status == 200
        assert operator.call("POST", "/v1/access-keys", NEW_KEY).status == 201
        until(lambda: accepted(operator) == 3, "the usage that was counted meanwhile", 20.0)
        service.must("audit", "verify")
        assert "Traceback" not in service.said()


def damage(store: Path, table: str) -> None:
    """Overwrite the page that a table begins with."""
    with closing(sqlite3.connect(store)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def test_a_damaged_page(folder: Path, upstream: Upstream) -> None:
    """What is read from it is refused with 503, and everybody who can do something is told the file and the remedy."""
    service = Service(folder, **MANAGED)
    service.prepare(MANIFEST.format(upstream.url))
    pair = service.add_pair("shop")
    operator = add_operator(service, "root", Role.ADMIN)
    damage(service.store, "access_keys")
    told = f"the database {service.store} cannot answer: it is damaged; restore it from a backup"
    with serving(service):
        answer = service.call(BBX, "/shop", BBX.sign(pair))
        assert answer.status == 503
        assert str(service.store).encode() not in answer.body
        refused = until(lambda: [one for one in service.events() if one["event"] == "refused"], "the log line")
        assert told in refused[0]["detail"]
        assert operator.call("POST", "/v1/access-keys", NEW_KEY).status == 503
        done = service.run("keys", "list")
        assert (done.returncode, told in done.stderr) == (1, True)
        assert "Traceback" not in service.said() + done.stderr


@pytest.fixture
def with_core_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Allow core files, as an administrator may have for all of a host; return the folder that they come into."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    place = tmp_path / "cores"
    place.mkdir()
    monkeypatch.chdir(place)
    yield place
    resource.setrlimit(resource.RLIMIT_CORE, before)


def leaves_core(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Send a signal that ends a process with a core file; tell whether the kernel says that it wrote one."""
    os.kill(process.pid, number)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status)
    assert process.returncode == -number
    return os.WCOREDUMP(status)


def command_line(pid: int) -> bytes:
    """What a process was started with; empty once it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def test_a_crash_leaves_no_core_file(folder: Path, upstream: Upstream, with_core_files: Path) -> None:
    """Neither of the service nor of its worker, where other processes leave one."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        if not leaves_core(other, signal.SIGSEGV):
            pytest.skip("this host lets no process leave a core file")
    before = set(with_core_files.iterdir())
    service = Service(folder)
    service.prepare(MANIFEST.format(upstream.url))
    with serving(service):
        assert service.process is not None
        others = {pid: command_line(pid) for pid in service.pids if pid != service.process.pid}
        (worker,) = [pid for pid, command in others.items() if b"resource_tracker" not in command]
        os.kill(worker, signal.SIGABRT)
        until(lambda: not command_line(worker), "the worker's end")
        assert not leaves_core(service.process, signal.SIGSEGV)
        until(lambda: not service.pids, "the end of every process")
    assert set(with_core_files.iterdir()) == before
