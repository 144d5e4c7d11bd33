"""The sockets that a listener answers on: TCP, shared by the workers, or a Unix socket for each of them."""

from __future__ import annotations

import fcntl
import os
import socket
from contextlib import ExitStack, suppress
from pathlib import Path

from sealstamp.errors import ConfigurationError

UNIX = "unix:"
_PLACE = "setting decision_listen"
_BACKLOG = 1_024


def open_socket(address: str, workers: int, resources: ExitStack) -> socket.socket:
    """Return a listening socket at ``host:port`` or ``unix:/path``; ``resources`` give it back.

    The kernel spreads TCP connections over the ``workers``. It does not do so for Unix sockets: of several workers each
    has its own, at the path with ``.0``, ``.1``, … behind. Raises ConfigurationError where nobody can listen.
    """
    try:
        if address.startswith(UNIX):
            return _bind(hold_path(Path(address.removeprefix(UNIX)), workers, resources), resources)
        return resources.enter_context(_open_tcp(address, shared=workers > 1))
    except OSError as error:
        problem = f"cannot listen on {address}: {error.strerror or error}"
        raise ConfigurationError(_PLACE, problem, "give a free address of this machine") from None


def socket_paths(path: Path, workers: int) -> list[Path]:
    """Return where each of the workers listens."""
    return [path] if workers == 1 else [path.with_name(f"{path.name}.{number}") for number in range(workers)]


def _open_tcp(address: str, *, shared: bool) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG, reuse_port=shared)


def hold_path(path: Path, workers: int, resources: ExitStack, place: str = _PLACE) -> Path:
    """Take the first path that no living process holds; its lock ends with the process, however that ends.

    Raises ConfigurationError, for the setting that ``place`` names.
    """
    for each in socket_paths(path, workers):
        lock = os.open(f"{each}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        resources.callback(os.close, lock)
        return each
    raise ConfigurationError(place, f"another process listens at {path}", "stop it first, or give another path")


def _bind(path: Path, resources: ExitStack) -> socket.socket:
    with suppress(FileNotFoundError):
        path.unlink()  # whoever left it has ended
    bound = resources.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    resources.callback(path.unlink, missing_ok=True)
    bound.bind(str(path))
    path.chmod(0o660)
    bound.listen(_BACKLOG)
    return bound
