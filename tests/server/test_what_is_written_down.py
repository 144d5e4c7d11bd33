"""Nothing the service writes anywhere has a secret in it, or a signature that would open the door."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.server.circumstances import cases
from tests.server.conftest import Book
from tests.server.service import Service
from tests.server.signing import signature_of


def test_after_every_circumstance(service: Service, books: dict[str, Book]) -> None:
    """Log, metrics, answers, database and its journal hold no secret, and not what a refused signature should be."""
    forbidden: dict[str, str] = {}
    answers = b""
    for case in cases():
        book = books[case.system.name]
        fields = case.make(book)
        answer = service.call(case.system, case.path, fields)
        answers += repr(answer).encode()
        if answer.status == 200:
            continue
        carried = dict(fields)
        stamp, nonce = carried.get(case.system.timestamp, ""), carried.get(case.system.nonce, "")
        for name, pair in vars(book).items():
            due = signature_of(case.system.name, pair, stamp, nonce)
            forbidden |= {due: f"{case}: due from {name}", base64.b64encode(due.encode()).decode(): str(case)}
            forbidden[pair.secret] = f"secret of {name}, {case.system.name}"
            forbidden[pair.secret.encode().hex()] = f"secret of {name}, {case.system.name}, in hex"
    service.get("/decide")
    written = {
        "stderr": service.log_path.read_bytes(),
        "metrics": service.get("/metrics").body,
        "answers": answers,
        **{path.name: path.read_bytes() for path in _store_files(service)},
    }
    assert {"keys.sqlite3", "keys.sqlite3-wal", "stderr"} <= written.keys()
    assert len(forbidden) > 100
    found = [
        (place, what) for place, data in written.items() for text, what in forbidden.items() if text.encode() in data
    ]
    assert found == []
    assert b"refused" in written["stderr"]


def _store_files(service: Service) -> list[Path]:
    return sorted(service.folder.glob(f"{service.store.name}*"))


def test_nobody_else_may_read(service: Service) -> None:
    """The store's files and the sealing key are their owner's alone."""
    for path in [*_store_files(service), service.folder / "sealing.key"]:
        assert path.stat().st_mode & 0o077 == 0, path
