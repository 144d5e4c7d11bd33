"""A caller of the management API: signs as an operator does, by the scheme's signer or with a stock curl."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.keys.operators import Role, new_operator
from sealstamp.schemes import get_scheme
from tests.server.service import Answer, Service, raw_request
from tests.server.signing import Pair

MANAGED = {"management_hosts": "127.0.0.1"}
"""The setting that turns the management API on."""
SIGNED_TOO = ("content-type", "host", "idempotency-key", "if-match")


def add_operator(service: Service, name: str, role: Role, *, expires_at_ms: int | None = None) -> Manager:
    """Make an operator in the store itself."""
    now_ms = time.time_ns() // 1_000_000
    with service.opened_store() as store:
        operator, credential = new_operator(
            service._sealer(), name, role, choose=secrets.choice, now_ms=now_ms, expires_at_ms=expires_at_ms
        )
        store.add_operator(operator)
    return Manager(service, Pair(credential.access_key_id, credential.secret.reveal().decode()))


@dataclass(frozen=True)
class Told:
    """An answer, read."""

    answer: Answer

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def json(self) -> Any:
        return json.loads(self.answer.body)

    @property
    def code(self) -> Any:
        assert self.answer.header("content-type") == "application/problem+json"
        return self.json["code"]

    def header(self, name: str) -> str:
        return self.answer.header(name)


@dataclass(frozen=True)
class Manager:
    """Somebody with an operator key."""

    service: Service
    pair: Pair

    def lines(
        self, method: str, target: str, body: bytes = b"", given: dict[str, str] | None = None, *, stamp_ms: int = 0
    ) -> list[tuple[str, str]]:
        """Every header of a signed request but Content-Length."""
        headers = {"host": f"127.0.0.1:{self.service.port}", **(given or {})}
        if body and "content-type" not in headers:
            headers["content-type"] = "application/json"
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        request = Request(method.encode(), target.encode(), fields, scheme=b"http", body=body)
        signer = Signer(
            get_scheme("sealstamp", {"service": "management"}),
            Credential.of(self.pair.access_key_id, self.pair.secret),
        )
        own = ["x-sealstamp-content-sha256", "x-sealstamp-date", "x-sealstamp-nonce"]
        listed = ";".join(sorted([*(name for name in headers if name in SIGNED_TOO), *own]))
        instructions = signer.sign(
            request,
            time_ms=stamp_ms or time.time_ns() // 1_000_000,
            nonce=secrets.token_hex(16),
            values={"signed_headers": listed},
        )
        return [*headers.items(), *instructions.headers.items()]

    def call(
        self, method: str, target: str, value: Any = None, given: dict[str, str] | None = None, *, body: bytes = b""
    ) -> Told:
        """Sign and send a request; ``value`` becomes its JSON body."""
        body = body if value is None else json.dumps(value).encode()
        return self.send(method, target, self.lines(method, target, body, given), body)

    def send(self, method: str, target: str, lines: list[tuple[str, str]], body: bytes = b"") -> Told:
        """Send a request as it is."""
        return Told(self.service.exchange(raw_request(method, target, lines, body), head=method == "HEAD"))

    def get(self, target: str) -> Told:
        return self.call("GET", target)

    def curl(self, method: str, target: str, body: str = "", *words: str) -> tuple[int, Any]:
        """Call with a stock curl; returns the status and the JSON document."""
        import hashlib

        signed = [
            *("--aws-sigv4", "sealstamp:sealstamp:main:management"),
            *("--user", f"{self.pair.access_key_id}:{self.pair.secret}"),
            *("--header", f"X-Sealstamp-Nonce: {secrets.token_hex(16)}"),
            *("--header", f"X-Sealstamp-Content-Sha256: {hashlib.sha256(body.encode()).hexdigest()}"),
        ]
        if body:
            signed += ["--header", "Content-Type: application/json", "--data-binary", body]
        command = ["curl", "--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}"]
        done = subprocess.run(
            [*command, "--request", method, *signed, *words, f"{self.service.origin}{target}"],
            capture_output=True,
            check=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self.service.folder), "NO_PROXY": "*"},
        )
        text, _, status = done.stdout.rpartition(b"\n")
        return int(status), json.loads(text) if text else None
