"""Vendors' SDKs as clients of the running service; ``make interop`` installs them, and without them nothing is run."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from tests.interop.gateway import Gateway, Guarded, manifest_of, running_upstream
from tests.server.service import Service, serving

collect_ignore_glob = [] if find_spec("boto3") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """SDKs may warn of what they like."""
    for item in items:
        if item.path.parent.name == "interop":
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(scope="session", autouse=True)
def loopback() -> Iterator[None]:
    """Every host name is this machine, and no connection leaves it."""
    patch = pytest.MonkeyPatch()
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def resolve(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return getaddrinfo(host if _is_loopback(host) else "127.0.0.1", port, *more, **named)

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise ConnectionRefusedError(f"a test tried to leave this machine for {address[0]}")
        connect(self, address)

    patch.setattr(socket, "getaddrinfo", resolve)
    patch.setattr(socket.socket, "connect", connect_here)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        patch.delenv(name, raising=False)
    patch.setenv("NO_PROXY", "*")
    yield
    patch.undo()


@pytest.fixture(scope="session")
def gateway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, loopback: None
) -> Iterator[Gateway]:
    """One service that guards what the modules list."""
    modules = {item.module for item in request.session.items if isinstance(item, pytest.Function)}
    listed: list[Guarded] = [api for module in modules for api in getattr(module, "GUARDED", [])]
    with running_upstream() as upstream:
        service = Service(tmp_path_factory.mktemp("interop"))
        service.apply(manifest_of(sorted(listed, key=lambda api: api.host), upstream.url))
        with serving(service):
            yield Gateway(service, upstream)


def _is_loopback(host: Any) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    try:
        return host is None or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
