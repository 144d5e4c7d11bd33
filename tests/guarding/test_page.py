"""The page about frameworks: its programs guard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from sealstamp import Credential
from sealstamp.guarding.wsgi import AccessKeyMiddleware as WsgiMiddleware
from sealstamp.keys.acts.access_keys import import_pair
from tests.guarding.calling import call as call_asgi
from tests.guarding.calling import call_wsgi
from tests.guarding.keys import signed
from tests.guarding.storing import SMALL
from tests.server.service import Service

PAGE = Path(__file__).parents[2] / "docs" / "frameworks.md"
PAIR = Credential.of("975988f45090561684b7d8f4e45b85c2", "957f23f2d6435e37d4ac21f3e9a67d45")
MOST_LINES = 10


MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "shop"
path_prefix = "/"
schemes = ["bbx"]
"""


@pytest.fixture
def _stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store with the pair, its settings in the present folder."""
    service = Service(tmp_path, **SMALL)
    service.prepare(MANIFEST)
    with service.opened_store() as store:
        import_pair(service.act(store), PAIR, consumer="acme", apis=["shop"])
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_stored")
def test_every_program_of_the_page_guards() -> None:
    """Each ``app`` answers who signed, and nobody else."""
    namespace: dict[str, Any] = {"__name__": "snippet"}
    programs = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    guarding = 0
    for program in programs:
        exec(compile(program, PAGE.name, "exec"), namespace)
        if app := namespace.get("app"):
            guarding += 1
            call = call_wsgi if isinstance(app, Flask | WsgiMiddleware) else call_asgi
            accepted = call(app, signed("/orders", scheme="bbx", by=PAIR))
            assert (accepted.status, PAIR.access_key_id in accepted.body.decode()) == (200, True), program
            assert call(app, signed("/orders", scheme="bbx", by=Credential.of("nobody", "x"))).status == 401
    assert guarding == len(programs) - 1
    namespace["guard"].close()


@pytest.mark.parametrize("before", ["A whole guarded application:", "## Guard with Sealstamp's store"])
def test_a_guarded_application_is_few_lines(before: str) -> None:
    """As many as anybody pastes."""
    section = PAGE.read_text(encoding="utf-8").split(before)[1]
    (program, *_) = re.findall(r"^```python\n(.*?)^```$", section, re.M | re.S)
    assert len([line for line in program.splitlines() if line]) <= MOST_LINES
