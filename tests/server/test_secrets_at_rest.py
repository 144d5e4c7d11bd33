"""A service that uses all it has: no secret that it was given or made is in clear in anything that it left behind."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from sealstamp.keys.operators import Role
from sealstamp.stores.backup import back_up
from tests.server.mail_server import MailServer
from tests.server.managing import MANAGED, Manager, add_operator
from tests.server.service import Service, serving, until
from tests.server.signing import BBX, Pair
from tests.server.test_faults import MANIFEST
from tests.server.upstream import Upstream
from tests.valkey import Valkey, running

TERMS = {"consumer": "acme", "apis": ["shop"]}
OWN = {"sealstamp.toml", "sealing.key"}
"""The files that an operator writes secrets into, or has made for one."""


class Secrets:
    """What must not be found, with where it came from."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def add(self, what: str, secret: str) -> str:
        self._known[secret] = what
        return secret

    def found_in(self, places: dict[str, bytes]) -> list[tuple[str, str]]:
        return [
            (what, place)
            for secret, what in self._known.items()
            for place, data in places.items()
            if any(form in data for form in _forms(secret.encode()))
        ]


def _forms(secret: bytes) -> Iterator[bytes]:
    """A secret as it is, in hex, and in base64 wherever it begins in what is written so."""
    yield from (secret, secret.hex().encode(), secret.hex().upper().encode())
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret)
        # Without what depends on the bytes around it.
        yield whole[-(-before * 4 // 3) : len(whole) // 4 * 4 - 4]


def test_the_scan_finds_what_there_is() -> None:
    """In every form, for otherwise it would prove nothing."""
    known = Secrets()
    secret = known.add("it", "s3cr3t-and-not-short")
    raw = secret.encode()
    for data in (raw, raw.hex().encode(), *(base64.b64encode(b"x" * at + raw + b"yz") for at in range(5))):
        assert known.found_in({"place": b"before " + data + b" behind"}) == [("it", "place")]
    assert known.found_in({"place": b"nothing of it"}) == []


def use_everything(operator: Manager, mail_server: MailServer, known: Secrets) -> None:
    """Have secrets made, shown, mailed and used in every way."""
    service = operator.service
    repeatable = {"idempotency-key": secrets.token_hex(8)}
    issued = operator.call("POST", "/v1/access-keys", TERMS, repeatable).json
    assert operator.call("POST", "/v1/access-keys", TERMS, repeatable).json == issued
    known.add("issued", issued["secret"])
    pair = Pair(issued["access_key_id"], issued["secret"])
    rotated = operator.call("POST", f"/v1/access-keys/{pair.access_key_id}/rotate", {"grace": "1 h"}).json
    known.add("rotated", rotated["secret"])
    imported = {**TERMS, "access_key_id": "imported-1", "secret": known.add("imported", secrets.token_hex(16))}
    assert operator.call("POST", "/v1/access-keys/import", imported).status == 201
    made = operator.call("POST", "/v1/operators", {"name": "second", "role": "viewer"}).json
    known.add("of an operator", made["secret"])
    shown = operator.call("POST", "/v1/invitations", {"consumer": "acme", "terms": {"apis": ["shop"]}}).json
    claimed = service.ask(
        "POST",
        "/v1/invitations/claim",
        [("content-type", "application/json")],
        b'{"token": "%b"}' % known.add("token that was shown", shown["token"]).encode(),
    )
    known.add("claimed", claimed.json()["secret"])
    mail_server.refusals += ["451 later"] * 100
    invited = {"consumer": "acme", "terms": {"apis": ["shop"]}, "email": "ada@example.com", "holder": "Ada"}
    assert operator.call("POST", "/v1/invitations", invited).status == 201
    waiting = until(lambda: mail_server.refused or None, "mail")[0]
    known.add("token that waits in the outbox", re.findall(r"#(\S+)", waiting.get_content())[0])
    for presented in (pair, Pair(rotated["access_key_id"], rotated["secret"]), Pair(pair.access_key_id, "wrong")):
        assert service.call(BBX, "/shop", BBX.sign(presented)).status in (200, 401)
    assert service.call(BBX, "/shop", BBX.sign(pair, BBX.stamp(20))).status == 200


def left_behind(operator: Manager, valkey: Valkey) -> dict[str, bytes]:
    """Every file of the service's, what Valkey keeps and writes, and what commands and addresses tell."""
    service = operator.service
    valkey.ask("SAVE")
    files = [path for path in (*service.folder.rglob("*"), *valkey.folder.rglob("*")) if path.is_file()]
    places = {str(path): path.read_bytes() for path in files if path.name not in OWN}
    places["audit export"] = service.must("audit", "export").encode()
    for path in ("access-keys", "operators", "invitations", "audit", "usage"):
        places[path] = operator.call("GET", f"/v1/{path}").answer.body
    return {**places, "metrics": service.get("/metrics").body}


def test_nothing_that_is_written_has_a_secret(tmp_path: Path, upstream: Upstream) -> None:
    """Store, journal, log, backup, audit, usage, waiting mail, kept answers, shared memory, Valkey's dump."""
    known = Secrets()
    password = known.add("of Valkey", secrets.token_hex(12))
    with running("--requirepass", password) as valkey, MailServer() as mail_server:
        service = Service(
            tmp_path / "service",
            replay_store=f"valkey://:{password}@127.0.0.1:{valkey.port}",
            smtp_url=mail_server.url,
            mail_from="keys@shop.example",
            workers=2,
            usage_interval="100 ms",
            **MANAGED,
        )
        service.prepare(MANIFEST.format(upstream.url))
        operator = add_operator(service, "root", Role.ADMIN)
        known.add("of the first operator", operator.pair.secret)
        known.add("sealing key", (service.folder / "sealing.key").read_text().strip())
        with serving(service):
            use_everything(operator, mail_server, known)
            until(lambda: operator.call("GET", "/v1/usage?api=shop").json["items"], "usage to be written")
            back_up(f"sqlite:///{service.store}", service.folder / "copy.db")
            places = left_behind(operator, valkey)
    names = {Path(place).name for place in places}
    assert {"keys.sqlite3", "keys.sqlite3-wal", "stderr", "copy.db", "dump.rdb", "audit export"} <= names
    assert any(name.startswith("counts-") for name in names)
    assert b"refused" in places[str(service.log_path)]
    assert known.found_in(places) == []
