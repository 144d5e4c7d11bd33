"""The files are read as the README says, not as they were written, and each request is given to the verifier."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sealstamp import (
    ClaimResult,
    Credential,
    Reason,
    ReplayBy,
    Request,
    Signer,
    VerificationError,
    Verifier,
    get_scheme,
)
from sealstamp.core.verifier import NEVER_MS, Claim, require_claimed
from sealstamp.schemes import scheme_names
from tests.vectors.regenerate import FOLDER


def read_request(file: Path, url_scheme: str) -> Request:
    """Read as the README says, with nothing of ours."""
    head, body = file.read_bytes().split(b"\r\n\r\n", 1)
    start, *lines = head.split(b"\r\n")
    method, target, version = start.split(b" ")
    assert version == b"HTTP/1.1"
    headers = [tuple(line.split(b": ", 1)) for line in lines]
    return Request(method, target, headers, scheme=url_scheme.encode(), body=body)  # type: ignore[arg-type]


def credential_of(case: dict[str, Any]) -> Credential:
    access_key = case["access_key"]
    return Credential.of(access_key["id"], access_key["secret"], **access_key.get("extras", {}))


def reason_of(folder: Path, case: dict[str, Any]) -> str:
    """Verify what comes before and then the request itself."""
    by = {"nothing": ReplayBy.OFF, "signature": ReplayBy.SIGNATURE, "nonce": None}[case["once"]]
    verifier = Verifier(get_scheme(case["scheme"], case["parameters"]), replay_by=by)
    access_key = case["access_key"]
    until_ms = NEVER_MS if access_key["usable_until_ms"] is None else access_key["usable_until_ms"]
    key = verifier.bind(
        credential_of(case), consumer="stranger", usable_until_ms=until_ms, permitted=access_key["for_this_api"]
    )
    seen: set[bytes] = set()
    highest = -1

    def claim(wanted: Claim, _now_ms: int) -> ClaimResult:
        nonlocal highest
        if wanted.number is not None:  # a nonce that counts up
            above, highest = wanted.number > highest, max(highest, wanted.number)
            return ClaimResult.MADE if above else ClaimResult.SEEN
        if wanted.token in seen:
            return ClaimResult.SEEN
        seen.add(wanted.token)
        return ClaimResult.MADE

    for name in [*case["before"], "request.http"]:
        request = read_request(folder / name, case["url_scheme"])
        try:
            if verifier.names_key:
                verifier.verify(request, case["now_ms"], {access_key["id"].encode(): key}.get, claim)
            else:
                presented = verifier.present(request, case["now_ms"])
                _, wanted = verifier.check_candidates(request, presented, [key], case["now_ms"])
                if wanted is not None:
                    require_claimed(claim(wanted, case["now_ms"]), case["now_ms"])
        except VerificationError as refusal:
            assert name == "request.http", "a request that comes before is refused"
            return refusal.reason
    return Reason.ACCEPTED


@pytest.mark.parametrize("name", scheme_names())
def test_every_case_ends_as_it_says(name: str) -> None:
    """Accepted requests are accepted, and the others refused with exactly the stated reason."""
    wrong = []
    for file in sorted((FOLDER / name).glob("*/case.json")):
        case = json.loads(file.read_text("utf-8"))
        assert (case["kind"] == "accept") == (case["reason"] == "accepted")
        if (came := reason_of(file.parent, case)) != case["reason"]:
            wrong.append((case["case"], case["reason"], came))
    assert wrong == []


@pytest.mark.parametrize("name", scheme_names())
def test_every_signed_case_can_be_signed_again(name: str) -> None:
    """The unsigned request, the time, the nonce and the key give the request; the stages are those that are told.

    Where an algorithm signs with chance, all but the signature.
    """
    import base64

    signed = 0
    for file in sorted((FOLDER / name).glob("*/case.json")):
        case = json.loads(file.read_text("utf-8"))
        if "signing" not in case:
            continue
        signing, unsigned = case["signing"], case["signing"]["unsigned"]
        headers = [(name.encode(), value.encode()) for name, value in unsigned["headers"]]
        request = Request(
            unsigned["method"].encode(),
            unsigned["target"].encode(),
            headers,
            scheme=case["url_scheme"].encode(),
            body=base64.b64decode(unsigned["body_base64"]),
        )
        signer = Signer(get_scheme(name, case["parameters"]), credential_of(case))
        instructions, again = (
            signer.sign(request, time_ms=signing["time_ms"], nonce=signing["nonce"], values=signing["values"] or None)
            for _ in range(2)
        )
        made, told = instructions.apply(request), read_request(file.with_name("request.http"), case["url_scheme"])
        assert (made.method, made.target, made.body) == (told.method, told.target, told.body), file
        by_chance = {*made.headers} - {*again.apply(request).headers}
        lines = {(key, value.strip()) for key, value in {*made.headers} - by_chance}
        assert lines <= {*told.headers}, file
        stages = json.loads(file.with_name("stages.json").read_text("utf-8"))
        own = [{"name": stage.name, "text": stage.text} for stage in signer.stages(made, instructions, reveal=True)]
        told_alike = [stage for stage in stages if not (by_chance and stage["name"] == "signature")]
        assert [stage for stage in own if stage in told_alike] == told_alike, file
        signed += 1
    assert signed >= 3
