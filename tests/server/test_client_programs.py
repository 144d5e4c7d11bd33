"""The client programs that a vendor's customers would write, against the running gateway."""

from __future__ import annotations

import json
import secrets

import pytest

from tests.clients.programs import Program, programs, require, run
from tests.server.circumstances import MISMATCH, check_envelope, status_of
from tests.server.conftest import Book
from tests.server.service import Service
from tests.server.signing import SYSTEMS, Pair
from tests.server.upstream import HELLO, Upstream

BY_NAME = {system.name: system for system in SYSTEMS}
IMPORTED = {
    "stardust": Pair(
        "U2FsdGVkX19WZI4YdvcVgQWFQVdhwrtKyFjTHb8I4HcgIGlrymzcdVv7cnsCfpox", "U2FsdGVkX18NunM9ru5v57kHgE5Q"
    ),
    "cdnetworks-api-shield": Pair("customer-7", "any string: even $this, \"that\" & 'those' of 100% größe"),
    "taurusx": Pair("018168163a17d44907669d58ee9ad687", "af6d4b1cbdb4fbe2d1ee838fabfe92fe"),
    "bbx": Pair("975988f45090561684b7d8f4e45b85c2", "957f23f2d6435e37d4ac21f3e9a67d45"),
}
"""Pairs that customers hold already."""


def call(program: Program, service: Service, pair: Pair) -> tuple[int, str]:
    base = f"{service.origin}/{program.scheme}"
    return run(program, {"BASE_URL": base, "ACCESS_KEY_ID": pair.access_key_id, "SECRET": pair.secret})


@pytest.mark.parametrize("program", programs(), ids=lambda program: program.name)
def test_with_an_issued_pair(program: Program, service: Service, books: dict[str, Book], upstream: Upstream) -> None:
    """The program is accepted as it is; with another secret it is refused, and prints the vendor's own envelope."""
    require(program)
    pair = books[program.scheme].right
    assert call(program, service, pair) == (200, HELLO.decode())
    assert upstream.last.values(b"x-sealstamp-access-key-id") == [pair.access_key_id.encode()]
    before = len(upstream.arrived)
    status, body = call(program, service, Pair(pair.access_key_id, secrets.token_hex(16)))
    system = BY_NAME[program.scheme]
    assert status == status_of(system, MISMATCH)
    refusal = json.loads(body)
    check_envelope(system, MISMATCH, refusal, refusal.get("requestId", refusal.get("request_id")))
    assert len(upstream.arrived) == before


@pytest.mark.parametrize("scheme", IMPORTED)
def test_with_an_imported_pair(scheme: str, service: Service, upstream: Upstream) -> None:
    """A customer's existing pair goes on working after ``keys import``."""
    program = next(one for one in programs() if (one.language, one.scheme) == ("python", scheme))
    pair = IMPORTED[scheme]
    secret = service.folder / f"{scheme}.secret"
    secret.write_text(pair.secret)
    words = ["--access-key-id", pair.access_key_id, "--secret-file", str(secret), "--consumer", "mover"]
    service.must("keys", "import", *words, "--api", scheme)
    secret.unlink()
    assert call(program, service, pair) == (200, HELLO.decode())
    assert upstream.last.values(b"x-sealstamp-consumer") == [b"mover"]
