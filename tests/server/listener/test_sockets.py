"""Where decisions can be asked for: TCP that workers share, Unix sockets of their own, and what is refused."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from sealstamp.errors import ConfigurationError
from sealstamp.server.listener.sockets import open_socket
from tests.server.service import free_port


def test_tcp_is_shared_by_workers_and_by_nobody_else() -> None:
    """A worker that is alone has the address for itself."""
    port = free_port()
    with ExitStack() as resources:
        several = [open_socket(f"127.0.0.1:{port}", 2, resources) for _ in range(2)]
        assert {each.getsockname() for each in several} == {("127.0.0.1", port)}
        with pytest.raises(ConfigurationError, match=f"decision_listen: cannot listen on 127.0.0.1:{port}"):
            open_socket(f"127.0.0.1:{port}", 1, resources)


def test_unix_sockets_are_one_for_each_worker(tmp_path: Path) -> None:
    """A worker that ended, however it did, leaves its place to the next; the file's mode keeps others off."""
    path = tmp_path / "decide.sock"
    path.with_name("decide.sock.0").write_text("left behind")
    with ExitStack() as resources:
        first, second = ExitStack(), resources
        assert open_socket(f"unix:{path}", 2, first).getsockname() == f"{path}.0"
        assert open_socket(f"unix:{path}", 2, second).getsockname() == f"{path}.1"
        with pytest.raises(ConfigurationError, match="another process listens"):
            open_socket(f"unix:{path}", 2, resources)
        first.close()
        assert open_socket(f"unix:{path}", 2, resources).getsockname() == f"{path}.0"
        assert path.with_name("decide.sock.0").stat().st_mode & 0o777 == 0o660
    assert not list(tmp_path.glob("*.[01]"))


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    """A folder that is not there is told as such."""
    with ExitStack() as resources, pytest.raises(ConfigurationError, match="No such file"):
        open_socket(f"unix:{tmp_path}/nowhere/decide.sock", 1, resources)


def test_connections_are_taken(tmp_path: Path) -> None:
    """One worker has the very path."""
    with ExitStack() as resources, socket.socket(socket.AF_UNIX) as client:
        open_socket(f"unix:{tmp_path}/decide.sock", 1, resources)
        client.connect(f"{tmp_path}/decide.sock")
