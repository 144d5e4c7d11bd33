"""One managed service for all tests of the management API, with an operator of each role."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sealstamp.keys.operators import Role
from tests.server.managing import MANAGED, Manager, add_operator
from tests.server.service import Service, serving

MANIFEST = """
[[apis]]
name = "shop"
path_prefix = "/shop"
schemes = ["bbx"]

[[apis]]
name = "v1"
path_prefix = "/v1"
host = "guarded.example"
schemes = ["bbx"]

[[apis]]
name = "settings"
path_prefix = "/settings"
schemes = ["azure-appconfig"]

[[apis]]
name = "watched"
path_prefix = "/watched"
schemes = ["bbx"]
enforcement = "observe"

[[consumers]]
name = "acme"

[[access_keys]]
id = "uploader"
secret = "bXkgc2VjcmV0"
consumer = "acme"
apis = ["settings"]
"""


@pytest.fixture(scope="session")
def managed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, dict[Role, Manager]]]:
    service = Service(tmp_path_factory.mktemp("managed"), access_requests=True, **MANAGED)
    service.prepare(MANIFEST)
    managers = {role: add_operator(service, f"the-{role}", role) for role in Role}
    with serving(service):
        yield service, managers


@pytest.fixture
def service(managed: tuple[Service, dict[Role, Manager]]) -> Service:
    return managed[0]


@pytest.fixture
def managers(managed: tuple[Service, dict[Role, Manager]]) -> dict[Role, Manager]:
    return managed[1]


@pytest.fixture
def viewer(managers: dict[Role, Manager]) -> Manager:
    return managers[Role.VIEWER]


@pytest.fixture
def operator(managers: dict[Role, Manager]) -> Manager:
    return managers[Role.OPERATOR]


@pytest.fixture
def admin(managers: dict[Role, Manager]) -> Manager:
    return managers[Role.ADMIN]
