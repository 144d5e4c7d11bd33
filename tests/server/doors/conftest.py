"""One service, one upstream, and each proxy once, for all that is sent through them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.server.doors.house import ASSERTION_KEY, House, manifest
from tests.server.service import Service, serving
from tests.server.upstream import Upstream


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Service]:
    """A service that decides on Unix sockets."""
    folder = tmp_path_factory.mktemp("doors")
    (folder / "assertion.key").write_text(ASSERTION_KEY)
    service = Service(
        folder,
        trusted_addresses="127.0.0.1/32",
        client_address_header="X-Forwarded-For",
        assertion_key_file=str(folder / "assertion.key"),
        decision_listen=f"unix:{folder}/decide.sock",
        grpc_listen=f"unix:{folder}/grpc.sock",
    )
    service.prepare(manifest(upstream.url))
    with serving(service):
        yield service


@pytest.fixture(scope="package")
def house(guarded: Service, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(guarded, upstream, Path(tmp_path_factory.mktemp("proxies")), stack)
